"""Does what is sure on one half of the prompts hold on the other half?

    python benchmarks/replication.py DATA... [--predilect PATH] [--splits N] [--intervals verdict prompt contrasts]

Imports each DATA (a file, a folder, or a study) once, splits its prompts into two random halves N times, dissects both halves and
compares the weights of every judge on all pairs: how many directions are sure on one half (P(sign) at least .95), how many of these
have the same sign on the other, how many are surely opposite there, and the standard deviation of the difference of the two halves in
units of what they state, which is at most 1 where the intervals hold (the prior draws both halves to 0, so it may be less). The same of
contrasts, the differences of two judges' weights. Standard library only.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SURE = 0.95
Z95 = 1.6448536269514722


def prompt_of(pair: dict) -> str:
    return json.dumps(pair["prompt"], sort_keys=True)


def weights(program: str, pairs: list[dict], folder: Path, intervals: str) -> dict[tuple[str, str], dict]:
    """Judge (or two judges) and property -> weight (or contrast), of one half."""
    file = folder / "half.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    if intervals == "contrasts":
        command = [program, "compare", str(file), "--json", "--quiet", "--no-pooling", "--resamples", "100"]
    else:
        command = [program, "dissect", str(file), "--folds", "0", "--json", "--quiet"]
    command += ["--independent"] if intervals == "verdict" else []
    done = subprocess.run(command, capture_output=True, text=True)
    if intervals == "contrasts" and "only one judge" in done.stderr:
        return {}
    if done.returncode != 0:
        raise SystemExit(f"predilect failed: {done.stderr.strip()}")
    if intervals == "contrasts":
        found = {}
        for contrast in json.loads(done.stdout)["contrasts"]:
            if contrast["group"] == "all":
                names, sign = tuple(sorted(contrast["judges"])), 1
                if names != tuple(contrast["judges"]):
                    sign = -1
                chance = contrast["p_positive"] if sign > 0 else 1 - contrast["p_positive"]
                sd = (contrast["high"] - contrast["low"]) / (2 * Z95)
                found[names, contrast["property"]] = {"mean": sign * contrast["mean"], "sd": sd, "p_positive": chance}
        return found
    fits = [fit for fit in json.loads(done.stdout)["fits"] if fit["group"] == "all"]
    return {(fit["judge"], weight["property"]): weight for fit in fits for weight in fit["weights"]}


def sure(weight: dict) -> bool:
    return max(weight["p_positive"], 1 - weight["p_positive"]) >= SURE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--splits", type=int, default=12)
    parser.add_argument("--intervals", nargs="+", choices=["verdict", "prompt", "contrasts"], default=["verdict", "prompt", "contrasts"])
    options = parser.parse_args()
    print(f"{'data':16} {'intervals':9} {'sure':>11} {'same sign':>10} {'surely opposite':>15} {'sd':>5}")
    for data in options.data:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            study = data
            if not (data / "study.toml").is_file():
                study = folder / "study"
                command = [options.predilect, "import", str(data), "-o", str(study), "--on-bad-row", "skip"]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            done = subprocess.run([options.predilect, "export", str(study)], check=True, capture_output=True, text=True)
            pairs = [json.loads(line) for line in done.stdout.split("\n") if line]
            prompts = sorted({prompt_of(pair) for pair in pairs})
            for intervals in options.intervals:
                draw = random.Random(1)
                counts = {"all": 0, "sure": 0, "same": 0, "opposite": 0}
                squares, compared = 0.0, 0
                for _ in range(options.splits):
                    first = set(draw.sample(prompts, len(prompts) // 2))
                    halves = [[p for p in pairs if (prompt_of(p) in first) == own] for own in (True, False)]
                    one, other = (weights(options.predilect, half, folder, intervals) for half in halves)
                    for key in one.keys() & other.keys():
                        squares += (one[key]["mean"] - other[key]["mean"]) ** 2 / (one[key]["sd"] ** 2 + other[key]["sd"] ** 2)
                        compared += 1
                        for x, y in ((one[key], other[key]), (other[key], one[key])):
                            counts["all"] += 1
                            if sure(x):
                                same = (x["mean"] > 0) == (y["mean"] > 0)
                                counts["sure"] += 1
                                counts["same"] += same
                                counts["opposite"] += sure(y) and not same
                share = f"{counts['same'] / counts['sure']:.0%}" if counts["sure"] else "-"
                spread = (squares / compared) ** 0.5 if compared else float("nan")
                print(
                    f"{data.stem[:16]:16} {intervals:9} {counts['sure']:>4} of {counts['all']:<5} {share:>8} "
                    f"{counts['opposite']:>15} {spread:>5.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    sys.exit(main())
