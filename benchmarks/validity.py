"""Do ratings measure what they name? The figures that come with Predilect, and the tables about them.

    python benchmarks/validity.py [--data FOLDER] [--model MODEL]... [--pairs N] [--folder FOLDER] [--predilect PATH] [--write]

Runs `predilect validity` with text on all pairs that come with it and, with --data (the folder of shared data, which is never copied), on corrections of
learners' sentences (JFLEG) and on news in three versions (OneStopEnglish); and with each MODEL, on N pairs of each property (default 42) and as
`predilect annotate` asks it. Answers are logged in --folder, so that a run can be resumed. Prints a table of all annotators in Markdown.

--write keeps the figures in crates/validity/figures.json, from which `annotate` and the report take them, and the table in docs/validity.md. What is
known of annotators that this run does not ask stays.
"""
import argparse
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "crates/validity/figures.json"
TABLE = ROOT / "docs/validity.md"
SETS = {"grammar_jfleg": ("JFLEG", "grammatical"), "complexity_onestop": ("OneStopEnglish", "complex")}
KEPT = ("all", "held back")
# Errors are counted by a written answer, which takes a small model in this process minutes a pair.
WRITTEN = ("no_minor_errors", "no_moderate_errors", "no_severe_errors")


def validity(program: str, *flags: str) -> dict:
    done = subprocess.run([program, "validity", *flags, "--json"], stdout=subprocess.PIPE, check=True)
    (found,) = json.loads(done.stdout)
    return found


def run(found: dict) -> dict:
    rows = [row for row in found["rows"] if row["kind"] in KEPT]
    return {"annotator": found["annotator"], "how": found["how"], "rows": rows}


def text(program: str, data: Path | None) -> dict:
    own = run(validity(program))
    for stem, (name, property) in SETS.items() if data else ():
        rows = run(validity(program, str(data / "validity" / f"{stem}.jsonl"), "--property", property))["rows"]
        own["rows"] += [row | {"set": name} for row in rows]
    return own


def two(x: float) -> str:
    return f"{x:.2f}".removeprefix("0")


def table(runs: list[dict]) -> str:
    order: list[tuple[str, str]] = []
    for one in runs:
        for row in one["rows"]:
            if row["kind"] == "all" and (row["property"], row["set"]) not in order:
                order.append((row["property"], row["set"]))
    ids = [line.split('"')[1] for line in (ROOT / "crates/types/src/property/catalogue.rs").read_text().split("\n") if line.strip().startswith("id: \"")]
    order.sort(key=lambda key: (ids.index(key[0]), key[1] != "predilect", key[1]))
    names = [one["annotator"] + ("" if one["how"] == one["annotator"] else f" ({one['how']})") for one in runs]
    lines = ["| property | pairs of | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(runs)]
    for property, name in order:
        cells = []
        for one in runs:
            at = {row["kind"]: row for row in one["rows"] if (row["property"], row["set"]) == (property, name)}
            if "all" not in at:
                cells.append("")
                continue
            row = at["all"]
            weak = " †" if row["auc"] < 0.6 else ""
            held = f"; {two(at['held back']['auc'])}" if "held back" in at else ""
            cells.append(f"{two(row['auc'])} [{two(row['low'])}, {two(row['high'])}] of {row['pairs']}{held}{weak}")
        lines.append(f"| {property} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--pairs", default="42")
    parser.add_argument("--folder", default="target/validity")
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--all-properties", action="store_true", help="also those that count errors by a written answer")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    runs = [text(options.predilect, options.data)]
    asked = [row["property"] for row in runs[0]["rows"]]
    every = [line.split('"')[1] for line in (ROOT / "crates/types/src/property/catalogue.rs").read_text().split("\n") if line.strip().startswith("id: \"")]
    core = [id for id in every[: every.index("length")] if options.all_properties or id not in WRITTEN]
    assert asked, "text rates nothing"
    for model in options.model:
        flags = ["--annotator", model, "--pairs", options.pairs, "-o", options.folder, "--property", ",".join(core)]
        runs.append(run(validity(options.predilect, *flags)))
    known = json.loads(FIGURES.read_text())
    new = {(one["annotator"], one["how"]) for one in runs}
    runs += [one for one in known if (one["annotator"], one["how"]) not in new]
    if options.data is None:
        # What is known of sets that are not at hand stays.
        old = next((one for one in known if one["annotator"] == "text"), {"rows": []})
        runs[0]["rows"] += [row for row in old["rows"] if row["set"] in dict(SETS.values())]
    print(table(runs))
    if options.write:
        FIGURES.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")
        before = TABLE.read_text().split("<!-- table -->")[0]
        TABLE.write_text(before + "<!-- table -->\n\n" + table(runs) + "\n")


if __name__ == "__main__":
    main()
