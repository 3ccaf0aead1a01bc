#!/usr/bin/env python3
"""Computes the results of a public evaluation anew from its exported ballots, with exact fractions, and compares them.

    recompute_campaign.py ballots.csv codebook.csv results.csv

Shares no code with the platform. Ends with 1 when a figure differs.
"""
import csv
import sys
from fractions import Fraction


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


ballots, codebook, published = (read(path) for path in sys.argv[1:4])
weights = {row["code"]: int(row["value"]) for row in codebook if row["kind"] == "group"}
points = {row["code"]: int(row["value"]) for row in codebook if row["kind"] == "grade" and row["value"]}
least = next(int(row["value"]) for row in codebook if row["kind"] == "least")
satisfied = sorted(points, key=lambda grade: -points[grade])[:3]
wrong = 0
for row in published:
    body = row["body"]
    grades = {group: [b[body] for b in ballots if b["group"] == group and b[body] in points] for group in weights}
    known = sum(map(len, grades.values()))
    counting = {group: given for group, given in grades.items() if len(given) >= least}
    weight = sum(weights[group] for group in counting)
    score = None
    if weight:
        score = sum(Fraction(weights[g] * sum(points[x] for x in given), len(given) * weight) for g, given in counting.items())
    expected = Fraction(int(row["numerator"]), int(row["denominator"])) if row["numerator"] else None
    printed = None if score is None else (score * 200 + 1) // 2  # hundredths, half up
    checks = {
        "score": score == expected,
        "printed": score is None or row["score"] == f"{printed // 100}.{printed % 100:02d}",
        "n": int(row["n"]) == sum(map(len, counting.values())),
        "satisfied": int(row["satisfied"]) == sum(x in satisfied for given in counting.values() for x in given),
        "known": int(row["known"]) == known,
        "ballots": int(row["ballots"]) == len(ballots),
    }
    for name, right in checks.items():
        if not right:
            wrong += 1
            print(f"{body}: {name} differs: computed {score}, published {row}")
if wrong:
    sys.exit(1)
print(f"{len(ballots)} ballots, {len(published)} bodies agree")
