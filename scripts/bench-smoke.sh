#!/usr/bin/env bash
# Runs every benchmark shortly: each checks its own answer, so a wrong one fails here; times are not judged.
set -u
cd "$(dirname "$0")/.." || exit 2
scripts/build.sh release wippy-bench || exit 1
exec build/release/bin/wippy-bench run --smoke
