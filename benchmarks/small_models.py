"""The acting half on real models: a judge's verdicts, its weights, models trained by them, and what both move.

    python benchmarks/small_models.py STAGE... --data SHARED/data --models FOLDER --folder FOLDER [--predilect PATH] [--threads N]

Stages: pairs, judge, train, ranked, steer, compared, in this order; each can be stopped and run again. --models is what scripts/models.py fetched
(smollm2 qwen05 qwen); the program must be built with `--features local,train`. Every command is printed before it runs; results and logs
of calls are in --folder.

pairs: outputs of AlpacaEval's models, 60 words at most, in pairs; 100 prompts are kept apart for steering.
judge: the 1.5B model judges them in both orders. What it said is kept in benchmarks/judged.csv (pairs by the hash of their texts, no
texts), and only pairs that are missing there are asked about; with --as-judged none are: its weights are found on those it has judged, and label
all.
train: SmolLM2-135M by labels of that judge's weights, once over all pairs: aligned, opposed and random; fewer steps by hard and by soft labels, by
GDPO and SPO; SPA from a thirtieth of the labels.
ranked: ranking accuracy on the judged pairs of prompts that were held out, of the untrained model and of all that were trained.
steer: the first three against the untrained one on the prompts kept apart, judged by the 1.5B model and by the 0.5B one.
compared: what they win, one less the other, paired by prompt.
"""
import argparse
import collections
import csv
import json
import random
import shlex
import sqlite3
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
JUDGED = ROOT / "benchmarks/judged.csv"
JUDGE = "qwen1.5b"
LARGE = "Qwen2.5-Coder-1.5B-Instruct-Q4_K.gguf"
SMALL = "Qwen2.5-Coder-0.5B-Instruct-Q4_K_M.gguf"
TRAINED = "SmolLM2-135M-Instruct.Q4_1.gguf"
WORDS = 60
PAIRS = 1030
STEERED = 100


def outputs(data: Path) -> dict[str, dict[str, str]]:
    """Prompt to model to output."""
    found: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for file in sorted(data.glob("alpaca_eval/results/*/weighted_alpaca_eval_gpt4_turbo/annotations.json")):
        name = file.parts[-3]
        if name in ("NullModel", "gpt4_gamed"):
            continue
        for row in json.loads(file.read_text()):
            found[row["instruction"]][name] = row["output_2"]
            found[row["instruction"]][row["generator_1"]] = row["output_1"]
    return found


def pairs(asked: argparse.Namespace) -> None:
    draw = random.Random(1)
    found = outputs(asked.data)
    prompts = sorted(found)
    draw.shuffle(prompts)
    kept, fitted = [prompt for prompt in prompts if len(prompt.split()) <= 60], []
    steered = kept[:STEERED]
    for prompt in kept[STEERED:]:
        short = sorted(
            (text.strip(), model) for model, text in found[prompt].items() if 0 < len(text.split()) <= WORDS
        )
        draw.shuffle(short)
        made = set()
        for first, second in zip(short, short[1:] + short[:1]):
            if first[0] != second[0] and (key := frozenset((first[0], second[0]))) not in made:
                made.add(key)
                fitted.append({"prompt": prompt, "response_a": first[0], "response_b": second[0],
                               "model_a": first[1], "model_b": second[1]})
        if len(fitted) >= PAIRS:
            break
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in fitted[:PAIRS]))
    rows = [{"id": f"p{number}", "prompt": prompt} for number, prompt in enumerate(steered)]
    (asked.folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{min(len(fitted), PAIRS)} pairs on {len({row['prompt'] for row in fitted[:PAIRS]})} prompts")
    words = sum(len(row[side].split()) for row in fitted[:PAIRS] for side in ("prompt", "response_a", "response_b"))
    print(f"{words / min(len(fitted), PAIRS):.0f} words a pair")


def run(asked: argparse.Namespace, *words: str) -> str:
    command = [asked.predilect, *words, "--threads", str(asked.threads)]
    print("$", shlex.join(["predilect", *command[1:]]), flush=True)
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def exported(asked: argparse.Namespace, study: Path) -> list[dict]:
    done = subprocess.run([asked.predilect, "export", str(study), "--quiet"], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def known() -> dict[str, list[str]]:
    """Pair to the probabilities of A and B, shown as AB and as BA."""
    if not JUDGED.exists():
        return {}
    with open(JUDGED, newline="") as file:
        return {row[0]: row[1:] for row in list(csv.reader(file))[1:]}


def keep(said: dict[str, list[str]]) -> None:
    with open(JUDGED, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["pair", "ab_a", "ab_b", "ba_a", "ba_b"])
        out.writerows([pair, *said[pair]] for pair in sorted(said))


def gather(asked: argparse.Namespace, study: Path) -> None:
    """Keeps the verdicts of a study, of a run that was stopped too."""
    said = known()
    for row in exported(asked, study):
        for verdict in row.get("verdicts", []):
            receipt = verdict.get("receipt") or {}
            if verdict["judge"] == JUDGE and {"ab", "ba"} <= receipt.keys():
                said[row["id"]] = [f"{receipt[order][side]:.6g}" for order in ("ab", "ba") for side in "ab"]
    keep(said)


def judge(asked: argparse.Namespace) -> None:
    all_pairs = asked.folder / "all"
    if not all_pairs.exists():
        run(asked, "import", str(asked.folder / "pairs.jsonl"), "-o", str(all_pairs), "--without-verdicts", "--quiet")
    rows = exported(asked, all_pairs)
    asking = asked.folder / "asking"
    if asking.exists():
        gather(asked, asking)
    said = known()
    missing = [row for row in rows if row["id"] not in said]
    if missing and not asked.as_judged:
        print(f"{len(missing)} of {len(rows)} pairs are to be judged")
        (asked.folder / "missing.jsonl").write_text("".join(json.dumps(row) + "\n" for row in missing))
        given = asking if asking.exists() else asked.folder / "missing.jsonl"
        run(asked, "judge", str(given), "--model", f"gguf:{asked.models / LARGE}", "--name", JUDGE, "-o", str(asking), "--json")
        gather(asked, asking)
        said = known()
    judged = [row for row in rows if row["id"] in said]
    print(f"{len(judged)} of {len(rows)} pairs are judged")
    for row in judged:
        ab_a, ab_b, ba_a, ba_b = map(float, said[row["id"]])
        # The mean over both orders of A's share of the probability on the two letters.
        row["verdicts"] = [{"judge": JUDGE, "order": "both", "p_a": (ab_a / (ab_a + ab_b) + ba_b / (ba_a + ba_b)) / 2}]
    (asked.folder / "judged.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(run(asked, "dissect", str(asked.folder / "judged.jsonl"), "-o", str(asked.folder / "study"), "--verdicts", "hard"))


# Name: what it is trained on, beside what all have in common. The losses are compared over fewer steps, all with the same.
FEWER = ["--steps", "120"]
RUNS = {
    "aligned": ["--direction", "aligned", "--loss", "soft"],
    "opposed": ["--direction", "opposed", "--loss", "soft"],
    "random": ["--direction", "random", "--loss", "soft"],
    "hard": ["--direction", "aligned", "--loss", "sigmoid", "--hard", *FEWER],
    "soft": ["--direction", "aligned", "--loss", "soft", *FEWER],
    "gdpo": ["--direction", "aligned", "--loss", "gdpo", *FEWER],
    "spo": ["--direction", "aligned", "--loss", "soft", "--degrees", "0.5", *FEWER],
    "spa": ["--direction", "aligned", "--loss", "sigmoid", "--hard", "--spa", "2", "--spa-labels", "0.033", "--spa-tokens", "60"],
}
STEERED_BY = ["aligned", "opposed", "random"]


def train(asked: argparse.Namespace) -> None:
    model = f"gguf:{asked.models / TRAINED}"
    for name, words in RUNS.items():
        out = asked.folder / "trained" / name
        found = asked.folder / f"train-{name}.json"
        if not found.exists():
            found.write_text(run(
                asked, "train", str(asked.folder / "study"), "--model", model, "--relabel", JUDGE, "--verdicts", "hard", *words,
                "--beta", "0.1", "--lora", "8", "--lr", "5e-4", "--batch", "4", "--held-out", "0.1", "--evaluate-every", "120", "--max-length", "512",
                "--seed", "1", "--gguf", "f16", "-o", str(out), "--json",
            ))


def steer(asked: argparse.Namespace) -> None:
    first = asked.folder / "steered" / STEERED_BY[0] / "calls.sqlite"
    for name in STEERED_BY:
        trained = next((asked.folder / "trained" / name).glob("**/*.gguf"), None)
        found, out = asked.folder / f"steer-{name}.json", asked.folder / "steered" / name
        if trained is None or found.exists():
            continue
        words = ["steer", str(asked.folder / "study"), "--judge", JUDGE, "--verdicts", "hard", "--prompts", str(asked.folder / "prompts.jsonl"),
                 "--model", f"gguf:{trained}", "--baseline", f"gguf:{asked.models / TRAINED}", "--arms", "plain", "--max-tokens", "80",
                 "--judge-model", f"gguf:{asked.models / LARGE}", "--judge-model", f"gguf:{asked.models / SMALL}", "-o", str(out), "--json"]
        if not out.exists() and first.exists():
            # The untrained model's responses are written once: a run that asks nothing makes the log, and they are put into it.
            subprocess.run([asked.predilect, *words, "--offline"], capture_output=True)
            log = sqlite3.connect(out / "calls.sqlite")
            log.execute("attach ? as first", [str(first)])
            log.execute("insert or ignore into calls select * from first.calls")
            log.commit()
            log.close()
        found.write_text(run(asked, *words))


def ranked(asked: argparse.Namespace) -> None:
    untrained = f"gguf:{asked.models / TRAINED}"
    # All runs hold out the same prompts.
    trained_on = [json.loads(line) for line in (asked.folder / "trained/aligned/pairs.jsonl").read_text().splitlines()]
    held_out = {row["id"] for row in trained_on if row["held_out"]}
    rows = [json.loads(line) for line in (asked.folder / "judged.jsonl").read_text().splitlines()]
    pairs = asked.folder / "held-out.jsonl"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows if row["id"] in held_out and row.get("verdicts")))
    for name in ["untrained", *RUNS]:
        found = asked.folder / f"ranked-{name}.json"
        if found.exists():
            continue
        words = ["--model", untrained]
        if name != "untrained":
            trained = next((asked.folder / "trained" / name).glob("**/*.gguf"))
            words = ["--model", f"gguf:{trained}", "--reference", untrained]
        text = run(asked, "ranking-accuracy", str(pairs), *words, "--beta", "0.1", "--max-length", "512", "--json")
        found.write_text(text)


def compared(asked: argparse.Namespace) -> None:
    """Differences of wins against the untrained model, paired by prompt, with 90 % intervals over resampled prompts."""
    won: dict[str, dict[str, dict[str, float]]] = {}
    for name in STEERED_BY:
        for row in exported(asked, asked.folder / "steered" / name):
            for verdict in row.get("verdicts", []):
                side = (verdict["p_a"] > 0.5) + 0.5 * (verdict["p_a"] == 0.5)
                won.setdefault(verdict["judge"], {}).setdefault(name, {})[row["metadata"]["prompt_id"]] = side
    draw = random.Random(1)
    for judge_, by_name in sorted(won.items()):
        for one, other in (("aligned", "random"), ("random", "opposed")):
            both = sorted(by_name[one].keys() & by_name[other].keys())
            apart = [100 * (by_name[one][prompt] - by_name[other][prompt]) for prompt in both]
            means = sorted(sum(draw.choices(apart, k=len(apart))) / len(apart) for _ in range(4000))
            print(f"{judge_}: {one} less {other} {sum(apart) / len(apart):+.1f} [{means[200]:.1f}, {means[3800]:.1f}], {len(both)} prompts")


STAGES = {"pairs": pairs, "judge": judge, "train": train, "ranked": ranked, "steer": steer, "compared": compared}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="+", choices=STAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ROOT / "target/models")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--as-judged", action="store_true")
    asked = parser.parse_args()
    for stage in asked.stages:
        STAGES[stage](asked)


if __name__ == "__main__":
    main()
