"""How fast and in how much memory does `predilect import` read a million pairs, beside polars?

    python benchmarks/import_vs_polars.py [--pairs N] [--predilect PATH] [--runs N]

Makes N synthetic pairs as JSON Lines in a temporary folder, then times, in one run and on one file,
`predilect import FILE -o STUDY` (parse, check, hash, write three Parquet tables) and `polars.read_ndjson`
(parse into memory). Each is a process of its own; the best of the runs counts. Needs polars.
"""
import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    "answer because careful detail example first given however idea just know list many never one please "
    "question really short then under very which yes zero code table value number reason about between"
).split()

POLARS = "import sys, polars; print(polars.read_ndjson(sys.argv[1]).height)"


def text(draw: random.Random, low: int, high: int) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(low, high)))


def make(path: Path, pairs: int) -> None:
    draw = random.Random(1)
    pool = [text(draw, 20, 80) for _ in range(2000)]
    with path.open("w") as file:
        for i in range(pairs):
            file.write(json.dumps({
                "id": f"p{i}",
                "prompt": f"{i}: {text(draw, 5, 20)}?",
                "response_a": f"{draw.choice(pool)} {i}",
                "response_b": f"{draw.choice(pool)} {i + 1}",
                "model_a": f"model-{i % 17}",
                "model_b": f"model-{i % 13 + 17}",
                "scenario": WORDS[i % 11],
                "judge": f"judge-{i % 3}",
                "p_a": round(draw.random(), 4),
            }))
            file.write("\n")


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{command[0]} failed: {error.decode(errors='replace')}")
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return seconds, usage.ru_maxrss / scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.jsonl"
        make(file, options.pairs)
        size = file.stat().st_size / 2**20
        ours, theirs = [], []
        for run in range(options.runs):
            study = Path(folder) / f"study{run}"
            ours.append(timed([options.predilect, "import", str(file), "-o", str(study)]))
            theirs.append(timed([sys.executable, "-c", POLARS, str(file)]))
    print(f"{options.pairs} pairs, {size:.0f} MiB, {os.cpu_count()} cores")
    for name, runs in (("predilect import", ours), ("polars read_ndjson", theirs)):
        seconds = min(run[0] for run in runs)
        memory = max(run[1] for run in runs)
        print(f"{name:20} {seconds:6.2f} s  {size / seconds:6.0f} MiB/s  {memory:6.0f} MiB at most")
    print(f"ratio {min(r[0] for r in ours) / min(r[0] for r in theirs):.2f} (at most 2 is wanted)")


if __name__ == "__main__":
    main()
