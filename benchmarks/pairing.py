"""What do differences between judges gain from being taken prompt by prompt?

    python benchmarks/pairing.py DATA... [--predilect PATH] [--group all]

For each DATA (a file, a folder, or a study): all contrasts of judges in the group, as `predilect compare` gives them (paired by prompt)
beside those of independent posteriors (half-widths of the two weights' 90 % intervals, squared and added). Shown: the median ratio of
the widths, how many contrasts are differences at a false discovery rate of .05 (Benjamini & Hochberg) either way, and which of these are new with
pairing. Standard library only.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

BORNE = 0.05
Z90 = 1.6448536269514722


def told(program: str, verb: str, data: Path) -> dict:
    command = [program, verb, str(data), "--json", "--quiet"]
    command += ["--no-pooling", "--resamples", "100"] if verb == "compare" else ["--folds", "0"]
    if not (data / "study.toml").is_file():
        command += ["--on-bad-row", "skip"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"predilect {verb} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def surest(wrong: dict) -> set:
    """Those that are differences at the rate that is borne."""
    ordered = sorted(wrong.items(), key=lambda item: item[1])
    last = max((i for i, (_, chance) in enumerate(ordered, 1) if 2 * chance * len(ordered) / i <= BORNE), default=0)
    return {key for key, _ in ordered[:last]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--group", default="all")
    parser.add_argument("--list", action="store_true", help="name the contrasts that pairing makes sure")
    options = parser.parse_args()
    print(f"{'data':16} {'contrasts':>9} {'paired':>7} {'width':>6} {'sure alone':>10} {'sure paired':>11} {'new':>4} {'lost':>5}")
    for data in options.data:
        contrasts = [c for c in told(options.predilect, "compare", data)["contrasts"] if c["group"] == options.group]
        fits = [fit for fit in told(options.predilect, "dissect", data)["fits"] if fit["group"] == options.group]
        weights = {(fit["judge"], weight["property"]): weight for fit in fits for weight in fit["weights"]}
        ratios, alone, paired = [], {}, {}
        for contrast in contrasts:
            key = (*contrast["judges"], contrast["property"])
            one, other = (weights[judge, contrast["property"]] for judge in contrast["judges"])
            half = math.hypot(one["q95"] - one["q05"], other["q95"] - other["q05"]) / 2
            if half > 0 and contrast["shared_units"]:
                ratios.append((contrast["high"] - contrast["low"]) / 2 / half)
            z = abs(one["mean"] - other["mean"]) / (half / Z90) if half > 0 else 0.0
            alone[key] = 0.5 * math.erfc(z / math.sqrt(2))
            paired[key] = min(contrast["p_positive"], 1 - contrast["p_positive"])
        before, now = surest(alone), surest(paired)
        width = f"{statistics.median(ratios):.2f}" if ratios else "-"
        print(
            f"{data.stem[:16]:16} {len(contrasts):>9} {len(ratios):>7} {width:>6} {len(before):>10} {len(now):>11} "
            f"{len(now - before):>4} {len(before - now):>5}",
            flush=True,
        )
        if options.list:
            for first, second, name in sorted(now - before, key=lambda key: paired[key]):
                print(f"    {name}: {first} against {second}")


if __name__ == "__main__":
    sys.exit(main())
