"""Are all figures of two builds the same, to the last digit?

    python benchmarks/same_figures.py OLD NEW [--data FOLDER] [--only NAME]

Runs dissect, compare, rank and explain with `--json` by both programs on every set of the folder (by default ../shared/data) and on
the examples, from the files and twice from a study of them, since what the first look keeps must change nothing, and compares what
they print on both streams: everything but the command line and the options that they note. Exit status 1 where anything differs.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Sets of several files, with those of single files found beside them.
TOGETHER = {"llmfao": ["llmfao/pairs-crowd.jsonl", "llmfao/crowd-comparisons.csv"], "llmbar": ["llmbar"]}
ENDINGS = {".json", ".jsonl", ".csv", ".parquet"}


def verbs(inputs):
    yield ["dissect", *inputs]
    yield ["dissect", *inputs, "--no-grammar", "--group-by", "source", "--encoding", "difference"]
    yield ["compare", *inputs, "--no-grammar", "--resamples", "50"]
    yield ["rank", *inputs]
    yield ["rank", *inputs, "--control", "length,well_formatted"]
    yield ["explain", *inputs, "--pair", "#3", "--no-grammar"]


def outcome(folder, arguments):
    """What the program of a folder prints when it runs there."""
    ran = subprocess.run(["./predilect", *arguments], cwd=folder, capture_output=True, text=True)
    try:
        found = json.loads(ran.stdout)
        if isinstance(found, dict):
            # What results say of themselves since they carry their options.
            for key in ("command", "options"):
                found.get("settings", {}).pop(key, None)
            found.pop("schema", None)
    except json.JSONDecodeError:
        found = ran.stdout
    return ran.returncode, found, ran.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    data = options.data.resolve()
    sets = {name: [str(data / file) for file in files] for name, files in TOGETHER.items()}
    for file in sorted(data.rglob("*")):
        if file.is_file() and file.suffix in ENDINGS:
            sets[str(file.relative_to(data))] = [str(file)]
    compared = differ = 0
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("old", "new")]
        for home, program in zip(homes, [options.old, options.new]):
            home.mkdir()
            shutil.copy(program, home / "predilect")
        runs = [run for example in ("llmfao", "local-judge") for run in verbs(["--example", example])
                if run[0] != "rank" and "source" not in run]
        for name, inputs in sets.items():
            study = "".join(c if c.isalnum() else "_" for c in name)
            runs += [*verbs(inputs), ["import", *inputs, "-o", study], *verbs([study]), *verbs([study])]
        for arguments in runs:
            if options.only not in " ".join(arguments):
                continue
            old, new = (outcome(home, [*arguments, "--json", "--quiet"]) for home in homes)
            compared += 1
            if old != new:
                differ += 1
                print("differs:", " ".join(arguments))
                print(" ", old[2][:200].strip(), "|", new[2][:200].strip())
    print(f"{compared} runs compared, {differ} differ")
    sys.exit(differ > 0)


main()
