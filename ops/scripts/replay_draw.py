#!/usr/bin/env python3
"""Replays a draw of units and inspectors: replay_draw.py draw.json. The algorithm stands in ops/docs/draw.md."""
import hashlib, json, sys


def sha(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def first(label, entries, take):
    return sorted(entries, key=lambda entry: sha("\0".join([draw["seed"], draw["word"], label, entry])))[:take]


draw = json.load(open(sys.argv[1], encoding="utf-8"))
registers = draw["registers"]
lines, result = [draw["algorithm"]], []
for stratum in registers["strata"]:
    lines += ["stratum %d %s" % (stratum["take"], stratum["label"])] + stratum["units"]
    for unit in first("unit/" + stratum["label"], stratum["units"], stratum["take"]):
        free = [one for one in registers["inspectors"] if [one, unit] not in registers["recusals"]]
        result.append({"unit": unit, "inspectors": first("inspector/" + unit, free, registers["per_unit"])})
lines += ["inspectors %d" % registers["per_unit"]] + registers["inspectors"]
lines += ["recusals"] + [" ".join(pair) for pair in registers["recusals"]]
checks = [("种子", sha(draw["seed"]) == draw["commitment"]), ("名册", sha("\n".join(lines)) == draw["registers_hash"]), ("结果", result == draw["result"])]
for name, right in checks:
    print(name, "一致" if right else "不一致")
sys.exit(0 if all(right for _, right in checks) else 1)
