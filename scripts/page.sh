#!/usr/bin/env bash
# The scripts of the page: types and tests where there is node, and the page in a real browser where there is chromium too.
# `bash scripts/page.sh [BINARY [FOLDER]]`: with a binary the browser is tried; pictures go to FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "skipped: the scripts of the page (there is no node)"
    exit 0
fi
node --test crates/web/assets/tests/ >/dev/null || node --test crates/web/assets/tests/
tools=target/page
mkdir -p "$tools"
cp crates/web/tests/browser/package.json crates/web/tests/browser/*.mjs "$tools/"
(cd "$tools" && npm install --silent --no-fund --no-audit)
"$tools/node_modules/.bin/tsc" --noEmit --allowJs --checkJs --strict --target es2022 --module es2022 --moduleResolution bundler \
    --lib es2022,dom,dom.iterable crates/web/assets/*.js
[ $# -ge 1 ] || exit 0
binary=$(realpath "$1")
folder=${2:+$(realpath -m "$2")}
chromium=$(command -v chromium || true)
if [ -z "$chromium" ]; then
    echo "skipped: the page in a browser (Debian: apt-get install chromium)"
    exit 0
fi
(cd "$tools" && CHROMIUM=$chromium node check.mjs "$binary" ${folder:+"$folder"})
