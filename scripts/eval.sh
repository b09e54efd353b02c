#!/bin/sh
# Judges the ranking on every collection of a folder and prints one table row a collection and mode.
# Usage: scripts/eval.sh SIGNPOST MODEL FOLDER   (FOLDER/<collection>/{corpus.jsonl,queries.jsonl,qrels.tsv[,exclude.tsv]})
set -eu
signpost=$1 model=$2 folder=${3:?name the folder of collections: make eval DATA=…}
cache=${EVAL_CACHE:-data/eval-cache}
modes=${EVAL_MODES:-all}
echo "| collection | mode | nDCG@10 | MRR@10 | recall@10 | success@1 | p50 ms | p99 ms |"
echo "|---|---|---|---|---|---|---|---|"
for collection in "$folder"/*/; do
    corpus=$collection/corpus.jsonl
    # A collection without a corpus of its own is asked of the one its name ends in: crosslingual-de-to-en, of anchors-*-en.
    [ -f "$corpus" ] || corpus=$(ls "$folder"/anchors-*-en/corpus.jsonl | head -n 1)
    set -- --corpus "$corpus" --queries "$collection/queries.jsonl" --judgments "$collection/qrels.tsv" --cache "$cache" --mode "$modes"
    [ "$modes" = lexical ] || set -- "$@" --model "$model"
    [ ! -f "$collection/exclude.tsv" ] || set -- "$@" --exclude "$collection/exclude.tsv"
    "$signpost" eval "$@" | python3 -c '
import json, sys
name, answer = sys.argv[1], json.load(sys.stdin)
for mode, m in answer["modes"].items():
    print("| {} | {} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.2f} | {:.2f} |".format(
        name, mode, m["ndcg@10"], m["mrr@10"], m["recall@10"], m["success@1"], m["p50_us"] / 1000, m["p99_us"] / 1000))
' "$(basename "$collection")"
done
