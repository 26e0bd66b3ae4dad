#!/usr/bin/env bash
# The project's tests, on a fresh machine too: installs what they need from the package registries.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! cargo nextest --version >/dev/null 2>&1; then
    cargo install cargo-nextest --locked
fi
# Tables must read in pyarrow: a virtual environment of the project's own, made once.
venv=target/test-venv
if [ -z "${PREDILECT_PYTHON:-}" ] && command -v python3 >/dev/null; then
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pyarrow' 2>/dev/null; then
        mkdir -p target
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check pyarrow
    fi
    PREDILECT_PYTHON="$PWD/$venv/bin/python"
    export PREDILECT_PYTHON
fi
# The test profile is kept small; numerics and parsing run optimised in it (Cargo.toml).
cargo nextest run --workspace --no-fail-fast "$@"
cargo test --workspace --doc --quiet
