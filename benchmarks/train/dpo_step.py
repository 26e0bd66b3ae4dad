"""One step of DPO: our engine and TRL's DPOTrainer in turn, on the same model, adapter, pairs and threads.

    cargo build --release -p predilect-learn --example dpo_steps
    python -m venv v && v/bin/pip install torch trl peft datasets     # measured with trl 1.16.0, torch 2.15.0
    v/bin/python benchmarks/train/dpo_step.py [--threads 1] [--steps 4] [--full] [--keep FOLDER]

The model is random and shaped like SmolLM2-135M, a step is 2 pairs of 128 prompt and 128 + 128 completion tokens in F32, once with the
reference computed in the step and once before (`--full`: all weights, the reference always beforehand here, as TRL with precomputed ones).
Losses must agree step by step within 1e-4, or this ends with an error: then both do the same work. Times are processor seconds, the least
of the steps after the first (in brackets the median), since other work may run beside; wall seconds are what the machine made of it.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
WITHIN = 1e-4


def rows(command):
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{run.stderr[-3000:]}")
    lines = [line for line in run.stdout.splitlines() if line.startswith("{\"")]
    read = [json.loads(line) for line in lines]
    return [row for row in read if "step" in row]


def figures(steps):
    def of(key):
        values = sorted(row[key] for row in steps[1:] or steps)
        return values[0], values[len(values) // 2]

    return {"cpu": of("cpu"), "wall": of("wall"), "rss": max(row["rss_gb"] for row in steps)}


def compare(options, folder, precompute):
    kind = (["--precompute"] if precompute else []) + (["--full"] if options.full else [])
    common = ["--threads", options.threads, "--steps", options.steps]
    trl = rows([sys.executable, HERE / "trl_steps.py", "--model", folder, "--pairs", folder / "pairs.jsonl", *common, *kind])
    adapter = [] if options.full else ["--adapter", folder / "adapter0"]
    own = rows([options.engine, folder, folder / "pairs.jsonl", *adapter, *common, *kind])
    apart = max(abs(a["loss"] - b["loss"]) for a, b in zip(trl, own, strict=True))
    a, b = figures(trl), figures(own)
    name = "reference beforehand" if precompute else "reference in the step"
    print(f"{name}: losses at most {apart:.1e} apart: {[round(row['loss'], 6) for row in own]}")
    for who, found in (("TRL", a), ("engine", b)):
        print(f"  {who:7} cpu {found['cpu'][0]:6.2f} ({found['cpu'][1]:6.2f}) s, wall {found['wall'][0]:6.2f} s, {found['rss']:.2f} GB")
    print(f"  ratio   cpu {a['cpu'][0] / b['cpu'][0]:6.2f} ({a['cpu'][1] / b['cpu'][1]:6.2f}), memory {a['rss'] / b['rss']:.2f}", flush=True)
    return apart <= WITHIN


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", type=pathlib.Path, default="target/release/examples/dpo_steps")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="where the model is, or is to be written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or pathlib.Path(made)
        if not (folder / "pairs.jsonl").exists():
            folder.mkdir(parents=True, exist_ok=True)
            rows([sys.executable, HERE / "trl_steps.py", "--steps", options.steps, "--dump", folder])
        found = [compare(options, folder, precompute) for precompute in ([True] if options.full else [False, True])]
    if not all(found):
        sys.exit(f"losses are more than {WITHIN} apart: not the same work")


if __name__ == "__main__":
    main()
