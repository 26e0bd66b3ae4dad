#!/usr/bin/env bash
# A program to hand on, with models in its own process: target/package/predilect holds bin/predilect and lib/predilect with
# llama.cpp and its kernels for every kind of CPU, of which the program takes the best one when it starts.
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/package/predilect
rm -rf "$out"
mkdir -p "$out/bin" "$out/lib/predilect"
cargo build --release --package predilect --features local-dispatch
cp target/release/predilect "$out/bin/"
# The build that has kernels: several may lie in target.
kernels=$(ls -dt target/release/build/llama-cpp-sys-2-*/out/backends | head -1)
cp "$kernels"/*.so "$out/lib/predilect/"
cp -a "$(dirname "$kernels")"/lib*/*.so* "$out/lib/predilect/"
cp LICENSE* "$out/" 2>/dev/null || true
tar -C target/package -czf target/package/predilect.tar.gz predilect
echo "$out, target/package/predilect.tar.gz"
