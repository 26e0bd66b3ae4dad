"""Does `predilect serve` stand many people who ask at once, each about slices of their own?

    python3 benchmarks/serve_load.py --predilect target/release/predilect --clients 200 --seconds 60

Clients ask, each its next question as soon as the last one is answered, or after having looked for a while (`--look`): filters, whole pages,
groups, slices against the rest, lists, reasons, judges and leaderboards, of a made study (that of `benchmarks/serve.py`, with models). What
is asked follows from `--seed` and the client's number. Every answer must have status 200, or 429 or 503 and say that the same may be asked
again; a sample of the answers must be, but for the time they took, what the same question gives when it is asked alone afterwards. Where
either does not hold, the exit status is 1. All stays on this machine.
"""

import argparse
import asyncio
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

from serve import WORDS, of_process, processor, study_of

# How often each kind of question is asked, of a hundred.
KINDS = {
    "filter": 25,
    "filter, page": 15,
    "groups": 8,
    "against the rest": 10,
    "pairs": 12,
    "surprising pairs": 8,
    "pair and why": 10,
    "judges": 4,
    "models": 8,
}
# A question that takes longer than this is an error.
PATIENCE = 120
# Answers of each kind that are asked again.
SAMPLE = 25


def condition(rng):
    """A part of the pairs that hardly anybody else asks about."""
    one = [
        lambda: f"words(a) - words(b) > {rng.uniform(-30, 30):.2f}",
        lambda: f"words(a) + words(b) > {rng.randint(10, 60)}",
        lambda: f"scenario in ({', '.join(rng.sample(['code', 'chat', 'essay'], rng.randint(1, 2)))})",
        lambda: f"text(a) ~ /{rng.choice(WORDS)} {rng.choice(WORDS)}/ or words(b) > {rng.randint(15, 40)}",
        lambda: 'judge("one") != judge("two")',
        lambda: f"not (words(a) > {rng.randint(2, 4)} * words(b))",
    ]
    return " and ".join(f"({part()})" for part in rng.sample(one, rng.randint(1, 2)))


def question(rng, study, pairs):
    """A kind, and an address."""
    kind = rng.choices(list(KINDS), KINDS.values())[0]
    api = f"/api/v1/s/{study}"
    fields = [("where", condition(rng))]
    if kind in ("filter", "against the rest") and rng.random() < 0.5:
        fields.append(("judge", rng.choice(["one", "two"])))
    if kind == "groups":
        fields.append(("group", "scenario"))
    if kind == "against the rest":
        fields.append(("vs", "rest"))
    if kind in ("pairs", "surprising pairs"):
        fields += [("from", str(rng.randrange(0, 500, 50)))]
    if kind == "surprising pairs":
        fields.append(("pairs", "surprise"))
    places = {
        "filter, page": f"/s/{study}",
        "pairs": f"{api}/pairs",
        "surprising pairs": f"{api}/pairs",
        "pair and why": f"{api}/pairs/p{rng.randrange(pairs)}",
        "judges": f"{api}/judges",
        "models": f"{api}/models",
    }
    return kind, f"{places.get(kind, f'{api}/dissect')}?{urllib.parse.urlencode(fields)}"


class Connection:
    """One client's connection, opened anew where the server closed it."""

    def __init__(self, host, port):
        self.host, self.port, self.streams = host, port, None

    async def get(self, path):
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, body

    def close(self):
        if self.streams:
            self.streams[1].close()
        self.streams = None


def may_be_asked_again(headers, body):
    try:
        return "retry-after" in headers or json.loads(body).get("retry") is True
    except ValueError:
        return False


def timeless(body):
    """An answer without the time it took."""
    return re.sub(rb'"took_us":\s*\d+', b'"took_us":0', body)


class Load:
    """What came of it."""

    def __init__(self):
        self.took = collections.defaultdict(list)
        self.statuses = collections.Counter()
        self.wrong = []
        self.sample = collections.defaultdict(list)
        self.within = 0

    def keep(self, rng, kind, path, body):
        """Each answer of a kind is as likely to be kept as any other."""
        kept, seen = self.sample[kind], len(self.took[kind])
        if len(kept) < SAMPLE:
            kept.append((path, body))
        elif (at := rng.randrange(seen)) < SAMPLE:
            kept[at] = (path, body)

    async def client(self, number, args, place, study, until):
        rng, other = random.Random(args.seed * 1_000_003 + number), random.Random(number)
        connection = Connection(*place)
        # Nobody looks in step with others.
        await asyncio.sleep(other.uniform(0, args.look))
        while time.perf_counter() < until:
            kind, path = question(rng, study, args.pairs)
            began = time.perf_counter()
            try:
                status, headers, body = await asyncio.wait_for(connection.get(path), PATIENCE)
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                self.statuses[type(error).__name__] += 1
                self.wrong.append(f"{path}: {type(error).__name__}")
                connection.close()
                continue
            now = time.perf_counter()
            self.within += now < until
            self.statuses[status] += 1
            if status == 200:
                self.took[kind].append(1000 * (now - began))
                self.keep(other, kind, path, body)
            elif status not in (429, 503) or not may_be_asked_again(headers, body):
                self.wrong.append(f"{path}: {status} {body[:300].decode(errors='replace')}")
            else:
                await asyncio.sleep(other.uniform(0.1, 0.5))
            if args.look:
                await asyncio.sleep(min(other.expovariate(1 / args.look), max(0, until - now)))
        connection.close()

    async def alone(self, place):
        """The sample, one by one: how many answers are other ones."""
        connection, others = Connection(*place), []
        for kept in self.sample.values():
            for path, body in kept:
                _, _, again = await connection.get(path)
                if timeless(again) != timeless(body):
                    others.append((path, timeless(body), timeless(again)))
        connection.close()
        return others


def at(times, share):
    return times[min(len(times) - 1, int(share * len(times)))]


def row(name, times):
    times = sorted(times)
    shares = "".join(f"  {label} {at(times, share):8.0f}" for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)))
    print(f"{name:<18} {len(times):>7,}{shares}  most {times[-1]:8.0f}", flush=True)


def open_files(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


async def load(args, server, base, study):
    found = Load()
    place = (urllib.parse.urlsplit(base).hostname, urllib.parse.urlsplit(base).port)
    first = Connection(*place)
    for path in ("/", f"/api/v1/s/{study}"):
        await first.get(path)
    first.close()
    opened = of_process(server, "RssAnon")
    began, used = time.perf_counter(), processor(server)
    await asyncio.gather(*(found.client(n, args, place, study, began + args.seconds) for n in range(args.clients)))
    took, used = time.perf_counter() - began, processor(server) - used
    all_of = [time_of for times in found.took.values() for time_of in times]
    print(f"{args.clients} clients who look for {args.look:g} s, {args.seconds:g} s, {args.pairs:,} pairs of {args.models} models: {found.within / args.seconds:.1f} answers a second; the last one {took:.1f} s after the start")
    row("all", all_of)
    for kind in KINDS:
        if found.took[kind]:
            row(kind, found.took[kind])
    print("statuses:", ", ".join(f"{status}: {count:,}" for status, count in found.statuses.most_common()))
    print(f"processor time of the server {used / took / 10:.0f} % of one core, {used / max(1, len(all_of)):.0f} ms an answer")
    most, during = of_process(server, "VmHWM"), of_process(server, "RssAnon")
    others = await found.alone(place)
    await asyncio.sleep(args.rest)
    asked_again = sum(map(len, found.sample.values()))
    print(f"asked again alone: {asked_again}, other answers: {len(others)}")
    print(
        f"memory: most {most / 1024:.0f} MiB (VmHWM); anonymous {opened / 1024:.0f} MiB once opened, {during / 1024:.0f} at the end, "
        f"{of_process(server, 'RssAnon') / 1024:.0f} after {args.rest:g} s of rest; {of_process(server, 'Threads')} threads, {open_files(server)} open files"
    )
    for line in found.wrong[:10]:
        print("WRONG", line, file=sys.stderr)
    for path, then, now in others[:5]:
        where = next((i for i, (a, b) in enumerate(zip(then, now)) if a != b), min(len(then), len(now)))
        print(f"OTHER {path}\n  {then[max(0, where - 80) : where + 80]}\n  {now[max(0, where - 80) : where + 80]}", file=sys.stderr)
    return not found.wrong and not others and server.poll() is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--predilect", required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--look", type=float, default=0, help="seconds between an answer and the next question, mean")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rest", type=float, default=10, help="seconds after which memory is looked at again")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder in which the study stays, to be used again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        folder = args.keep or pathlib.Path(own)
        folder.mkdir(parents=True, exist_ok=True)
        study = study_of(args.predilect, folder, args.pairs, args.models)
        # The user's list of studies opened before is left alone.
        server = subprocess.Popen(
            [args.predilect, "serve", study, "--port", "0", "--no-open", "--quiet"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "XDG_STATE_HOME": own},
        )
        try:
            base = server.stdout.readline().split()[-1].rstrip("/")
            held = asyncio.run(load(args, server, base, study.name))
        finally:
            server.kill()
            server.wait()
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
