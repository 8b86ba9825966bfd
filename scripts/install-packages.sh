#!/usr/bin/env bash
# scripts/install-packages.sh run|test|fuzz [--list]
# Installs the Debian 12 packages of a list that are not there yet; does nothing, needs no rights and no network when all
# are. `run` is what building and running needs, `test` adds what the tests, model suites and style checks need, `fuzz`
# adds clang's libFuzzer. --list prints the names instead.
set -u

run="g++ cmake ninja-build pkg-config libtbb-dev libjemalloc-dev liblua5.4-dev libhwloc-dev libyaml-cpp-dev libcli11-dev
  libspdlog-dev libfmt-dev nlohmann-json3-dev"
test="libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev relacy-dev spin gcc python3 clang-format-14
  clang-tidy-14 valgrind"
fuzz="clang-14 libclang-rt-14-dev"

case "${1:-}" in
  run) wanted="$run" ;;
  test) wanted="$run $test" ;;
  fuzz) wanted="$run $fuzz" ;;
  *) echo "usage: $0 run|test|fuzz [--list]" >&2; exit 2 ;;
esac
if [ "${2:-}" = --list ]; then
  printf '%s\n' $wanted
  exit 0
fi
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "Not a Debian system: nothing installed. Needed, by their Debian 12 names:" $wanted
  exit 0
fi

missing=""
for package in $wanted; do
  state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null)
  [ "${state%% *}" = ii ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "Missing packages:$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Installing them needs root or sudo. As root:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
$as_root apt-get -q update &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing || {
  echo "apt-get failed; nothing was built." >&2
  exit 1
}
