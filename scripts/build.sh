#!/usr/bin/env bash
# scripts/build.sh PRESET [targets...]   configures and builds one preset with as many jobs as there are processors.
set -eu
cd "$(dirname "$0")/.."
preset=${1:?usage: scripts/build.sh PRESET [targets]}
shift
# Configuring again also finds packages that were missing the first time.
cmake --preset "$preset" >"/dev/null" || cmake --preset "$preset"
if [ $# -gt 0 ]; then
  exec cmake --build "build/$preset" --parallel "$(nproc)" --target "$@"
fi
exec cmake --build "build/$preset" --parallel "$(nproc)"
