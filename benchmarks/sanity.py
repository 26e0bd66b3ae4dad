"""Does a model see the plainest differences under our prompts?

    python benchmarks/sanity.py --model gguf:MODEL.gguf [--predilect target/release/predilect]

sanity.jsonl holds pairs of a sound response and a senseless one, for the judge, and pairs that differ in one property, for the
ratings. Prompts are chosen by these figures and never by how well a judge agrees with anybody's verdicts. Needs pyarrow.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import pyarrow.parquet as parquet

PAIRS = pathlib.Path(__file__).with_name("sanity.jsonl")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--threads", default="2")
    options = parser.parse_args()
    lines = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)

        def run(verb, pairs, *more):
            source, study = work / f"{verb}.jsonl", work / verb
            source.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
            command = [options.predilect, verb, source, "--model", options.model, "-o", study, "--json", "--quiet",
                       "--threads", options.threads, "--orders", "both", *more]
            subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
            table = {"judge": "verdicts", "annotate": "ratings"}[verb]
            rows = parquet.read_table(study / f"{table}.parquet").to_pylist()
            read = parquet.read_table(study / "pairs.parquet").to_pylist()
            # Sides are drawn: which one is the sound response?
            sound = {pair["chosen"] for pair in pairs}
            return rows, {pair["id"]: text_of(pair["response_a"]) in sound for pair in read}, read

        rows, a_is_sound, _ = run("judge", [line for line in lines if line["id"].startswith("judge-")])
        rows = [row for row in rows if row["receipt"]]
        towards, right = [], 0
        for row in rows:
            receipt = json.loads(row["receipt"])
            a = [receipt["ab"]["a"] / (receipt["ab"]["a"] + receipt["ab"]["b"]),
                 receipt["ba"]["b"] / (receipt["ba"]["a"] + receipt["ba"]["b"])]
            shares = a if a_is_sound[row["pair"]] else [1 - p for p in a]
            towards.append(sum(shares) / 2)
            right += sum(p > 0.5 for p in shares)
        print(f"judge: {sum(p > 0.5 for p in towards)} of {len(rows)} right over both orders, {right} of {2 * len(rows)} in one; "
              f"mean probability of the sound response {sum(towards) / len(rows):.3f}")

        contrasts = [line for line in lines if not line["id"].startswith("judge-")]
        rows, a_is_sound, read = run("annotate", contrasts, "--properties", ",".join(line["id"] for line in contrasts))
        own = {text: line["id"] for line in contrasts for text in (line["chosen"], line["rejected"])}
        differs = {pair["id"]: own[text_of(pair["response_a"])] for pair in read}
        found = {row["property"]: (row["a"] - row["b"]) * (1 if a_is_sound[row["pair"]] else -1)
                 for row in rows if row["property"] == differs[row["pair"]] and row["a"] is not None}
        for name, difference in found.items():
            print(f"  {name:16} {difference:+.2f} levels")
        print(f"ratings: {sum(d > 0 for d in found.values())} of {len(contrasts)} in the right direction, "
              f"mean difference {sum(found.values()) / len(found):+.2f} levels")


def text_of(messages):
    return messages if isinstance(messages, str) else messages[-1]["content"]


main()
