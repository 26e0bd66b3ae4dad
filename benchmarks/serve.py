"""How long `predilect serve` takes to answer, warm, over made pairs: percentiles in milliseconds, beside the budget of the design.

    python3 benchmarks/serve.py --predilect target/release/predilect --pairs 10000 100000

Every request asks another slice, so nothing is answered from what was asked before.
"""

import argparse
import json
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
    "against the rest": (40, 250, 3000),
    "pairs": (20, 20, 30),
    "pair and why": (20, 20, 30),
    "words in texts": (20, 150, 1000),
}


def text(rng):
    words = [rng.choice(WORDS) for _ in range(rng.randint(3, 60))]
    kind = rng.random()
    if kind < 0.2:
        return "\n".join(f"- {word}" for word in words[:8])
    if kind < 0.3:
        return "# " + " ".join(words[:4]) + "\n\n" + " ".join(words)
    return " ".join(words).capitalize() + rng.choice([".", "!", "?"])


def made(path, pairs):
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        for number in range(pairs):
            a, b = text(rng), text(rng)
            for judge, push in (("one", 0.02), ("two", -0.01)):
                p = 1 / (1 + 2.718281828 ** (-push * (len(a.split()) - len(b.split()))))
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
                        }
                    )
                    + "\n"
                )


def ask(base, path):
    began = time.perf_counter()
    with urllib.request.urlopen(base + path, timeout=120) as answer:
        answer.read()
    return 1000 * (time.perf_counter() - began)


def measured(base, study, pairs, rounds):
    rng = random.Random(2)
    quote = urllib.parse.quote

    def apart():
        return quote(f"words(a) - words(b) > {rng.uniform(-20, 20):.3f}")

    kinds = {
        "first paint": lambda: f"/s/{study}",
        "filter, one judge": lambda: f"/api/v1/s/{study}/dissect?judge=one&where={apart()}",
        "filter, page": lambda: f"/s/{study}?where={apart()}",
        "against the rest": lambda: f"/api/v1/s/{study}/dissect?vs=rest&where={apart()}",
        "pairs": lambda: f"/api/v1/s/{study}/pairs?most=50&from={rng.randrange(pairs // 2)}",
        "pair and why": lambda: f"/api/v1/s/{study}/pairs/p{rng.randrange(pairs)}",
        "words in texts": lambda: f"/api/v1/s/{study}/dissect?judge=one&where={quote(f'text(a) ~ /{rng.choice(WORDS)} {rng.choice(WORDS)}/')}",
    }
    for name, path in kinds.items():
        ask(base, path())
        times = sorted(ask(base, path()) for _ in range(rounds))
        yield name, statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predilect", required=True)
    parser.add_argument("--pairs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    for pairs in args.pairs:
        with tempfile.TemporaryDirectory() as folder:
            file, study = pathlib.Path(folder, "made.jsonl"), pathlib.Path(folder, "made")
            made(file, pairs)
            subprocess.run([args.predilect, "import", file, "-o", study, "--quiet"], check=True, stdout=subprocess.DEVNULL)
            server = subprocess.Popen(
                [args.predilect, "serve", study, "--port", "0", "--no-open", "--quiet"], stdout=subprocess.PIPE, text=True
            )
            try:
                base = server.stdout.readline().split()[-1].rstrip("/")
                opened = ask(base, "/s/made")
                place = 0 if pairs <= 10_000 else 1 if pairs <= 100_000 else 2
                for name, median, high in measured(base, "made", pairs, args.rounds):
                    print(f"{pairs:>9,}  {name:<18} median {median:8.1f}  p95 {high:8.1f}  budget {BUDGET[name][place]:>5}")
                with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
                    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
                print(f"{pairs:>9,}  opened in {opened / 1000:.1f} s; most memory {peak / 1024:.0f} MiB")
            finally:
                server.kill()
                server.wait()


if __name__ == "__main__":
    main()
