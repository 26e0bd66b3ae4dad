#!/usr/bin/env bash
# A program to hand on, with models in its own process: target/package/predilect holds bin/predilect and lib/predilect with
# llama.cpp and its kernels for every kind of CPU, of which the program takes the best one when it starts.
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/package/predilect
rm -rf "$out"
mkdir -p "$out/bin" "$out/lib/predilect"
# The build script of llama.cpp links its libraries here and fails where an earlier build's still lie.
rm -f target/release/{,examples/,deps/}lib{ggml,llama}*.so*
# Several builds of llama.cpp may lie in target: cargo says which one went into the program.
build=$(cargo build --release --package predilect --features local-dispatch --message-format=json-render-diagnostics |
    grep -o '"out_dir":"[^"]*/llama-cpp-sys-2-[^"]*"' | tail -1 | cut -d '"' -f 4)
cp target/release/predilect "$out/bin/"
cp "$build"/backends/*.so "$out/lib/predilect/"
cp -a "$build"/lib*/*.so* "$out/lib/predilect/"
cp LICENSE* "$out/" 2>/dev/null || true
tar -C target/package -czf target/package/predilect.tar.gz predilect
echo "$out, target/package/predilect.tar.gz"
