"""One model's length-controlled win rate: our fit beside scikit-learn's, on the same rows in one run.

The reference is the script of `../shared/peers/lc_reference.py` (scikit-learn's liblinear, ten penalties, five folds). Both fits start from
preferences and lengths that lie in memory and take the minimal form; ours is timed by the benchmark `length_controlled` of `predilect-stats`.

    python benchmarks/lc_vs_reference.py ANNOTATIONS.json... (needs numpy, scikit-learn, cargo)
"""
import importlib.util
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 9
ROOT = pathlib.Path(__file__).resolve().parents[1]


def reference():
    path = ROOT.parent / "shared" / "peers" / "lc_reference.py"
    spec = importlib.util.spec_from_file_location("lc_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(rows):
    """Seconds a fit and the rate in %."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as table:
        for row in rows:
            preference = row["preference"]
            value = "nan" if preference in (None, "None", "nan") else (float(preference) or 1.5) - 1
            table.write(f"{value},{len(row['output_2']) - len(row['output_1'])}\n")
        table.flush()
        command = ["cargo", "bench", "--quiet", "-p", "predilect-stats", "--bench", "length_controlled", "--", table.name]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    seconds, _, rate = out.strip().splitlines()[-1].split(", ")
    return float(seconds.split()[0]), float(rate.split()[0])


def main():
    peer = reference()
    ratios = []
    for file in sys.argv[1:]:
        rows = peer.load(file)
        theirs = []
        for _ in range(RUNS):
            start = time.perf_counter()
            known = peer.length_controlled(rows)
            theirs.append(time.perf_counter() - start)
        seconds, rate = ours(rows)
        ratios.append(statistics.median(theirs) / seconds)
        name = rows[0]["generator_2"]
        apart = abs(rate - known["lc_win_rate"])
        print(
            f"{name}: {1000 * seconds:.3f} ms, scikit-learn {1000 * statistics.median(theirs):.1f} ms, "
            f"{ratios[-1]:.0f} times; rates {apart:.3f} points apart"
        )
    print(f"median {statistics.median(ratios):.0f} times")


if __name__ == "__main__":
    main()
