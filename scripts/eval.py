#!/usr/bin/env python3
"""Judges the ranking on every collection of a folder and prints one table row a collection and mode.

A collection is a folder with queries.jsonl, qrels.tsv and, where pages are to be left out of a query's ranking, exclude.tsv.
One without corpus.jsonl is asked of the corpus that its name ends in: crosslingual-de-to-en of anchors-*-en.

Milliseconds are the median of ten answers with snippets; after the plus, that of the query's embedding. The last column is the
nDCG@10 of hybrid less that of its better half, with the 95 % bounds of a paired bootstrap (10,000 resamples, seeded).

With --signals each collection is also asked queries on other matters: some of every collection whose pages are others.
"""
import argparse
import functools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

MODES = ["lexical", "dense", "hybrid"]
FIGURES = ["ndcg@10", "mrr@10", "recall@10", "success@1"]
# Queries on other matters that a collection is asked for its signals.
OFF_TOPIC = 200


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signpost", help="the binary")
    parser.add_argument("model", help="folder of the embedding model")
    parser.add_argument("folder", type=pathlib.Path, help="folder of collections")
    parser.add_argument("--cache", default="data/eval-cache", help="folder that keeps vectors for the next run")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="collections to judge; all if not given")
    parser.add_argument("--words", nargs="+", default=[], metavar="NAME",
                        help="collections judged by words alone: those whose language the model does not know")
    parser.add_argument("--mean", nargs="+", metavar="NAME", help="collections of the mean; all with a hybrid if not given")
    parser.add_argument("--per-query", type=pathlib.Path, metavar="DIR", help="folder for each query's scores")
    parser.add_argument("--signals", type=pathlib.Path, metavar="DIR", help="folder for what confidence is fitted to")
    parser.add_argument("--parts", type=pathlib.Path, metavar="DIR", help="folder for what the weight of the vectors is fitted to")
    args = parser.parse_args()
    names = sorted(path.name for path in args.folder.iterdir() if (path / "queries.jsonl").exists())
    missing = [name for name in (args.only or []) + args.words + (args.mean or []) if name not in names]
    if missing or not names:
        sys.exit(f"{args.folder}: no collection {', '.join(missing)}; there are: {', '.join(names)}")
    print("| collection | mode | nDCG@10 | MRR@10 | recall@10 | success@1 | ms a query | hybrid − better half (95 %) |")
    print("|---|---|---|---|---|---|---|---|")
    reports = []
    for name in args.only or names:
        reports.append(judge(args, name))
        print_rows(reports[-1])
    print_mean(reports, args.mean)


def corpus_of(folder, name):
    corpus = folder / name / "corpus.jsonl"
    if not corpus.exists():
        language = name.rsplit("-", 1)[-1]
        corpus = next(iter(sorted(folder.glob(f"anchors-*-{language}/corpus.jsonl"))), None)
    return corpus or sys.exit(f"{folder / name}: no corpus.jsonl, nor one of a collection anchors-*-{language}")


def judge(args, name):
    folder = args.folder / name
    corpus = corpus_of(args.folder, name)
    command = [args.signpost, "eval", "--corpus", corpus, "--queries", folder / "queries.jsonl",
               "--judgments", folder / "qrels.tsv", "--cache", args.cache]
    command += ["--mode", "lexical"] if name in args.words else ["--model", args.model]
    if (folder / "exclude.tsv").exists():
        command += ["--exclude", folder / "exclude.tsv"]
    for option, to in [("--per-query", args.per_query), ("--signals", args.signals), ("--parts", args.parts)]:
        if to:
            to.mkdir(parents=True, exist_ok=True)
            command += [option, to / f"{name}.jsonl"]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as queries:
        if args.signals:
            queries.writelines(json.dumps(query) + "\n" for query in off_topic(args.folder, name))
            queries.flush()
            command += ["--off-topic", queries.name]
        answer = subprocess.run([os.fspath(part) for part in command], stdout=subprocess.PIPE)
    if answer.returncode != 0:
        sys.exit(answer.returncode)
    return json.loads(answer.stdout)


def off_topic(folder, name):
    """A seeded choice of queries of other collections, as many of each, whose pages are on something else."""
    here = page_names(corpus_of(folder, name))
    of_others = []
    for other in sorted(path.parent for path in folder.glob("*/queries.jsonl")):
        pages = page_names(corpus_of(folder, other.name))
        # Help on the same product, be it in another language, has its pages under the same names.
        if 10 * len(here & pages) < min(len(here), len(pages)):
            lines = (other / "queries.jsonl").read_text().splitlines()
            of_others.append([json.loads(line) | {"_id": f"{other.name}:{place}"} for place, line in enumerate(lines)])
    chance = random.Random(1)
    share = OFF_TOPIC // max(len(of_others), 1)
    return [query for queries in of_others for query in chance.sample(queries, min(share, len(queries)))]


@functools.cache
def page_names(corpus):
    """The last part of each page's path."""
    return {json.loads(line)["_id"].rsplit("/", 1)[-1] for line in corpus.read_text().splitlines()}


def print_rows(report):
    for mode in (mode for mode in MODES if mode in report["modes"]):
        figures = report["modes"][mode]
        row = [report["collection"], mode] + [f"{figures[name]:.3f}" for name in FIGURES]
        embedding = f" + {report['embedding_p50_us'] / 1000:.1f}" if mode != "lexical" else ""
        row.append(f"{figures['p50_us'] / 1000:.2f}{embedding}")
        gain = report.get("hybrid_minus_best_half") if mode == "hybrid" else None
        row.append(f"{gain['mean']:+.3f} ({gain['low']:+.3f} … {gain['high']:+.3f}) {gain['of']}" if gain else "")
        print(f"| {' | '.join(row)} |", flush=True)


def print_mean(reports, names):
    of = [report for report in reports if "hybrid" in report["modes"] and (not names or report["collection"] in names)]
    if not of or (names and len(of) < len(names)):
        return
    for mode in MODES:
        mean = lambda figure: sum(report["modes"][mode][figure] for report in of) / len(of)
        row = [f"mean of {len(of)}", mode] + [f"{mean(name):.3f}" for name in FIGURES] + ["", ""]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
