"""How long `predilect serve` takes to answer, warm, over made pairs: percentiles in milliseconds, beside the budget of the design.

    python3 benchmarks/serve.py --predilect target/release/predilect --pairs 10000 100000 1000000

Every request about a slice asks another one, so nothing is answered from what was asked before; pages of a list and reasons are asked both of one slice,
as somebody does who leafs through it, and of a new one each time. The board is of a study of its own, with 200 models.
Processor time is on all cores together; unlike the time of an answer it hardly depends on what else the machine does.
With --keep, studies are made in that folder and used again. Memory is that of the server once all was asked, less that of a server that has opened
nothing: anonymous pages alone, so that the files of the study that lie in memory do not count.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

WORDS = "the a river stone answer question because water light list number point idea reason example table small large first second".split()

# p95 in milliseconds for 10,000, 100,000 and 1,000,000 pairs.
BUDGET = {
    "first paint": (100, 150, 300),
    "filter, one judge": (8, 50, 500),
    # A whole page: the budget of a first paint.
    "filter, page": (100, 150, 300),
    # What is asked for while somebody drags: from about 20,000 pairs.
    "filter, sample": (8, 50, 60),
    "page, sample": (100, 150, 300),
    "rest, sample": (40, 250, 250),
    "against the rest": (40, 250, 3000),
    "pairs": (20, 20, 30),
    "pairs, new slice": (20, 20, 30),
    "surprising pairs": (20, 20, 30),
    "pair and why": (20, 20, 30),
    "why, new slice": (20, 20, 30),
    "words in texts": (20, 150, 1000),
    "board, 200 models": (20, 50, 200),
    "board, sample": (20, 50, 200),
}
MODELS = 200


def text(rng):
    words = [rng.choice(WORDS) for _ in range(rng.randint(3, 60))]
    kind = rng.random()
    if kind < 0.2:
        return "\n".join(f"- {word}" for word in words[:8])
    if kind < 0.3:
        return "# " + " ".join(words[:4]) + "\n\n" + " ".join(words)
    return " ".join(words).capitalize() + rng.choice([".", "!", "?"])


def made(path, pairs, models):
    rng = random.Random(1)
    strengths = [rng.gauss(0, 1) for _ in range(models)]
    with open(path, "w", encoding="utf-8") as out:
        for number in range(pairs):
            a, b = text(rng), text(rng)
            first, second = rng.sample(range(models), 2) if models else (0, 0)
            names = {"model_a": f"model-{first}", "model_b": f"model-{second}"} if models else {}
            better = strengths[first] - strengths[second] if models else 0
            for judge, push in (("one", 0.02), ("two", -0.01)):
                p = 1 / (1 + 2.718281828 ** (-better - push * (len(a.split()) - len(b.split()))))
                out.write(
                    json.dumps(
                        {
                            "id": f"p{number}",
                            "prompt": f"Question {number // 3}?",
                            "response_a": a,
                            "response_b": b,
                            "scenario": rng.choice(["code", "chat", "essay"]) if judge == "one" else None,
                            "preferred": "a" if rng.random() < p else "b",
                            "judge": judge,
                            **names,
                        }
                    )
                    + "\n"
                )


def ask(base, path):
    began = time.perf_counter()
    # A million pairs are rated in minutes when they are first looked at.
    with urllib.request.urlopen(base + path, timeout=3600) as answer:
        answer.read()
    return 1000 * (time.perf_counter() - began)


def kinds(study, pairs, models):
    rng = random.Random(2)
    quote = urllib.parse.quote
    api = f"/api/v1/s/{study}"

    def apart():
        return quote(f"words(a) - words(b) > {rng.uniform(-20, 20):.3f}")

    def pair(slice=""):
        # Any pair: where the slice does not take it, reasons are by all pairs.
        return f"{api}/pairs/p{rng.randrange(pairs)}{slice}"

    if models:
        return {
            "board, 200 models": lambda: f"{api}/models?where={apart()}",
            "board, sample": lambda: f"{api}/models?sample=20000&where={apart()}",
        }
    return {
        "first paint": lambda: f"/s/{study}",
        "filter, one judge": lambda: f"{api}/dissect?judge=one&where={apart()}",
        "filter, page": lambda: f"/s/{study}?where={apart()}",
        "filter, sample": lambda: f"{api}/dissect?judge=one&sample=20000&where={apart()}",
        "page, sample": lambda: f"/s/{study}?sample=20000&where={apart()}",
        "rest, sample": lambda: f"{api}/dissect?vs=rest&sample=20000&where={apart()}",
        "against the rest": lambda: f"{api}/dissect?vs=rest&where={apart()}",
        "pairs": lambda: f"{api}/pairs?most=50&from={rng.randrange(pairs // 2)}",
        "pairs, new slice": lambda: f"{api}/pairs?most=50&from={rng.randrange(pairs // 20)}&where={apart()}",
        "surprising pairs": lambda: f"{api}/pairs?most=50&pairs=surprise&from={rng.randrange(pairs // 2)}",
        "pair and why": pair,
        "why, new slice": lambda: pair(f"?where={apart()}"),
        "words in texts": lambda: f"{api}/dissect?judge=one&where={quote(f'text(a) ~ /{rng.choice(WORDS)} {rng.choice(WORDS)}/')}",
    }


def processor(server):
    """Milliseconds of processor time so far, on all cores."""
    with open(f"/proc/{server.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(server, base, study, pairs, models, rounds):
    for name, path in kinds(study, pairs, models).items():
        ask(base, path())
        before = processor(server)
        times = sorted(ask(base, path()) for _ in range(rounds))
        used = (processor(server) - before) / rounds
        yield name, statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))], used


def of_process(server, name):
    """A figure of /proc in KiB."""
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))


def study_of(predilect, folder, pairs, models):
    study = folder / (f"made-{pairs}" + (f"-{models}" if models else ""))
    if not study.exists():
        file = folder / "made.jsonl"
        made(file, pairs, models)
        subprocess.run([predilect, "import", file, "-o", study, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        file.unlink()
    return study


def serve(args, folder, pairs, models):
    study = study_of(args.predilect, folder, pairs, models)
    # The user's list of studies opened before is left alone.
    state = tempfile.TemporaryDirectory()
    server = subprocess.Popen(
        [args.predilect, "serve", study, "--port", "0", "--no-open", "--quiet"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "XDG_STATE_HOME": state.name},
    )
    try:
        base = server.stdout.readline().split()[-1].rstrip("/")
        ask(base, "/")
        before = of_process(server, "RssAnon")
        opened = ask(base, f"/api/v1/s/{study.name}")
        place = 0 if pairs <= 10_000 else 1 if pairs <= 100_000 else 2
        for name, median, high, used in measured(server, base, study.name, pairs, models, args.rounds):
            over = "  over" if high > BUDGET[name][place] else ""
            print(f"{pairs:>9,}  {name:<18} median {median:8.1f}  p95 {high:8.1f}  budget {BUDGET[name][place]:>5}  processor {used:7.1f}{over}", flush=True)
        held = 1024 * (of_process(server, "RssAnon") - before) / pairs
        peak = of_process(server, "VmHWM") / 1024
        # Threads that rest give back what they hold.
        time.sleep(12)
        rest = 1024 * (of_process(server, "RssAnon") - before) / pairs
        print(f"{pairs:>9,}  opened in {opened / 1000:.1f} s; holds {held:.0f} bytes a pair, {rest:.0f} after 12 s of rest; most memory {peak:.0f} MiB", flush=True)
    finally:
        server.kill()
        server.wait()
        state.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predilect", required=True)
    parser.add_argument("--pairs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--without-board", action="store_true")
    args = parser.parse_args()
    for pairs in args.pairs:
        for models in (0,) if args.without_board else (0, MODELS):
            if args.keep:
                args.keep.mkdir(parents=True, exist_ok=True)
                serve(args, args.keep, pairs, models)
            else:
                with tempfile.TemporaryDirectory() as folder:
                    serve(args, pathlib.Path(folder), pairs, models)


if __name__ == "__main__":
    main()
