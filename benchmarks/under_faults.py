"""Is anything lost or paid twice when a provider fails and the program is killed?

    cargo build --release && cargo build --release -p predilect-llm --example fake_provider
    python benchmarks/under_faults.py [--verb judge|steer|verify] [--pairs N] [--percent N] [--kills N] [--method generated]

Starts the fake provider of the tests on the loopback interface and runs the verb without faults, then again while the given
share of the calls fails in nine ways, killing the program a few times (SIGKILL), and compares: every file of the study but
the log must be equal to the byte, and only calls that were under way at a kill may be answered twice. Some questions are
withheld by a filter in every run; with `--method generated` some answers are also fenced, wrapped in prose, off the scale or
refusals. All stays on this machine. Exit status 1 when it does not hold.

judge: N pairs in both orders. steer: N prompts, four arms by the published weights of a judge, judged in both orders. verify:
N pairs a property and direction, edited by rule and by a writer.
"""
import argparse
import atexit
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

CONCURRENCY = 32


def write(path: Path, pairs: int, judged: bool) -> None:
    draw = random.Random(1)
    with path.open("w") as file:
        for i in range(pairs):
            a, b = ("word " * draw.randint(3, 60) for _ in range(2))
            row = {"id": f"p{i}", "prompt": f"question {i}", "response_a": a, "response_b": b}
            verdict = {"judge": "one", "preferred": "a" if len(a) + draw.randint(-60, 60) > len(b) else "b"} if judged else {}
            file.write(json.dumps(row | verdict) + "\n")


def counted(model: str) -> dict:
    """What the provider has seen."""
    with urllib.request.urlopen(model.split("/v1")[0] + "/counts") as answer:
        return json.load(answer)


def result(path: Path) -> object:
    """What a file says, without what this run took: calls and answers from the log differ after a kill."""
    if path.name not in ("steering.json", "verifying.json"):
        return path.read_bytes()
    found = json.loads(path.read_text())
    for judge in found.get("judges", [found]):
        for name in ("calls", "from_log", "retries", "seconds", "tokens", "failed", "failures"):
            judge.pop(name, None)
    # Judges are tried before a run begins, and not when it goes on.
    taken = ("spent", "trying", "rating", "paid", "seconds", "failures", "judging", "remarks")
    return {name: value for name, value in found.items() if name not in taken}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verb", choices=["judge", "steer", "verify"], default="judge")
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--percent", type=int, default=20)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--method", default="scored")
    parser.add_argument("--target", default="target/release")
    options = parser.parse_args()

    def provider(percent: int, port: int = 0) -> tuple[subprocess.Popen, str]:
        command = [f"{options.target}/examples/fake_provider", str(port), str(percent)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # Whatever goes wrong afterwards, no server stays behind.
        atexit.register(process.kill)
        return process, process.stdout.readline().strip()

    def command(model: str, study: Path) -> list[str]:
        asked = ["--concurrency", str(CONCURRENCY), "--retries", "8", "--retry-wait", "0.01", "--timeout", "1", "--method", options.method]
        verb = {
            "judge": ["judge", str(file), "--model", model],
            "steer": ["steer", "--published", "gpt-4-1106-preview", "--prompts", str(file), "--model", model, "--judge-model", model,
                      "--arms", "plain,aligned,opposed,null", "--annotator", "text"],
            "verify": ["verify", str(file), "--judge-model", model, "--weights-of", "one", "--writer", model, "--pairs", str(options.pairs)],
        }[options.verb]
        return [f"{options.target}/predilect", *verb, *asked, "-o", str(study), "--json", "--quiet"]

    with tempfile.TemporaryDirectory() as folder:
        file, calm, stormy = (Path(folder) / name for name in ("pairs.jsonl", "calm", "study"))
        write(file, 2000 if options.verb == "verify" else options.pairs, options.verb == "verify")
        server, model = provider(0)
        start = time.perf_counter()
        # Under the same name, because pairs say from which file they come.
        subprocess.run(command(model, stormy), check=True, stdout=subprocess.DEVNULL)
        stormy.rename(calm)
        plain = time.perf_counter() - start
        asked = counted(model)["calls"]
        server.kill()
        server.wait()
        # The same address, because a model's name is part of every key.
        server, model = provider(options.percent, int(model.split(":")[2].split("/")[0]))
        start = time.perf_counter()
        for kill in range(options.kills):
            running = subprocess.Popen(command(model, stormy), stdout=subprocess.DEVNULL)
            time.sleep(plain * (0.4 + kill / 4))
            if running.poll() is not None:
                sys.exit("the run ended before it could be killed: give more pairs")
            running.kill()
            running.wait()
        last = json.loads(subprocess.run(command(model, stormy), check=True, stdout=subprocess.PIPE).stdout)
        stormed = time.perf_counter() - start
        counts = counted(model)
        server.kill()
        files = [sorted(path.name for path in study.iterdir() if not path.name.startswith("calls.sqlite")) for study in (calm, stormy)]
        differ = [name for name in files[0] if result(calm / name) != result(stormy / name)]
        equal = files[0] == files[1] and not differ
    print(f"{asked} calls without faults in {plain:.1f} s ({asked / plain:.0f} a second)")
    print(f"{options.percent} % faults, {options.kills} kills: {stormed:.1f} s, {counts['calls']} calls"
          + (f", of these in the last run {last['calls']}, {last['from_log']} answers from the log" if "from_log" in last else ""))
    print("faults:", ", ".join(f"{kind} {n}" for kind, n in sorted(counts["faults"].items())))
    print(f"answered twice: {counts['repeated']} (under way at a kill: at most {options.kills * CONCURRENCY})")
    print(f"equal to the byte: {equal} ({', '.join(files[0])})" + "".join(f"\n{name} differs" for name in differ))
    if "answers" in last:
        print("answers as asked, with something around them, not read:", *last["answers"], "; failed for good:", last["failed"])
    sys.exit(not (equal and counts["repeated"] <= options.kills * CONCURRENCY))


if __name__ == "__main__":
    main()
