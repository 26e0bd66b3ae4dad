#!/usr/bin/env bash
# A program to hand on, with models in its own process: target/package/predilect holds bin/predilect and lib/predilect with
# llama.cpp and its kernels for every kind of CPU, of which the program takes the best one when it starts.
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/package/predilect
rm -rf "$out"
mkdir -p "$out/bin" "$out/lib/predilect"
# The build script of llama.cpp links its libraries here and fails where an earlier build's still lie.
rm -f target/dist/{,examples/,deps/}lib{ggml,llama}*.so*
# Several builds of llama.cpp may lie in target: cargo says which one went into the program.
build=$(cargo build --profile dist --package predilect --features local-dispatch --message-format=json-render-diagnostics |
    grep -o '"out_dir":"[^"]*/llama-cpp-sys-2-[^"]*"' | tail -1 | cut -d '"' -f 4)
# Debug lines lie in a file apart, which a debugger finds by the program's note of it: without them the program is a fraction
# of its size.
debug=target/package/predilect.debug
objcopy --only-keep-debug --compress-debug-sections target/dist/predilect "$debug"
strip -o "$out/bin/predilect" target/dist/predilect
objcopy --add-gnu-debuglink="$debug" "$out/bin/predilect"
mkdir -p "$out/share/man/man1" "$out/share/bash-completion/completions" "$out/share/zsh/site-functions" "$out/share/fish/vendor_completions.d"
target/dist/predilect man "$out/share/man/man1"
target/dist/predilect completions bash >"$out/share/bash-completion/completions/predilect"
target/dist/predilect completions zsh >"$out/share/zsh/site-functions/_predilect"
target/dist/predilect completions fish >"$out/share/fish/vendor_completions.d/predilect.fish"
cp "$build"/backends/*.so "$out/lib/predilect/"
cp -a "$build"/lib*/*.so* "$out/lib/predilect/"
cp LICENSE* "$out/" 2>/dev/null || true
name="predilect-$(target/dist/predilect --version | cut -d ' ' -f 2)-$(rustc -vV | sed -n 's/^host: //p')"
tar -C target/package -czf "target/package/$name.tar.gz" predilect
tar -C target/package -czf "target/package/$name-debug.tar.gz" predilect.debug
(cd target/package && for file in "$name.tar.gz" "$name-debug.tar.gz"; do sha256sum "$file" >"$file.sha256"; done)
echo "$out, target/package/$name.tar.gz, target/package/$name-debug.tar.gz"
