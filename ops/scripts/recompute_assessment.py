"""Recomputes every figure of a year's assessment with exact fractions and compares it to the last digit.

  recompute_assessment.py SCHEME.toml LINES.json [FACTS.json MARKS.json [UNIT ...]]

LINES is `xiaoneng export assessment --format json`; with FACTS and MARKS (`export facts`, `export marks`) every count is summed
again from the events up to the cut-off. UNITs named are those whose counts an upheld objection corrected.
"""
import json, sys, tomllib
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction as F

scheme = tomllib.load(open(sys.argv[1], "rb"))
rows = json.load(open(sys.argv[2]))
items = {i["id"]: i for i in scheme["items"]}
caps = {c["part"]: F(c["cap"]) for c in scheme.get("caps", [])}
base = ("indicators", "review")
faults = []
corrected = set(sys.argv[5:])

def same(what, ours, theirs):
    if ours != theirs:
        faults.append(f"{what}: recomputed {ours}, exported {theirs}")

def exact(text):
    return None if text in (None, "") else F(text)

def points(i, y, n):
    rate, full, floor = F(100 * y, n), F(i["full"]), F(i.get("floor", "0"))
    if i["function"] == "bands":
        reached = [b for b in i["bands"] if rate >= F(b["at_least"])]
        return F(max(reached, key=lambda b: F(b["at_least"]))["points"]) if reached else floor
    short = F(i["target"]) - rate if i["function"] == "linear" else rate - F(i["target"])
    return min(max(full - F(i["k"]) * max(short, F(0)), floor), full)

groups = defaultdict(lambda: [0, 0])
for r in rows:
    i = items[r["item"]]
    if i["function"] in ("linear", "inverse", "bands") and r["denominator"] >= max(1, i.get("min_samples", 0)):
        groups[r["group"], r["item"]][0] += r["numerator"]
        groups[r["group"], r["item"]][1] += r["denominator"]

def line(r):
    i, n = items[r["item"]], r["numerator"]
    if i["function"] == "manual":
        value = exact(r["points"])
        return value if value is None or i["part"] != "verification" else -value
    if i["function"] == "count":
        each = min(F(i["per"]) * n, F(i["full"]))
        return {"bonus": each, "verification": -each}.get(i["part"], F(i["full"]) - each)
    if r["denominator"] >= max(1, i.get("min_samples", 0)):
        return points(i, n, r["denominator"])
    y, d = groups[r["group"], r["item"]]
    return {"full": F(i["full"]), "group_mean": points(i, y, d) if d else None}.get(i["zero"])

def shown(x, places=scheme["rounding"]["places"]):
    scaled = abs(x) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return str(Decimal(-whole if x < 0 else whole).scaleb(-places)) if whole else f"{0:.{places}f}"

bodies = defaultdict(list)
for r in rows:
    score = line(r)
    same(f"{r['unit']} {r['item']}", score, exact(r["score_exact"]))
    same(f"{r['unit']} {r['item']} shown", None if score is None else shown(score), r["score"])
    bodies[r["unit"]].append((r, score))

if len(sys.argv) > 4:
    year, cut, day = str(rows[0]["year"]), rows[0]["cut_off"], scheme.get("cut_off_day", 0)
    stood = lambda e: e["seq"] <= cut and (e["revoked"] in (None, "") or e["revoked"] > cut)
    first, last = (f"{int(year) - 1}-12-{day + 1:02}", f"{year}-12-{day:02}") if day else (f"{year}-01-01", f"{year}-12-31")
    facts, marks = defaultdict(lambda: [0, 0]), defaultdict(int)
    for e in json.load(open(sys.argv[3])):
        if e["period"][:4] == year and stood(e):
            facts[e["unit"], e["measure"]][0] += e["yes"]
            facts[e["unit"], e["measure"]][1] += 1
    for e in json.load(open(sys.argv[4])):
        if first <= e["day"] <= last and stood(e):
            marks[e["unit"], e["kind"], e["code"]] += 1
    for r in rows:
        what, _, name = items[r["item"]]["source"].partition(":")
        kind, _, code = name.partition(":")
        if what == "measure" and r["unit"] not in corrected:
            sums = [sum(facts[u, name][k] for u in r["units"].split()) for k in (0, 1)]
            same(f"{r['unit']} {r['item']} counts", sums[0], r["numerator"])
            if items[r["item"]]["function"] != "count":
                same(f"{r['unit']} {r['item']} samples", sums[1], r["denominator"])
        # Honours count in the year they are registered for; the sheet of the body holds them.
        elif what == "mark" and kind != "honour" and r["unit"] not in corrected:
            n = sum(v for (u, k, c), v in marks.items() if u in r["units"].split() and k == kind and code in ("", c))
            same(f"{r['unit']} {r['item']} marks", n, r["numerator"])

totals = {}
for unit, lines in bodies.items():
    group = lines[0][0]["group"]
    part = lambda *names: sum((s for r, s in lines if r["part"] in names and s is not None), F(0))
    full = sum(F(i["full"]) for i in items.values() if i["part"] in base and group in (i.get("groups") or [group]))
    held = sum(F(items[r["item"]]["full"]) for r, s in lines if r["part"] in base and s is not None)
    speaks = lambda i: i["part"] in base and i["function"] != "count"
    heard = any(s is not None and speaks(items[r["item"]]) for r, s in lines)
    if not heard and any(speaks(items[r["item"]]) for r, s in lines):
        held = 0  # bare counts of nothing: not ranked
    bonus, taken = min(part("bonus"), caps.get("bonus", 0)), max(part("verification"), -caps.get("verification", 0))
    totals[unit] = part(*base) * full / held + bonus + taken if held else None
    same(f"{unit} total", totals[unit], exact(lines[0][0]["total_exact"]))

borders = [F(scheme["grades"][g]) for g in ("excellent", "good", "pass")]
# Grades of a draft stand while objections are decided: only a draft without corrections and a final year are compared.
for group in scheme["groups"]:
    units = [u for u in bodies if bodies[u][0][0]["group"] == group["code"]]
    full = sum(F(i["full"]) for i in items.values() if i["part"] in base and group["code"] in (i.get("groups") or [group["code"]]))
    percent = {u: totals[u] * 100 / full for u in units if totals[u] is not None}
    above = [p for p in percent.values() if p >= borders[0]]
    for u in units:
        p = percent.get(u)
        grade = "不参加评定" if p is None else "良好" if p >= borders[1] else "合格" if p >= borders[2] else "不合格"
        if p is not None and p >= borders[0] and sum(o >= p for o in above) <= len(percent) * group["excellent_percent"] // 100:
            grade = "优秀"
        same(f"{u} grade", grade, bodies[u][0][0]["grade"])

print("\n".join(faults) or f"{len(bodies)} bodies, {len(rows)} lines: all the same to the last digit")
sys.exit(bool(faults))
