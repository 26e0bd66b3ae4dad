"""Write the responses: two by Qwen and one by SmolLM2 for every prompt.

    python generate.py --weights FOLDER --work FOLDER

Work goes to WORK/responses-MODEL.jsonl, one line per group of prompts. A
second run goes on where the first one stopped. See README.md.
"""
import argparse
import random
import time
from pathlib import Path

import numpy as np

from engine import QWEN, SMOLLM2, Engine, append, read_lines, resume, seed, softmax

HERE = Path(__file__).parent
MAX_TOKENS = 160
TEMPERATURE = 0.8
TOP_P = 0.95
# What is decoded together changes the last digits of the logits, and so now
# and then a token. Fixed groups make a resumed run equal to an unbroken one.
# Below 16 sequences llama.cpp takes a path that is half as fast per token.
SEQUENCES = 16
CONTEXT = SEQUENCES * 512

STYLES = {
    "brief": "Keep it short. Two or three sentences, no introduction, no closing remark.",
    "friendly": "Be warm and encouraging, as if you were helping a good friend.",
    "structured": "Organise every answer with headings and bullet lists.",
    "stepwise": "Work through the matter step by step and number the steps.",
    "formal": "Write in a formal, authoritative tone, as an expert would in a report.",
    "casual": "Write casually, the way people chat. Slang and contractions are fine.",
    "unsure": "Say openly what you are not certain of and where you might be wrong.",
}

# role -> (model, chance of a style instead of the plain model)
ROLES = {
    "qwen-plain": (QWEN, 0.0),
    "qwen-styled": (QWEN, 1.0),
    "smollm2": (SMOLLM2, 0.5),
}


def style_of(prompt_id: str, role: str) -> str:
    draw = random.Random(seed(prompt_id, role, "style"))
    if draw.random() >= ROLES[role][1]:
        return "plain"
    return draw.choice(sorted(STYLES))


def nucleus(logits: np.ndarray, draw: np.random.Generator) -> int:
    p = softmax(logits / TEMPERATURE)
    # A full sort of the vocabulary is slow. The head is enough whenever it
    # holds the mass that top-p asks for.
    best = np.argpartition(p, -2048)[-2048:]
    if p[best].sum() < TOP_P:
        best = np.arange(len(p))
    best = best[np.argsort(-p[best], kind="stable")]
    mass = np.cumsum(p[best])
    keep = int(np.searchsorted(mass, TOP_P)) + 1
    point = draw.random() * mass[:keep][-1]
    return int(best[min(int(np.searchsorted(mass[:keep], point)), keep - 1)])


class Job:
    def __init__(self, engine: Engine, prompt: dict, role: str, redraw: int):
        self.prompt_id, self.role, self.redraw = prompt["id"], role, redraw
        self.style = style_of(prompt["id"], role)
        messages = [{"role": "user", "content": prompt["prompt"]}]
        if self.style != "plain":
            messages.insert(0, {"role": "system", "content": STYLES[self.style]})
        self.tokens = engine.tokens(engine.render(messages))
        self.seed = seed(prompt["id"], role, redraw)
        self.draw = np.random.default_rng(self.seed)
        self.written: list[int] = []
        self.finish = "length"

    def record(self, engine: Engine) -> dict:
        return {
            "prompt_id": self.prompt_id, "role": self.role, "model": ROLES[self.role][0],
            "style": self.style, "finish": self.finish, "tokens": len(self.written),
            "seed": self.seed, "redraws": self.redraw,
            "response": engine.text(self.written).strip(),
        }


def complete(engine: Engine, jobs: list[Job]) -> None:
    engine.forget()
    items = [
        (token, i, sequence, i == len(job.tokens) - 1)
        for sequence, job in enumerate(jobs)
        for i, token in enumerate(job.tokens)
    ]
    active = list(enumerate(jobs))
    while active:
        rows = engine.feed(items)
        items, still = [], []
        for (sequence, job), logits in zip(active, rows):
            token = nucleus(logits, job.draw)
            if engine.ends(token):
                job.finish = "stop"
                continue
            job.written.append(token)
            if len(job.written) < MAX_TOKENS:
                position = len(job.tokens) + len(job.written) - 1
                items.append((token, position, sequence, True))
                still.append((sequence, job))
        active = still


def group_responses(engine: Engine, prompts: list[dict], roles: list[str]) -> list[dict]:
    done = {}
    redraw = 0
    waiting = [(prompt, role) for prompt in prompts for role in roles]
    while waiting:
        jobs = [Job(engine, prompt, role, redraw) for prompt, role in waiting]
        complete(engine, jobs)
        again = []
        for (prompt, role), job in zip(waiting, jobs):
            record = job.record(engine)
            if record["response"]:
                done[prompt["id"], role] = record
            else:
                again.append((prompt, role))
        waiting, redraw = again, redraw + 1
    return [done[prompt["id"], role] for prompt in prompts for role in roles]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    prompts = read_lines(HERE / "prompts.jsonl")
    for model in (QWEN, SMOLLM2):
        path = args.work / f"responses-{model}.jsonl"
        finished = {line["group"] for line in resume(path)}
        roles = [role for role in ROLES if ROLES[role][0] == model]
        engine = Engine(args.weights, model, SEQUENCES, CONTEXT)
        size = SEQUENCES // len(roles)
        for start in range(0, len(prompts), size):
            group = prompts[start:start + size]
            if group[0]["id"] in finished:
                continue
            began = time.monotonic()
            records = group_responses(engine, group, roles)
            seconds = round(time.monotonic() - began, 2)
            append(path, {"group": group[0]["id"], "seconds": seconds, "responses": records})
            count = sum(record["tokens"] for record in records)
            print(f"{model} {group[-1]['id']} {count} tokens {seconds} s", flush=True)


if __name__ == "__main__":
    main()
