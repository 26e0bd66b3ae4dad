#!/usr/bin/env bash
# Thirteen pictures of the page and of the report: `bash scripts/pictures.sh BINARY [FOLDER [DATA]]`. Those that the README and the guide
# show: `bash scripts/pictures.sh target/release/predilect docs/guide/src/pictures`. FOLDER/more has some that are for eyes alone; with
# DATA, a folder of real data, some of those too. Needs node, npm and Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:?bash scripts/pictures.sh BINARY [FOLDER [DATA]]}")
folder=$(realpath -m "${2:-target/pictures}")
data=${3:+$(realpath "$3")}
tools=target/page
mkdir -p "$tools"
cp crates/web/tests/browser/package.json crates/web/tests/browser/*.mjs "$tools/"
(cd "$tools" && npm install --silent --no-fund --no-audit && CHROMIUM=$(command -v chromium) node pictures.mjs "$binary" "$folder" ${data:+"$data"})
