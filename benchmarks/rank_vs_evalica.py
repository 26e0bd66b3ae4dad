"""Ten million votes over 200 models: `predilect rank`, polars, and evalica's Rust core, in one run.

    cargo build --release -p predilect && cargo bench -p predilect-stats --bench ranking --no-run
    pip install evalica==0.4.2 pandas polars && python benchmarks/rank_vs_evalica.py [--votes 10000000]

Times, in seconds: the whole command on a CSV file (and on the same votes in Parquet), against polars, which reads the file and counts the
votes of every two models by winner; against reading it with pandas and evalica's call on the columns; and
the cores alone on numbers in memory (ours is `cargo bench -p predilect-stats --bench ranking`, other votes of the same shape).
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile
import time

import evalica
import numpy as np
import pandas as pd
import polars as pl
from evalica import _brzo

WINNERS = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}


def synthetic(n, models):
    rng = np.random.default_rng(0)
    strength = rng.normal(0, 1, models)
    a = rng.integers(0, models, n)
    b = (a + rng.integers(1, models, n)) % models
    p = 1 / (1 + np.exp(strength[b] - strength[a]))
    winner = np.where(rng.random(n) < 0.1, "tie", np.where(rng.random(n) < p, "left", "right"))
    return pd.DataFrame({"left": [f"m{i}" for i in a], "right": [f"m{i}" for i in b], "winner": winner})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--votes", type=int, default=10_000_000)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--predilect", default="target/release/predilect")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "votes.csv"
        synthetic(options.votes, options.models).to_csv(path, index=False)
        table = path.with_suffix(".parquet")
        pl.read_csv(path).write_parquet(table)
        ours, in_parquet, grouped = [], [], []
        for _ in range(3):
            start = time.perf_counter()
            out = subprocess.run([options.predilect, "rank", path, "--json", "--quiet"], check=True, capture_output=True).stdout
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            subprocess.run([options.predilect, "rank", table, "--json", "--quiet"], check=True, capture_output=True)
            in_parquet.append(time.perf_counter() - start)
            start = time.perf_counter()
            pl.read_csv(path).group_by("left", "right", "winner").len()
            grouped.append(time.perf_counter() - start)
        ours, in_parquet, grouped = (sorted(times)[1] for times in (ours, in_parquet, grouped))
        start = time.perf_counter()
        frame = pd.read_csv(path, dtype=str)
        read = time.perf_counter() - start
    winners = frame["winner"].map(WINNERS)
    start = time.perf_counter()
    result = evalica.bradley_terry(frame["left"], frame["right"], winners)
    theirs = time.perf_counter() - start
    names = {name: i for i, name in enumerate(result.index)} if hasattr(result, "index") else {}
    names = names or {name: i for i, name in enumerate(pd.unique(pd.concat([frame["left"], frame["right"]])))}
    xs, ys = (frame[side].map(names).to_list() for side in ("left", "right"))
    listed, weights = winners.to_list(), [1.0] * len(xs)
    start = time.perf_counter()
    _brzo.bradley_terry(xs=xs, ys=ys, winners=listed, weights=weights, total=len(names), win_weight=1.0, tie_weight=0.5,
                        tolerance=1e-6, limit=100)
    core = time.perf_counter() - start
    rows = json.loads(out)["ranking"]
    # Evalica's scores are strengths on a scale of their own.
    apart = [row["score"] * math.log(10) / 400 - math.log(result.scores[row["model"]]) for row in rows]
    worst = max(apart) - min(apart)
    print(f"predilect rank, whole command with intervals: {ours:.2f} s")
    print(f"the same votes in Parquet: {in_parquet:.2f} s")
    print(f"polars {pl.__version__}, reading and grouping alone: {grouped:.2f} s, {grouped / ours:.2f} times as long")
    print(f"pandas {read:.2f} s + evalica {evalica.__version__} {theirs:.2f} s: {(read + theirs) / ours:.2f} times as long")
    print(f"evalica's core on lists of numbers: {core:.2f} s")
    print(f"largest difference of a log-strength: {worst:.2e}")


main()
