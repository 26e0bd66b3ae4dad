#!/usr/bin/env bash
# Whether the feature `local` can be built here; on a Debian machine that one may change, installs what is missing.
set -eu
have() {
    command -v cmake >/dev/null && command -v g++ >/dev/null && { ls /usr/lib/llvm-*/lib/libclang*.so* 2>/dev/null; ls "${LIBCLANG_PATH:-/nowhere}"/libclang* 2>/dev/null; } | grep -qv libclang-cpp
}
if ! have && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install -y -qq cmake libclang-dev g++ >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq cmake libclang-dev g++ >/dev/null; } >&2 || true
fi
have
