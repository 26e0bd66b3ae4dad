"""The acting half on real models: a judge's verdicts, its weights, models trained by them, and what both move.

    python benchmarks/small_models.py STAGE... --data SHARED/data --models FOLDER --folder FOLDER [--predilect PATH] [--threads N]

Stages, each of which can be stopped and run again: pairs, judge, train, steer. `--models` is what scripts/models.py fetched (smollm2 qwen05 qwen);
the program must be built with `--features local,train`. Every command is printed before it runs; results stand in --folder.

pairs: outputs of AlpacaEval's models, 60 words at most, in pairs; a fifth of the prompts is kept for steering.
"""
import argparse
import collections
import json
import random
import subprocess
import sys
from pathlib import Path

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
