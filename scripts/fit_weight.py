#!/usr/bin/env python3
"""Fits how much vectors count beside words (search-api/src/retrieval/weight.rs) to judged collections.

Usage: scripts/fit_weight.py PARTS.jsonl ...      (each written by `signpost eval --parts`, one a collection)

Each query's nDCG@10 is computed at weights from 0 to 1. The coefficients are those that make the mean of it highest, each
collection counting the same, found by ascent on the curves, smoothed a little, with a penalty on their size. Printed: nDCG@10
by collection of words alone, vectors alone, the best one weight for all, the fitted weight, the weight fitted and the one weight
chosen with that collection left out, and the best weight a query, which nothing can exceed. Deterministic.
"""
import json
import math
import os
import sys

STEPS = 40
LEAST, MOST = 0.2, 0.9  # of the weight, as in weight.rs
LATE = 20  # articles that late interaction looks at, as in late_interaction.rs
PENALTY = 0.002
ROUNDS = 300


def ndcg(grades, ideal):
    def gain(grades):
        return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))
    return gain(grades) / gain(ideal)


def curve(line):
    """nDCG@10 of one query at weights 0, 1/STEPS, ... 1; exact, and smoothed so that the ascent sees beyond the next step."""
    exact = []
    for step in range(STEPS + 1):
        signals = line["signals"]
        weight = 1 - signals["at_home"] * (1 - (1 - signals["identifiers"]) * step / STEPS)
        scored = [((1 - weight) * words + weight * vectors + closeness, late, grade)
                  for words, vectors, closeness, late, grade in line["articles"]]
        first = sorted(scored, key=lambda part: -part[0])[:LATE]
        first.sort(key=lambda part: -(part[0] + part[1]))
        exact.append(ndcg([grade for _, _, grade in first[:10]], line["grades"]))
    wide = [exact[0]] * 2 + exact + [exact[-1]] * 2
    return exact, [sum(share * wide[place + at] for at, share in enumerate((.1, .2, .4, .2, .1))) for place in range(STEPS + 1)]


def read(curve, weight):
    """Value and slope of a curve at a weight."""
    place = min(int(weight * STEPS), STEPS - 1)
    slope = curve[place + 1] - curve[place]
    return curve[place] + slope * (weight * STEPS - place), slope * STEPS


def logistic(coefficients, signals):
    total = sum(c * s for c, s in zip(coefficients, signals))
    return 1 / (1 + math.exp(-max(-30, min(30, total))))


def weight(coefficients, signals):
    return LEAST + (MOST - LEAST) * logistic(coefficients, signals)


def standard(collections):
    """Mean and spread of each signal, each collection counting the same; the constant keeps its own."""
    def mean(of):
        return [sum(sum(of(s[place], place) for s, _, _ in q) / len(q) for q in collections) / len(collections)
                for place in range(len(collections[0][0][0]))]
    means = mean(lambda signal, _: signal)
    spreads = [math.sqrt(square) + 1e-9 for square in mean(lambda signal, place: (signal - means[place]) ** 2)]
    return [0] + means[1:], [1] + spreads[1:]


def fit(collections):
    """Coefficients of the raw signals that make the mean over collections highest."""
    means, spreads = standard(collections)
    scaled = [[([(s - m) / d for s, m, d in zip(signals, means, spreads)], smooth) for signals, _, smooth in queries]
              for queries in collections]
    size = len(means)
    coefficients, squares, best, kept = [0.0] * size, [0.0] * size, -1.0, [0.0] * size
    for turn in range(ROUNDS):
        slope, value = [0.0] * size, 0.0
        for queries in scaled:
            for signals, smooth in queries:
                at = logistic(coefficients, signals)
                here, change = read(smooth, LEAST + (MOST - LEAST) * at)
                share = 1 / len(queries) / len(scaled)
                value += here * share
                by = change * (MOST - LEAST) * at * (1 - at) * share
                for place, signal in enumerate(signals):
                    slope[place] += by * signal
        for place in range(1, size):
            slope[place] -= 2 * PENALTY * coefficients[place]
            value -= PENALTY * coefficients[place] ** 2
        if value > best:
            best, kept = value, list(coefficients)
        for place in range(size):  # RMSprop with falling steps
            squares[place] = 0.9 * squares[place] + 0.1 * slope[place] ** 2
            coefficients[place] += 0.1 / (1 + turn / 50) * slope[place] / (math.sqrt(squares[place]) + 1e-7)
    raw = [c / d for c, d in zip(kept, spreads)]
    return [raw[0] - sum(c * m for c, m in zip(raw[1:], means[1:]))] + raw[1:]


def mean(queries, weight_of):
    return sum(read(exact, weight_of(signals))[0] for signals, exact, _ in queries) / len(queries)


def one_weight(collections):
    return max((sum(mean(q, lambda _: w / STEPS) for q in collections), w / STEPS) for w in range(STEPS + 1))[1]


def main(files):
    collections, names = {}, None
    for file in files:
        with open(file, encoding="utf-8") as lines:
            lines = [line for line in map(json.loads, lines) if line["grades"]]
        names = names or [name for name in lines[0]["signals"] if name not in ("at_home", "identifiers")]
        name = os.path.splitext(os.path.basename(file))[0]
        collections[name] = [([1.0] + [line["signals"][n] for n in names], *curve(line)) for line in lines]
    fitted, single = fit(list(collections.values())), one_weight(list(collections.values()))
    header = ["words", "vectors", f"all {single:.2f}", "fitted", "left out", "all, left out", "best"]
    print(f"{'collection':<24}" + "".join(f"{title:>15}" for title in header))
    rows = []
    for name, queries in collections.items():
        others = [other for key, other in collections.items() if key != name] or [queries]
        alone, one = fit(others), one_weight(others)
        row = [mean(queries, lambda _, w=w: w) for w in (0.0, 1.0, single)]
        row += [mean(queries, lambda s, c=c: weight(c, s)) for c in (fitted, alone)]
        row += [mean(queries, lambda _: one), sum(max(exact) for _, exact, _ in queries) / len(queries)]
        rows.append(row)
        print(f"{name:<24}" + "".join(f"{figure:>15.4f}" for figure in row))
    print(f"{'mean':<24}" + "".join(f"{sum(column) / len(rows):>15.4f}" for column in zip(*rows)))
    for name, coefficient in zip(["constant"] + names, fitted):
        print(f"{name}: {coefficient:.2f}")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(sys.argv[1:])
