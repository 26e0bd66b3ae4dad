"""Make llmfao.jsonl.zst from the files of github.com/dustalov/llmfao (data under CC BY 4.0).

    python llmfao.py PATH-TO-LLMFAO            writes llmfao.jsonl.zst beside this script
    python llmfao.py PATH-TO-LLMFAO --check    compares what would be written with the file that is there

Needs nothing but Python and the `zstd` command. Every assumption about the source is asserted.
"""
import argparse
import csv
import hashlib
import json
import subprocess
from collections import Counter
from pathlib import Path

OUT = Path(__file__).parent / "llmfao.jsonl.zst"
# Level 19 has a window of 8 MB, which holds the whole file: each text is stored once however often it is used,
# and every decoder of zstd reads it.
COMPRESS = ("zstd", "-19", "--long=23", "--single-thread", "--check", "--quiet", "--stdout")

# Votes, and how the source names the judge (people have no name there, and a number each).
FILES = (
    ("crowd-comparisons.csv", "human"),
    ("gpt4-crowd-comparisons.csv", "gpt-4"),
    ("gpt3-crowd-comparisons.csv", "gpt-3.5-turbo-instruct"),
)
P_A = {"left": 1, "right": 0, "tie": 0.5}


def records(folder: Path) -> list[dict]:
    """A record a pair, in the order of the source."""
    models = {row["id"]: row["name"] for row in json_lines(folder / "models.jsonl")}
    prompts = {row["id"]: row for row in json_lines(folder / "prompts.jsonl")}
    pairs = {row["id"]: row for row in json_lines(folder / "pairs-crowd.jsonl")}
    assert len(set(models.values())) == len(models), "two models share a name"
    check_texts(list(pairs.values()), prompts)
    verdicts = read_verdicts(folder, pairs, models)
    return [record(pair, models, verdicts[pair["id"]]) for pair in pairs.values()]


def json_lines(path: Path) -> list[dict]:
    # Not splitlines(): texts may hold separators of lines other than the newline.
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    assert len({row["id"] for row in rows}) == len(rows), f"{path.name} repeats an id"
    return rows


def check_texts(pairs: list[dict], prompts: dict[int, dict]) -> None:
    """Which text is whose: a model has one response to a prompt, on whichever side it stands."""
    texts: dict[tuple[int, int], str] = {}
    sides: dict[tuple[int, int], set[str]] = {}
    for pair in pairs:
        for field in ("text", "type", "slug", "note"):
            assert pair[field] == prompts[pair["prompt"]][field], (pair["id"], field)
        assert pair["model_x"] != pair["model_y"], pair["id"]
        for side in "xy":
            key = pair["prompt"], pair[f"model_{side}"]
            text = pair[f"result_{side}"]
            assert texts.setdefault(key, text) == text, (pair["id"], side)
            sides.setdefault(key, set()).add(side)
    # That check would be empty if every response stood on one side only.
    assert sum(len(seen) == 2 for seen in sides.values()) > len(sides) / 2
    seen = Counter((pair["prompt"], *sorted((pair["model_x"], pair["model_y"]))) for pair in pairs)
    assert max(seen.values()) == 1, "a pair of models stands twice under a prompt"


def read_verdicts(folder: Path, pairs: dict[int, dict], models: dict[int, str]) -> dict[int, list[dict]]:
    """The verdicts on each pair: people in the order of the source, then the models."""
    verdicts: dict[int, list[dict]] = {number: [] for number in pairs}
    for name, judge in FILES:
        with open(folder / name, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            pair = pairs[int(row["id"])]
            # The vote is on this very pair, and its left is model x, its right model y.
            assert int(row["prompt"]) == pair["prompt"], row
            assert (int(row["model_x"]), int(row["model_y"])) == (pair["model_x"], pair["model_y"]), row
            assert (row["left"], row["right"]) == (models[pair["model_x"]], models[pair["model_y"]]), row
            verdict = {"judge": judge}
            if judge == "human":
                assert str(int(row["worker"])) == row["worker"], row
                verdict["annotator"] = row["worker"]
            verdict["p_a"] = P_A[row["winner"]]
            if row["winner"] == "tie":
                verdict["tie"] = "tie"
            # The left response is the one called A in the instructions, hence the first.
            verdict["order"] = "ab"
            verdicts[pair["id"]].append(verdict)
        # People judge a pair once each, a model judges every pair once.
        once = Counter((row["id"], row.get("worker")) for row in rows)
        assert max(once.values()) == 1, name
        assert {int(row["id"]) for row in rows} == set(pairs), name
        assert judge == "human" or len(rows) == len(pairs), name
    return verdicts


def record(pair: dict, models: dict[int, str], verdicts: list[dict]) -> dict:
    metadata = {"prompt_slug": pair["slug"]}
    if pair["note"] is not None:
        metadata["prompt_note"] = pair["note"]
    return {
        "id": str(pair["id"]),
        "prompt": pair["text"],
        "response_a": pair["result_x"],
        "response_b": pair["result_y"],
        "model_a": models[pair["model_x"]],
        "model_b": models[pair["model_y"]],
        "scenario": pair["type"],
        "metadata": metadata,
        "verdicts": verdicts,
    }


def check_records(rows: list[dict]) -> None:
    """The figures that README.md gives."""
    verdicts = [verdict for row in rows for verdict in row["verdicts"]]
    people = [verdict for verdict in verdicts if verdict["judge"] == "human"]
    assert len(rows) == 2139
    assert len({row["prompt"] for row in rows}) == len({row["metadata"]["prompt_slug"] for row in rows}) == 13
    assert len({row[side] for row in rows for side in ("model_a", "model_b")}) == 59
    assert len(texts(rows)) == 750 and sum(not text.strip() for text in texts(rows).values()) == 52
    assert len(verdicts) == 13209 and len(people) == 8931
    assert len({verdict["annotator"] for verdict in people}) == 124
    found = Counter((verdict["judge"], verdict["p_a"]) for verdict in verdicts)
    for judge, left, right, tie in (
        ("human", 2911, 2549, 3471),
        ("gpt-4", 943, 1130, 66),
        ("gpt-3.5-turbo-instruct", 1352, 593, 194),
    ):
        assert (found[judge, 1], found[judge, 0], found[judge, 0.5]) == (left, right, tie), judge


def texts(rows: list[dict]) -> dict[tuple[str, str], str]:
    """The response of each model to each prompt."""
    return {
        (row["metadata"]["prompt_slug"], row[f"model_{side}"]): row[f"response_{side}"]
        for row in rows
        for side in "ab"
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="a checkout of github.com/dustalov/llmfao")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the file that is there")
    args = parser.parse_args()
    rows = records(args.folder)
    check_records(rows)
    lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()
    if args.check:
        # The unpacked bytes are compared: another version of zstd may pack them otherwise.
        held = subprocess.run(("zstd", "-dc", OUT), stdout=subprocess.PIPE, check=True).stdout
        assert held == lines, f"{OUT.name} is not what {args.folder} gives"
    else:
        packed = subprocess.run(COMPRESS, input=lines, stdout=subprocess.PIPE, check=True).stdout
        OUT.write_bytes(packed)
    print(f"{len(rows)} pairs, {len(lines)} bytes, sha256 {hashlib.sha256(lines).hexdigest()}")
    print(f"{OUT.name}: {OUT.stat().st_size} bytes, sha256 {hashlib.sha256(OUT.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
