"""Thirty questions about one pair: ours together, and llama.cpp by its own Python binding, on the same file and threads.

    cargo build --release -p predilect-llm-local --features local --example sharing
    python -m venv v && v/bin/pip install llama-cpp-python
    v/bin/python benchmarks/sharing_vs_llama_cpp.py MODEL.gguf [--threads 1]

With the kernels that a package chooses at its start:

    bash scripts/package.sh
    cargo build --release -p predilect -p predilect-llm-local --features predilect/local-dispatch,predilect-llm-local/dispatch --example sharing
    cp target/release/examples/sharing target/package/predilect/bin/
    v/bin/python benchmarks/sharing_vs_llama_cpp.py MODEL.gguf --program target/package/predilect/bin/sharing

The peer reads every question alone (the mean of three, times thirty), then the pair once and each question's own words after it,
the cache cut back in between. Its wheel is built here for this CPU; ours is what `--features local` builds everywhere.
"""

import argparse
import os
import pathlib
import re
import subprocess
import time

import llama_cpp

PAIR = "The harbour was quiet, and the boats lay in rows beside the stones of the old pier. " * 32


def question(i):
    return (f"\n\nA property of texts, number {i}: how well does the second text say where the boats lie? "
            "Answer with one digit from 0 to 3, and nothing else.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--program", default="target/release/examples/sharing")
    options = parser.parse_args()

    # For ours alone: the peer has libraries of the same names.
    libraries = pathlib.Path(options.program).parent.parent / "lib/predilect"
    said = subprocess.run([options.program, options.model, str(options.threads)],
                          env={**os.environ, "LD_LIBRARY_PATH": str(libraries)}, check=True, capture_output=True, text=True).stdout
    together, alone = map(float, re.search(r"together ([\d.]+) s; each alone ([\d.]+) s", said).groups())
    print(f"ours: together {together:.2f} s, each alone {alone:.1f} s, ratio {alone / together:.1f}")

    model = llama_cpp.Llama(options.model, n_ctx=4096, n_batch=512, n_ubatch=512, n_threads=options.threads,
                            n_threads_batch=options.threads, verbose=False)
    pair = model.tokenize(PAIR.encode())
    own = [model.tokenize(question(i).encode(), add_bos=False) for i in range(30)]
    model.eval(pair[:64])
    start = time.perf_counter()
    for tokens in own[:3]:
        model.reset()
        model.eval(pair + tokens)
    theirs_alone = (time.perf_counter() - start) * 10
    start = time.perf_counter()
    model.reset()
    model.eval(pair)
    for tokens in own:
        model.n_tokens = len(pair)
        model.eval(tokens)
    theirs_shared = time.perf_counter() - start
    read = len(pair) + sum(map(len, own))
    print(f"llama.cpp {llama_cpp.__version__}: each alone {theirs_alone:.1f} s, pair read once {theirs_shared:.2f} s ({read} tokens)")
    print(f"ours together over theirs with the pair read once: {theirs_shared / together:.2f} times as fast; "
          f"over theirs alone: {theirs_alone / together:.1f}")


main()
