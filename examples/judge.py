"""Pair the responses, let a local model judge the pairs, write the data set.

    python judge.py --weights FOLDER --work FOLDER [--judge NAME ...]

Verdicts go to WORK/verdicts-JUDGE.jsonl, one line per prompt; a second run
goes on where the first one stopped. Once both judges are through,
local-judge.jsonl is written beside this file. See README.md.
"""
import argparse
import json
import random
import time
from pathlib import Path

from engine import QWEN, SMOLLM2, Engine, append, read_lines, resume, seed, softmax

HERE = Path(__file__).parent
JUDGES = (QWEN, SMOLLM2)
CONTEXT = 2048
# Reading what two questions have in common only once saves a third of the time.
# It also moves the probabilities a little (README.md says how much), since
# llama.cpp rounds differently in batches of other sizes. Qwen is slow, so it
# shares; SmolLM2 is fast, so it reads every question from the start.
SHARING = (QWEN,)

# What to look for is left open on purpose: criteria named here would be
# found again in the verdicts.
QUESTION = """\
You will read a request and two replies to it, reply A and reply B. \
Decide which reply is better for the person who wrote the request.

<request>
{prompt}
</request>

<reply_a>
{first}
</reply_a>

<reply_b>
{second}
</reply_b>

Which reply is better? Answer with one letter: A or B."""
OPENING = "Better reply:"
LETTERS = (" A", " B")


def pairs_of(prompt: dict, responses: dict[str, dict]) -> list[dict]:
    """Two pairs; who competes with SmolLM2, and the sides, are drawn by seed."""
    draw = random.Random(seed(prompt["id"], "pairs"))
    rival = draw.choice(["qwen-plain", "qwen-styled"])
    pairs = []
    for number, roles in enumerate((["qwen-plain", "qwen-styled"], [rival, "smollm2"]), 1):
        draw.shuffle(roles)
        a, b = (responses[role] for role in roles)
        metadata = {}
        for side, response in (("a", a), ("b", b)):
            metadata[f"style_{side}"] = response["style"]
            metadata[f"finish_{side}"] = response["finish"]
            if response["redraws"]:
                metadata[f"redraws_{side}"] = str(response["redraws"])
        pairs.append({
            "id": f"{prompt['id']}-{number}", "prompt_id": prompt["id"],
            "prompt": prompt["prompt"],
            "response_a": a["response"], "response_b": b["response"],
            "model_a": a["model"], "model_b": b["model"],
            "scenario": prompt["scenario"], "language": "en", "metadata": metadata,
        })
    return pairs


def question(engine: Engine, prompt: str, first: str, second: str) -> str:
    content = QUESTION.format(prompt=prompt, first=first, second=second)
    return engine.render([{"role": "user", "content": content}], OPENING)


def shared(left: list[int], right: list[int]) -> int:
    count = 0
    for x, y in zip(left, right):
        if x != y:
            break
        count += 1
    return count


class Judge:
    def __init__(self, weights: Path, name: str):
        self.engine = Engine(weights, name, 1, CONTEXT)
        self.sharing = name in SHARING
        # The two letters as they follow the opening, each one token.
        bare = self.engine.tokens(OPENING)
        self.letters = []
        for letter in LETTERS:
            tokens = self.engine.tokens(OPENING + letter)
            assert tokens[:-1] == bare, "a letter must be one token after the opening"
            self.letters.append(tokens[-1])
        # The words before the request are the same in every question.
        texts = [question(self.engine, p, "-", "-") for p in ("Why?", "12")]
        head, other = map(self.engine.tokens, texts)
        self.head = head[:shared(head, other)]
        self.cache: list[int] = []
        self.read(self.head)

    def read(self, tokens: list[int]) -> list:
        """Evaluate tokens, keeping what the cache already has of them."""
        start = min(shared(self.cache, tokens), len(tokens) - 1) if self.sharing else 0
        self.engine.forget(0, start)
        self.cache = tokens
        last = len(tokens) - 1
        return self.engine.feed([(tokens[i], i, 0, i == last)
                                 for i in range(start, len(tokens))])

    def verdicts(self, pairs: list[dict]) -> list[dict]:
        asked = []
        for pair in pairs:
            a, b = pair["response_a"], pair["response_b"]
            for order, first, second in (("ab", a, b), ("ba", b, a)):
                text = question(self.engine, pair["prompt"], first, second)
                asked.append((self.engine.tokens(text), pair["id"], order))
        # Sorted, questions with a common beginning stand beside each other.
        # Each prompt starts from the head alone, whatever was judged before.
        self.cache = self.cache[:len(self.head)]
        receipts: dict[str, dict] = {pair["id"]: {} for pair in pairs}
        for tokens, pair_id, order in sorted(asked):
            p = softmax(self.read(tokens)[0])
            receipts[pair_id][order] = {
                "a": round(float(p[self.letters[0]]), 6),
                "b": round(float(p[self.letters[1]]), 6),
            }
        return [{"id": pair["id"], "receipt": {o: receipts[pair["id"]][o] for o in ("ab", "ba")}}
                for pair in pairs]


def p_a(receipt: dict) -> float:
    """Mean over both orders of the share of A; in "ba", A was shown as B."""
    ab, ba = receipt["ab"], receipt["ba"]
    return round((ab["a"] / (ab["a"] + ab["b"]) + ba["b"] / (ba["a"] + ba["b"])) / 2, 6)


def write(pairs: list[dict], work: Path) -> None:
    receipts = {}
    for judge in JUDGES:
        lines = resume(work / f"verdicts-{judge}.jsonl")
        receipts[judge] = {v["id"]: v["receipt"] for line in lines for v in line["verdicts"]}
        missing = len(pairs) - len(receipts[judge])
        if missing:
            print(f"{judge} has not judged {missing} pairs; nothing written")
            return
    with (HERE / "local-judge.jsonl").open("w", encoding="utf-8") as out:
        for pair in sorted(pairs, key=lambda pair: pair["id"]):
            pair["verdicts"] = [
                {"judge": judge, "p_a": p_a(receipts[judge][pair["id"]]), "order": "both",
                 "receipt": receipts[judge][pair["id"]]}
                for judge in JUDGES
            ]
            out.write(json.dumps(pair, ensure_ascii=False) + "\n")
    print(f"local-judge.jsonl: {len(pairs)} pairs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--judge", choices=JUDGES, nargs="*", default=list(JUDGES))
    args = parser.parse_args()
    responses: dict[str, dict] = {}
    for model in (QWEN, SMOLLM2):
        for line in resume(args.work / f"responses-{model}.jsonl"):
            for record in line["responses"]:
                responses.setdefault(record["prompt_id"], {})[record["role"]] = record
    prompts = read_lines(HERE / "prompts.jsonl")
    # Judging may begin while generate.py still writes.
    ready = [p for p in prompts if len(responses.get(p["id"], {})) == 3]
    pairs = {p["id"]: pairs_of(p, responses[p["id"]]) for p in ready}
    for name in args.judge:
        path = args.work / f"verdicts-{name}.jsonl"
        finished = {line["prompt_id"] for line in resume(path)}
        judge = Judge(args.weights, name)
        for prompt_id in pairs:
            if prompt_id in finished:
                continue
            began = time.monotonic()
            verdicts = judge.verdicts(pairs[prompt_id])
            seconds = round(time.monotonic() - began, 2)
            append(path, {"prompt_id": prompt_id, "seconds": seconds, "verdicts": verdicts})
            print(f"{name} {prompt_id} {seconds} s", flush=True)
    if len(ready) < len(prompts):
        raise SystemExit("some responses are still missing: run generate.py, then this again")
    write([pair for both in pairs.values() for pair in both], args.work)


if __name__ == "__main__":
    main()
