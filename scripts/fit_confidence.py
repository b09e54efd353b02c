#!/usr/bin/env python3
"""Fits how sure an answer list is to judged queries, checks it on collections that the fit did not see, and writes the result.

Reads the folder that `scripts/eval.py --signals` wrote: a file a collection, a line a query with its signals, its kind (answerable;
its articles were removed; on other matters than the collection), and whether one of the first three articles answers it. Fits a
logistic regression of "right within the first three", each collection counting the same and each kind its share of it.
Deterministic, without any library.

Every figure printed and plotted comes from leaving a collection out: fitted to all others, asked of that one. "AUROC right": how
often a list that has a right article among its first three, of all lists, is called surer than one that has none, be it that none
is in the index. "AUROC answerable": how often a query whose articles are in the index has the surer list than one whose articles
were removed, wherever they stand; what is not found among the first three cannot be told from what is not there. Queries on other
matters, which are told far more easily, are left out of both, and of the floors.

Labels know one right article, and once it is removed another may answer. `--read` takes lists whose first three articles somebody
read: tab-separated collection, query, whether its articles were in the index, whether one of the three answers (yes, part, no).
What is said of them is weighed as all lists are: by collection, and by whether the label found the list right.
"""
import argparse
import copy
import itertools
import json
import math
import pathlib
import random
import sys

# Of a collection's weight, what each kind of query has. A quarter without an answer is what help centres report as searches that
# find nothing; how many of these are on other matters nobody reports.
SHARES = {"answerable": 0.75, "removed": 0.15, "off-topic": 0.1}
# Pull of the coefficients (of standardised signals) to 0: strong, since what is wanted is not the best fit to these collections but
# one that holds for another. At 1, 20 and 100 all discriminate alike; calibration of a collection left out is best at 20.
RIDGE = 20.0
# Signals of the query's tokens, which a query whose vector alone was kept has not: lists without them get a fit of their own.
OF_TOKENS = ["first likeness", "likeness lead"]
# No list is called surer or less sure; the same in search-api/src/retrieval/confidence.
RANGE = (0.02, 0.98)
# Bins of the expected calibration error and of the plot (Guo et al.: On Calibration of Modern Neural Networks, 2017).
BINS = 10
# Share of answerable queries that may lie below the floor of "weak", and of those whose articles were removed that must below
# that of "good". Others answer a third of these: 0.72 by the labels are 0.81 of the lists that do not answer, by what was read.
BELOW_WEAK = 0.08
BELOW_GOOD = 0.72
# What was read: lists of a kind of query, and whether one of the first three articles is labelled right.
READ = {"right": ("answerable", True), "not right": ("answerable", False), "removed": ("removed", False)}
# Resamples of the lists that were read, for the bounds of their figures.
RESAMPLES = 1000


class Example:
    def __init__(self, line, weight, without):
        self.values = [0.0 if name in without else value for name, value in line["signals"]]
        self.query, self.right, self.kind, self.weight = line["query"], line["right"], line["kind"], weight


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signals", type=pathlib.Path, help="folder of signals, a file a collection")
    parser.add_argument("--without", nargs="+", default=[], metavar="SIGNAL", help="signals to leave out: their weight is 0")
    parser.add_argument("--words", type=pathlib.Path, metavar="FILE", help="Rust file to write the calibration of words alone to")
    parser.add_argument("--vectors", type=pathlib.Path, metavar="FILE", help="Rust file to write that of words and vectors to")
    parser.add_argument("--read", type=pathlib.Path, metavar="FILE", help="lists that were read, as benches/read_lists.tsv")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE", help="SVG file to write the reliability of both to")
    args = parser.parse_args()
    rust, panels = {}, []
    for mode, what, constant, without in [
        ("lexical", "words", "CALIBRATION", []),
        ("hybrid", "words and vectors", "CALIBRATION", []),
        ("hybrid", "words and vectors, without tokens", "WITHOUT_TOKENS", OF_TOKENS),
    ]:
        names, collections, model = read(args.signals, mode, args.without + without)
        if len(collections) < 3:
            sys.exit(f"{args.signals}: {len(collections)} collections with {mode} lists; leaving one out takes at least 3")
        judged = {name: left_out(collections, name) for name in collections}
        floors = Floors(judged)
        fitted = Fit(list(collections.values()))
        print(f"\n## Lists by {what}\n")
        print_checks(judged, floors)
        if args.read and mode == "hybrid":
            print_read(judged, floors, args.read)
        print_fit(names, fitted, floors)
        rust[mode] = rust.get(mode, head(what, model)) + table(constant, what, model, names, fitted, floors)
        if not without:
            panels.append((f"Lists by {what}", judged))
    for mode, file in [("lexical", args.words), ("hybrid", args.vectors)]:
        if file:
            file.write_text(rust[mode])
    if args.plot:
        args.plot.write_text(plot(panels))


def left_out(collections, name):
    """The examples of a collection, each with the probability that a fit to all others gives it."""
    fitted = Fit([other for key, other in collections.items() if key != name])
    return [(fitted.probability(example.values), example) for example in collections[name]]


def read(folder, mode, without):
    """Names of the signals; examples by collection; digest of the model."""
    names, collections, models = [], {}, set()
    for file in sorted(folder.glob("*.jsonl")):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        lines = [line for line in lines if line["mode"] == mode]
        if not lines:
            continue
        weight = {kind: share / max(sum(line["kind"] == kind for line in lines), 1) for kind, share in SHARES.items()}
        collections[file.stem] = [Example(line, weight[line["kind"]], without) for line in lines]
        # Where nothing is found there are no signals, and no model had a part in it.
        found = [line for line in lines if line["signals"]]
        models.update(line.get("model") for line in found)
        names = [name for line in found[:1] for name, _ in line["signals"]] or names
    if len(models) > 1:
        sys.exit(f"{folder}: lists ranked with several models' vectors: a calibration belongs to one")
    return names, collections, next(iter(models), None)


class Fit:
    """Logistic regression by Newton's method over standardised signals."""

    def __init__(self, collections):
        examples = [example for collection in collections for example in collection if example.values]
        whole = sum(example.weight for example in examples)
        columns = range(len(examples[0].values))
        mean = [sum(e.weight * e.values[i] for e in examples) / whole for i in columns]
        spread = [math.sqrt(sum(e.weight * (e.values[i] - mean[i]) ** 2 for e in examples) / whole) or 1.0 for i in columns]
        rows = [[1.0] + [(e.values[i] - mean[i]) / spread[i] for i in columns] for e in examples]
        scale = len(examples) / whole
        ridge = [0.0] + [RIDGE] * len(columns)
        solution = [0.0] * (len(columns) + 1)
        for _ in range(30):
            gradient = [-pull * c for pull, c in zip(ridge, solution)]
            curvature = [[ridge[i] if i == j else 0.0 for j in range(len(solution))] for i in range(len(solution))]
            for row, example in zip(rows, examples):
                p = logistic(sum(c * x for c, x in zip(solution, row)))
                weight = example.weight * scale
                error, bend = weight * (example.right - p), weight * p * (1 - p)
                for i, x in enumerate(row):
                    gradient[i] += error * x
                    line, share = curvature[i], bend * x
                    for j in range(i + 1):
                        line[j] += share * row[j]
            for i in range(len(solution)):
                for j in range(i):
                    curvature[j][i] = curvature[i][j]
            step = solve(curvature, gradient)
            solution = [c + s for c, s in zip(solution, step)]
            if max(abs(s) for s in step) < 1e-9:
                break
        self.coefficients = [c / s for c, s in zip(solution[1:], spread)]
        self.intercept = solution[0] - sum(c * m for c, m in zip(self.coefficients, mean))

    def probability(self, values):
        if not values:
            return 0.0
        odds = self.intercept + sum(c * v for c, v in zip(self.coefficients, values))
        return min(max(logistic(odds), RANGE[0]), RANGE[1])


def logistic(odds):
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


def solve(matrix, right):
    """Gaussian elimination with the largest pivot."""
    rows = [line[:] + [value] for line, value in zip(matrix, right)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    solution = [0.0] * size
    for i in reversed(range(size)):
        solution[i] = (rows[i][size] - sum(rows[i][j] * solution[j] for j in range(i + 1, size))) / rows[i][i]
    return solution


class Floors:
    """Probabilities from which on a list is weak, and good, read off lists that the fit did not see, collections counting alike."""

    def __init__(self, judged):
        everything = [pair for pairs in judged.values() for pair in pairs]
        self.weak = quantile(everything, of_kind("answerable"), BELOW_WEAK)
        self.good = max(self.weak, quantile(everything, of_kind("removed"), BELOW_GOOD))


def of_kind(kind):
    return lambda example: example.kind == kind


def quantile(pairs, kind, share):
    of = sorted((p, example.weight) for p, example in pairs if kind(example))
    left = share * sum(weight for _, weight in of)
    for p, weight in of:
        left -= weight
        if left < 0:
            return p
    return of[-1][0]


def error(pairs):
    """Expected calibration error of (probability, example) pairs, by weight."""
    whole = sum(example.weight for _, example in pairs)
    return sum(abs(sum(example.weight * (p - example.right) for p, example in inside)) for inside in bins(pairs)) / whole


def bins(pairs):
    inside = [[] for _ in range(BINS)]
    for pair in pairs:
        inside[min(int(pair[0] * BINS), BINS - 1)].append(pair)
    return inside


def area(pairs, kind):
    """Area under the ROC curve: how often an example of the kind has the higher probability than one that is not."""
    won = below = inside = 0.0
    for _, same in itertools.groupby(sorted(pairs, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        here = [0.0, 0.0]
        for _, example in same:
            here[bool(kind(example))] += example.weight
        won += here[True] * (below + here[False] / 2)
        below, inside = below + here[False], inside + here[True]
    return won / (inside * below) if inside and below else math.nan


def share(pairs, kind, floor):
    inside = [(p, example.weight) for p, example in pairs if kind(example)]
    return sum(weight for p, weight in inside if p < floor) / (sum(weight for _, weight in inside) or 1)


def print_checks(judged, floors):
    answerable, removed, off_topic = of_kind("answerable"), of_kind("removed"), of_kind("off-topic")
    print("| left out | right in 3 | calibration error | AUROC right | AUROC answerable | removed: none or weak | "
          "answerable: none | none or weak | off-topic: none | none or weak |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    everything = [pair for pairs in judged.values() for pair in pairs]
    for name, pairs in [*judged.items(), ("all", everything)]:
        of = [example for _, example in pairs if answerable(example)]
        right = sum(example.weight * example.right for example in of) / sum(example.weight for example in of)
        on_topic = [(p, example) for p, example in pairs if not off_topic(example)]
        print(f"| {name} | {right:.2f} | {error(pairs):.3f} | {area(on_topic, lambda example: example.right):.3f} "
              f"| {area(on_topic, answerable):.3f} | {share(pairs, removed, floors.good):.0%} "
              f"| {share(pairs, answerable, floors.weak):.0%} | {share(pairs, answerable, floors.good):.0%} "
              f"| {share(pairs, off_topic, floors.weak):.0%} | {share(pairs, off_topic, floors.good):.0%} |")


def print_read(judged, floors, file):
    """The same figures by what readers said of some lists, in place of the labels, with 95 % bounds of a seeded bootstrap."""
    lines = [line.split("\t") for line in file.read_text().splitlines()[1:]]
    kinds = {"yes": "answerable", "no": "removed"}
    said = {(collection, query, kinds[known]): answered for collection, query, known, answered in lines}
    strata = []
    for name, pairs in judged.items():
        for stratum in READ.values():
            of = [(p, example) for p, example in pairs if (example.kind, example.right) == stratum]
            read = [(p, copy.copy(example)) for p, example in of if (name, example.query, example.kind) in said]
            for _, example in read:
                example.answered = said[name, example.query, example.kind]
                example.weight *= len(of) / len(read)
            strata.append(read)
    everything = list(itertools.chain(*strata))
    print(f"\n{len(everything)} lists read. Labelled, and read as yes, part, no:")
    for what, stratum in READ.items():
        of = [example.answered for _, example in everything if (example.kind, example.right) == stratum]
        print(f"  {what}: {', '.join(str(of.count(answered)) for answered in ('yes', 'part', 'no'))}")
    answers, lacks = (lambda example: example.answered == "yes"), (lambda example: example.answered != "yes")
    chance = random.Random(1)
    drawn = [[chance.choice(read) for read in strata for _ in read] for _ in range(RESAMPLES)]
    for what, figure in [
        ("AUROC answers", lambda pairs: area(pairs, answers)),
        ("does not answer: none or weak", lambda pairs: share(pairs, lacks, floors.good)),
        ("answers: none", lambda pairs: share(pairs, answers, floors.weak)),
        ("answers: none or weak", lambda pairs: share(pairs, answers, floors.good)),
    ]:
        spread = sorted(map(figure, drawn))
        print(f"{what}: {figure(everything):.3f} ({spread[RESAMPLES // 40]:.3f} to {spread[-RESAMPLES // 40]:.3f})")


def print_fit(names, fitted, floors):
    print(f"\nweak from {floors.weak:.3f}, good from {floors.good:.3f}")
    for name, coefficient in zip(["intercept", *names], [fitted.intercept, *fitted.coefficients]):
        print(f"{name:>16} {coefficient:+.3f}")


def head(what, model):
    """The first lines of a Rust file."""
    imports = "use super::Calibration;\n" + ("" if model is None else "use indexer::embedder::ModelDigest;\n")
    return f"//! Confidence of lists by {what}: written by `make calibrate`, not by hand.\n\n{imports}"


def table(constant, what, model, names, fitted, floors):
    """A calibration as Rust."""
    if model is None:
        digest = "None"
    else:
        octets = [f"0x{model[at:at + 2]}" for at in range(0, len(model), 2)]
        rows = [", ".join(octets[at:at + 16]) for at in range(0, len(octets), 16)]
        digest = "Some(ModelDigest([\n" + "".join(f"        {row},\n" for row in rows) + "    ]))"
    weights = "".join(f"        {weight:.4f}, // {name}\n" for name, weight in zip(names, fitted.coefficients))
    return (f"\n/// Fitted to lists by {what}.\npub const {constant}: Calibration = Calibration {{\n    model: {digest},\n"
            f"    weak_from: {floors.weak:.3f},\n    good_from: {floors.good:.3f},\n"
            f"    intercept: {fitted.intercept:.4f},\n    weights: &[\n{weights}    ],\n}};\n")


STYLE = """
  svg { font: 12px system-ui, sans-serif; color: #1f2933; }
  @media (prefers-color-scheme: dark) { svg { color: #e4e7eb; } }
  text { fill: currentColor; }
  .grid, .ideal { stroke: currentColor; fill: none; }
  .grid { opacity: 0.15; }
  .ideal { opacity: 0.6; stroke-dasharray: 5 4; }
  circle { fill: #2f80d0; fill-opacity: 0.55; stroke: #2f80d0; }
"""


SIDE, LEFT, TOP, BOTTOM = 320, 56, 40, 52


def plot(panels):
    width, height = len(panels) * (LEFT + SIDE + 24), TOP + SIDE + BOTTOM
    drawn = "\n".join(panel(title, judged, place * (LEFT + SIDE + 24)) for place, (title, judged) in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="Probability said and share of lists that were right, on collections that the fit did not see">\n'
            f"<style>{STYLE}</style>\n{drawn}\n</svg>\n")


def panel(title, judged, shift):
    """Share of right lists by probability: a circle a bin, as large as its weight, beside the line of a perfect calibration."""
    x, y = (lambda p: LEFT + p * SIDE), (lambda p: TOP + (1 - p) * SIDE)
    everything = [pair for pairs in judged.values() for pair in pairs]
    whole = sum(example.weight for _, example in everything)
    parts = [f'<text x="{LEFT}" y="22" font-weight="600">{title}: calibration error {error(everything):.3f}</text>']
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<path class="grid" d="M{x(tick):.0f} {y(0):.0f}V{y(1):.0f}M{x(0):.0f} {y(tick):.0f}H{x(1):.0f}"/>')
        parts.append(f'<text x="{x(tick):.0f}" y="{y(0) + 18:.0f}" text-anchor="middle">{tick:.1f}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.0f}" text-anchor="end">{tick:.1f}</text>')
    parts.append(f'<path class="ideal" d="M{x(0):.0f} {y(0):.0f}L{x(1):.0f} {y(1):.0f}"/>')
    for inside in filter(None, bins(everything)):
        weight = sum(example.weight for _, example in inside)
        said = sum(example.weight * p for p, example in inside) / weight
        was = sum(example.weight * example.right for _, example in inside) / weight
        parts.append(f'<circle cx="{x(said):.1f}" cy="{y(was):.1f}" r="{3 + 24 * math.sqrt(weight / whole):.1f}">'
                     f"<title>said {said:.2f}, right {was:.2f}, {weight / whole:.0%} of the lists</title></circle>")
    parts.append(f'<text x="{x(0.5):.0f}" y="{y(0) + 38:.0f}" text-anchor="middle">probability said</text>')
    parts.append(f'<text transform="translate(16 {y(0.5):.0f}) rotate(-90)" text-anchor="middle">right within the first three</text>')
    lines = "\n".join(parts)
    return f'<g transform="translate({shift} 0)">\n{lines}\n</g>'


if __name__ == "__main__":
    main()
