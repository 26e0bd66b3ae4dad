"""Check local-judge.jsonl and print the figures that README.md gives.

    python check.py
"""
import json
from collections import Counter
from pathlib import Path
from statistics import fmean

PATH = Path(__file__).parent / "local-judge.jsonl"
TEXTS = ("prompt", "response_a", "response_b")


def check(pairs: list[dict]) -> None:
    ids = [pair["id"] for pair in pairs]
    assert ids == sorted(set(ids)), "ids are unique and in order"
    assert set(Counter(pair["prompt_id"] for pair in pairs).values()) == {2}
    for pair in pairs:
        for key in TEXTS:
            text = pair[key]
            assert text.strip() == text != "", (pair["id"], key)
            assert not any(mark in text for mark in ("\0", "\ufffd", "<|")), (pair["id"], key)
        for verdict in pair["verdicts"]:
            ab, ba = verdict["receipt"]["ab"], verdict["receipt"]["ba"]
            p_a = (ab["a"] / (ab["a"] + ab["b"]) + ba["b"] / (ba["a"] + ba["b"])) / 2
            assert 0 <= verdict["p_a"] <= 1 and abs(p_a - verdict["p_a"]) < 2e-6, pair["id"]


def figures(pairs: list[dict], number: int) -> dict[str, float]:
    verdicts = [pair["verdicts"][number] for pair in pairs]
    receipts = [verdict["receipt"] for verdict in verdicts]
    shown_first = [r[order]["a"] > r[order]["b"] for r in receipts for order in ("ab", "ba")]
    # The same place in both orders means that the reply chosen changed.
    always_first = [shown_first[i] and shown_first[i + 1] for i in range(0, len(shown_first), 2)]
    always_second = [not (shown_first[i] or shown_first[i + 1])
                     for i in range(0, len(shown_first), 2)]
    mass = [r[order]["a"] + r[order]["b"] for r in receipts for order in ("ab", "ba")]
    mixed = [(pair, v["p_a"]) for pair, v in zip(pairs, verdicts)
             if pair["model_a"] != pair["model_b"]]
    qwen = [p if pair["model_a"].startswith("qwen") else 1 - p for pair, p in mixed]
    styled = [(pair, v["p_a"]) for pair, v in zip(pairs, verdicts)
              if pair["model_a"] == pair["model_b"]]
    plain = [p if pair["metadata"]["style_a"] == "plain" else 1 - p for pair, p in styled]
    longer = [(v["p_a"] > 0.5) == (len(pair["response_a"]) > len(pair["response_b"]))
              for pair, v in zip(pairs, verdicts)
              if len(pair["response_a"]) != len(pair["response_b"])]
    return {
        "orders disagree": fmean(always_first) + fmean(always_second),
        "  always the first": fmean(always_first),
        "  always the second": fmean(always_second),
        "first shown chosen": fmean(shown_first),
        "P(A) + P(B), mean": fmean(mass),
        "P(A) + P(B), least": min(mass),
        "Qwen over SmolLM2": fmean(p > 0.5 for p in qwen),
        "Qwen over SmolLM2, mean p": fmean(qwen),
        "plain over styled": fmean(p > 0.5 for p in plain),
        "longer reply chosen": fmean(longer),
        "|p_a - 0.5|, mean": fmean(abs(v["p_a"] - 0.5) for v in verdicts),
        "|p_a - 0.5| below 0.05": fmean(abs(v["p_a"] - 0.5) < 0.05 for v in verdicts),
    }


def main() -> None:
    with PATH.open(encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    check(pairs)
    print(f"{len(pairs)} pairs, {len({pair['prompt_id'] for pair in pairs})} prompts")
    print("scenario", dict(sorted(Counter(pair["scenario"] for pair in pairs).items())))
    for key in ("finish", "style"):
        sides = Counter(pair["metadata"][f"{key}_{side}"] for pair in pairs for side in "ab")
        print(f"{key} of both sides", dict(sorted(sides.items())))
    for number, verdict in enumerate(pairs[0]["verdicts"]):
        print(verdict["judge"])
        for name, value in figures(pairs, number).items():
            print(f"  {name:26} {value:.3f}")
    both = [[v["p_a"] > 0.5 for v in pair["verdicts"]] for pair in pairs]
    print(f"judges agree {fmean(x == y for x, y in both):.3f}")


if __name__ == "__main__":
    main()
