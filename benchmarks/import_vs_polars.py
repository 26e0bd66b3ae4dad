"""How fast and in how much memory does `predilect import` read a million pairs, beside polars?

    python benchmarks/import_vs_polars.py [--pairs N] [--predilect PATH] [--runs N]

Makes N synthetic pairs as JSON Lines in a temporary folder, then times, in one run and on one file,

- `predilect import FILE -o STUDY`: parse, check, hash, write Parquet tables with Snappy;
- polars with the same job: `scan_ndjson(FILE).sink_parquet(OUT, compression="snappy")`, which streams;
- polars with the first half of it: `read_ndjson(FILE)`, which parses into memory and writes nothing.

Each is a process of its own; the best of the runs counts. Needs polars.
"""
import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    "answer because careful detail example first given however idea just know list many never one please "
    "question really short then under very which yes zero code table value number reason about between"
).split()

READ = "import sys, polars; print(polars.read_ndjson(sys.argv[1]).height)"
STREAM = "import sys, polars; polars.scan_ndjson(sys.argv[1]).sink_parquet(sys.argv[2], compression='snappy')"


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
        runs: dict[str, list[tuple[float, float]]] = {}
        for run in range(options.runs):
            study, table = Path(folder) / f"study{run}", Path(folder) / f"table{run}.parquet"
            for name, command in (
                ("predilect import", [options.predilect, "import", str(file), "-o", str(study)]),
                ("polars stream to Parquet", [sys.executable, "-c", STREAM, str(file), str(table)]),
                ("polars read only", [sys.executable, "-c", READ, str(file)]),
            ):
                runs.setdefault(name, []).append(timed(command))
            shutil.rmtree(study)
            table.unlink()
    print(f"{options.pairs} pairs, {size:.0f} MiB, {os.cpu_count()} cores")
    ours = min(seconds for seconds, _ in runs["predilect import"])
    for name, timings in runs.items():
        seconds = min(seconds for seconds, _ in timings)
        memory = max(memory for _, memory in timings)
        ratio = "" if seconds == ours else f"   predilect takes {ours / seconds:.2f} times as long"
        print(f"{name:24} {seconds:6.2f} s  {size / seconds:6.0f} MiB/s  {memory:6.0f} MiB at most{ratio}")


if __name__ == "__main__":
    main()
