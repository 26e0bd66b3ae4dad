"""Print the figures of llmfao.jsonl.zst that README.md gives.

    python llmfao_check.py

Shares are of decided verdicts (no ties) where it says so. A share is that of all prompts together; its interval of
90 % leaves out one prompt at a time (jackknife) and takes Student's t. Needs Python and the `zstd` command.
"""
import json
import math
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

PATH = Path(__file__).parent / "llmfao.jsonl.zst"
PEOPLE, GPT_4, GPT_35 = "human", "gpt-4", "gpt-3.5-turbo-instruct"
JUDGES = (PEOPLE, GPT_4, GPT_35)
Z = 1.6449  # 95 % of the normal distribution
T = {12: 1.7959, 13: 1.7823}  # 95 % of Student's t for as many prompts
AT_LEAST = 30  # comparable votes of an annotator


def sign(number: float) -> int:
    return (number > 1e-9) - (number < -1e-9)


def calls(pair: dict, judge: str) -> list[int]:
    """What the judge says: 1 is A, -1 is B, 0 a tie."""
    return [sign(v["p_a"] - 0.5) for v in pair["verdicts"] if v["judge"] == judge]


def toward(pair: dict, judge: str, side: int) -> list[float]:
    """Whether each decided verdict falls on the side; nothing where there is no such side."""
    return [float(call == side) for call in calls(pair, judge) if call] if side else []


def longer(pair: dict) -> int:
    return sign(len(pair["response_a"]) - len(pair["response_b"]))


def empty(pair: dict) -> int:
    """The side whose response is blank, while the other's is not."""
    return (not pair["response_a"].strip()) - (not pair["response_b"].strip())


def cases(pair: dict) -> list[tuple[str, int, int]]:
    """Of every vote: annotator, call, and the call of the majority of the others (0: none, or undecided)."""
    votes = [(v["annotator"], sign(v["p_a"] - 0.5)) for v in pair["verdicts"] if v["judge"] == PEOPLE]
    total = sum(call for _, call in votes)
    return [(who, call, sign(total - call)) for who, call in votes]


def interval(rows: list[list[float]], share: Callable[[list[float]], float]) -> str:
    """Share over all prompts, with its interval; a row holds the counts of a prompt."""
    rows = [row for row in rows if any(row)]
    total = [sum(column) for column in zip(*rows)]
    without = [share([t - x for t, x in zip(total, row)]) for row in rows]
    n, mean = len(rows), sum(without) / len(rows)
    half = T[n] * math.sqrt((n - 1) / n * sum((x - mean) ** 2 for x in without))
    value = share(total)
    return f"{100 * value:6.1f} [{100 * (value - half):.1f}, {100 * (value + half):.1f}]"


def report(name: str, pairs: list[dict], count: Callable[[dict, str], list[float]]) -> None:
    """The share of each judge, and by how much each model differs from people."""
    table: dict[str, list[list[float]]] = defaultdict(list)
    for slug in sorted({pair["metadata"]["prompt_slug"] for pair in pairs}):
        here = [pair for pair in pairs if pair["metadata"]["prompt_slug"] == slug]
        for judge in JUDGES:
            values = [x for pair in here for x in count(pair, judge)]
            table[judge].append([sum(values), len(values)])
    print(name)
    for judge in JUDGES:
        print(f"  {judge:37}{interval(table[judge], lambda c: c[0] / c[1])}")
    for judge in (GPT_4, GPT_35):
        both = [a + b for a, b in zip(table[judge], table[PEOPLE])]
        print(f"  {judge + ', less people':37}{interval(both, lambda c: c[0] / c[1] - c[2] / c[3])}")


def wilson(right: int, n: int) -> tuple[float, float]:
    p, q = right / n, Z * Z / n
    middle = (p + q / 2) / (1 + q)
    half = Z * math.sqrt(p * (1 - p) / n + q / 4 / n) / (1 + q)
    return middle - half, middle + half


def unreliable(pairs: list[dict]) -> dict[str, tuple[int, int]]:
    """Who agrees with the others like a coin: one half is in the interval, what is usual among the rest above it."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pair in pairs:
        for who, call, others in cases(pair):
            if call and others:
                found[who][0] += call == others
                found[who][1] += 1
    right, n = (sum(column) for column in zip(*found.values()))
    print(f"one person and the majority of the others {100 * right / n:.1f} % of {n}")
    out = {}
    for who, (r, m) in sorted(found.items(), key=lambda item: item[1][0] / item[1][1]):
        low, high = wilson(r, m)
        if m >= AT_LEAST and low <= 0.5 and high < (right - r) / (n - m):
            print(f"  annotator {who}: {100 * r / m:.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {m}")
            out[who] = (r, m)
    print(f"  of {sum(m >= AT_LEAST for _, m in found.values())} with at least {AT_LEAST} comparable votes")
    return out


def agreement(pairs: list[dict], flagged: set[str]) -> None:
    """GPT-4 beside one person on the same cases, and its agreement with two kinds of annotators."""
    ceiling, kinds = [], []
    for slug in sorted({pair["metadata"]["prompt_slug"] for pair in pairs}):
        c, k = [0.0] * 3, [0.0] * 4
        for pair in (pair for pair in pairs if pair["metadata"]["prompt_slug"] == slug):
            model = calls(pair, GPT_4)[0]
            for who, call, others in cases(pair):
                if call and model and others:
                    c = [c[0] + (call == others), c[1] + (model == others), c[2] + 1]
                if call and model:
                    at = 0 if who in flagged else 2
                    k[at] += call == model
                    k[at + 1] += 1
        ceiling.append(c)
        kinds.append(k)
    print(f"all decided, {sum(c[2] for c in ceiling):.0f} cases")
    print(f"  one person, as the others     {interval(ceiling, lambda c: c[0] / c[2])}")
    print(f"  gpt-4, as the same others     {interval(ceiling, lambda c: c[1] / c[2])}")
    print(f"  difference                    {interval(ceiling, lambda c: (c[0] - c[1]) / c[2])}")
    print(f"gpt-4 and the annotators above  {interval(kinds, lambda k: k[0] / k[1])}")
    print(f"gpt-4 and all the others        {interval(kinds, lambda k: k[2] / k[3])}")
    print(f"  difference                    {interval(kinds, lambda k: k[2] / k[3] - k[0] / k[1])}")


def main() -> None:
    text = subprocess.run(("zstd", "-dc", PATH), stdout=subprocess.PIPE, check=True).stdout.decode()
    pairs = [json.loads(line) for line in text.split("\n") if line]
    print(f"{len(pairs)} pairs; in {sum(map(bool, map(empty, pairs)))} one response is empty")
    report("ties", pairs, lambda pair, judge: [float(not call) for call in calls(pair, judge)])
    report("the first, of decided", pairs, lambda pair, judge: toward(pair, judge, 1))
    report("the longer, of decided", pairs, lambda pair, judge: toward(pair, judge, longer(pair)))
    report("the empty, of decided", pairs, lambda pair, judge: toward(pair, judge, empty(pair)))
    flagged = unreliable(pairs)
    votes = [v["annotator"] in flagged for pair in pairs for v in pair["verdicts"] if v["judge"] == PEOPLE]
    print(f"  they cast {sum(votes)} of {len(votes)} votes")
    agreement(pairs, set(flagged))


if __name__ == "__main__":
    main()
