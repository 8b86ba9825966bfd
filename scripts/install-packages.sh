#!/usr/bin/env bash
# scripts/install-packages.sh run|test|fuzz|guest|viewer [--list]
# Installs the Debian 12 packages of a list that are not there yet; does nothing, needs no rights and no network when all
# are. `run` is what building and running needs, `test` adds what the tests, model suites and style checks need, `fuzz`
# adds clang's libFuzzer, `guest` adds to `test` what boots the NUMA guest. --list prints the names instead.
# `viewer` adds to `run` what opens a trace file.
# The guest's kernel is not installed: its package is downloaded and the kernel unpacked to build/numa_guest/vmlinuz.
set -u

run="g++ cmake ninja-build pkg-config libtbb-dev libjemalloc-dev liblua5.4-dev libhwloc-dev libyaml-cpp-dev libcli11-dev
  libspdlog-dev libfmt-dev nlohmann-json3-dev rapidjson-dev uuid-dev libcctz-dev tzdata libre2-dev prometheus-cpp-dev
  libcpp-httplib-dev"
test="libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev relacy-dev spin gcc python3 zsh fish clang-format-14
  clang-tidy-14 valgrind"
fuzz="clang-14 libclang-rt-14-dev"
guest="qemu-system-x86 busybox-static cpio"
viewer="chromium python3-pip"
command -v npm >/dev/null || viewer="$viewer npm"  # another distribution's Node.js may bring it
guest_kernel=linux-image-amd64  # depends on the present one
vmlinuz=$(dirname "$0")/../build/numa_guest/vmlinuz

case "${1:-}" in
  run) wanted="$run" ;;
  test) wanted="$run $test" ;;
  fuzz) wanted="$run $fuzz" ;;
  guest) wanted="$run $test $guest" ;;
  viewer) wanted="$run $viewer" ;;
  *) echo "usage: $0 run|test|fuzz|guest|viewer [--list]" >&2; exit 2 ;;
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
kernel=""
[ "$1" = guest ] && [ ! -s "$vmlinuz" ] && kernel=$guest_kernel
[ -z "$missing$kernel" ] && exit 0

# Needs no rights beyond those of the folder.
unpack_kernel() {
  local folder package
  folder=$(mktemp -d) && mkdir -p "$(dirname "$vmlinuz")" || return 1
  package=$(apt-cache depends "$kernel" | awk '/Depends: linux-image-/ { print $2; exit }')
  (cd "$folder" && apt-get -q download "${package:?}") &&
    dpkg-deb --fsys-tarfile "$folder"/*.deb | tar -xO --wildcards './boot/vmlinuz-*' >"$folder/vmlinuz" &&
    [ -s "$folder/vmlinuz" ] && mv "$folder/vmlinuz" "$vmlinuz"
  local status=$?
  rm -r "$folder"
  return $status
}

echo "Missing packages:$missing${kernel:+ $kernel (kernel only)}"
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
  { [ -z "$missing" ] ||
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing; } &&
  { [ -z "$kernel" ] || unpack_kernel; } || {
  echo "apt-get failed; nothing was built." >&2
  exit 1
}
