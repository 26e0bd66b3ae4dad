"""How hard is each prompt of AlpacaEval for those who face gpt4_1106_preview? Writes crates/analysis/data/alpaca_eval_difficulty.csv.

    python scripts/lc_difficulty.py [DATA] [--check]

AlpacaEval (2404.04475) holds 805 difficulties fixed when it fits a model; they are published nowhere. They follow from what is: with the
published weights theta, phi, psi of 41 models and these models' preferences, difficulty gamma_i is the penalised maximum (ridge .3) of
`sum over models of log P(preference | theta + phi tanh(d / sd) + psi gamma_i)`. DATA is a folder with AlpacaEval's figures (by default
../shared/data/alpaca_eval): preferences and lengths, published weights, hashes of the instructions. --check compares the file instead of
writing it, and says how far the published leaderboard is met. Standard library only.
"""
import argparse
import csv
import gzip
import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "crates/analysis/data/alpaca_eval_difficulty.csv"
BASELINE = "gpt4_1106_preview"
RIDGE = 0.3
ROUNDS = 60
# So many hexadecimal digits of the SHA-256 tell 805 instructions apart.
DIGITS = 16


def table(path: Path) -> dict[str, dict]:
    with open(path, newline="") as file:
        return {row[""]: row for row in csv.DictReader(file)}


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=ROOT.parent / "shared/data/alpaca_eval")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    weights = table(options.data / "length_controlled_v1_weights.csv")
    board = table(options.data / "weighted_alpaca_eval_gpt4_turbo_leaderboard.csv")
    outputs = defaultdict(list)
    with gzip.open(options.data / "preferences_43_models.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            outputs[row["model"]].append(row)
    models = [model for model in outputs if model in weights and model in board and model != BASELINE]
    # Of each prompt: what the model's weights say without its difficulty, what a unit of it adds, the preference.
    seen = defaultdict(list)
    fixed = {}
    for model in models:
        own = weights[model]
        theta = float(own["not_gamed_baseline.astype(float)"])
        phi, psi = float(own["np.tanh(std_delta_len)"]), float(own["instruction_difficulty"])
        fixed[model] = theta, psi
        longer = [int(row["baseline_characters"]) - int(row["characters"]) for row in outputs[model]]
        sd = statistics.stdev(longer)
        for row, d in zip(outputs[model], longer):
            if row["preference"]:
                # 0 is a tie; else 1 is the baseline's and 2 the model's.
                preference = float(row["preference"])
                y = 0.5 if preference == 0 else preference - 1
                seen[int(row["index"])].append((theta + phi * math.tanh(d / sd), psi, y))
    with open(options.data / "instruction_index.csv", newline="") as file:
        hashes = {int(row["index"]): row["sha256_of_instruction"] for row in csv.DictReader(file)}
    difficulty = {}
    for index in hashes:
        gamma = 0.0
        for _ in range(ROUNDS):
            slope, curve = -RIDGE * gamma, RIDGE
            for rest, psi, y in seen[index]:
                p = sigmoid(rest + psi * gamma)
                slope += psi * (y - p)
                curve += psi * psi * p * (1 - p)
            gamma += max(-1.0, min(1.0, slope / curve))
        difficulty[index] = gamma
    lines = [f"{digest[:DIGITS]},{difficulty[index]:.4f}\n" for index, digest in sorted(hashes.items(), key=lambda item: item[1])]
    if len({line.split(",")[0] for line in lines}) != len(hashes):
        sys.exit("two instructions begin with the same digits of their hashes")
    text = "sha256_16,difficulty\n" + "".join(lines)
    off = [
        abs(100 * statistics.mean(sigmoid(theta + psi * gamma) for gamma in difficulty.values()) - float(board[model]["length_controlled_winrate"]))
        for model, (theta, psi) in fixed.items()
    ]
    print(f"{len(models)} models, {len(lines)} prompts; published column met within {statistics.mean(off):.2f} points, {max(off):.2f} at most", file=sys.stderr)
    if options.check:
        sys.exit(0 if OUT.read_text() == text else f"{OUT} differs")
    OUT.write_text(text)


if __name__ == "__main__":
    main()
