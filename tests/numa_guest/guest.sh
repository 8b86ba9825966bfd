#!/usr/bin/env bash
# tests/numa_guest/guest.sh BIN_DIR KERNEL   boots KERNEL on an emulated machine of 4 NUMA nodes and 8 CPUs and runs
# BIN_DIR/numa_guest there. Closes with `N passed, N failed`; a guest that crashes, hangs or says nothing counts as failed.
#   GUEST_LIMIT_S  seconds until the guest counts as hung (default 240)
#   GUEST_FILTER   tests to run, as in --gtest_filter (default: all)
# The machine, as tests/numa_guest/plan.hpp expects it: CPUs 2n and 2n+1 on node n; nodes 0 and 1 are near each other (16),
# so are 2 and 3; all others are far (22).
set -u
bin=$(realpath "${1:?usage: guest.sh BIN_DIR KERNEL}") && kernel=$(realpath "${2:?usage: guest.sh BIN_DIR KERNEL}") || exit 2
cd "$(dirname "$0")/../.." || exit 2
out=build/numa_guest
root=$out/root
log=$out/console.log

# The programs, the shared libraries they name, busybox and init, as an initramfs.
rm -rf "$root"
mkdir -p "$root/bin"
cp "$bin/numa_guest" "$bin/wippy" "$(command -v busybox)" "$root/bin/" && cp tests/numa_guest/init "$root/init" || exit 1
ldd "$bin/numa_guest" "$bin/wippy" | grep -o '/[^ :]*\.so[^ :]*' | sort -u | while read -r library; do
  install -D "$library" "$root$library"
done
(cd "$root" && find . | cpio --quiet -o -H newc) >"$out/initramfs" || exit 1

machine=()
distances=()
for n in 0 1 2 3; do
  machine+=(-object "memory-backend-ram,id=m$n,size=256M" -numa "node,nodeid=$n,memdev=m$n,cpus=$((2 * n))-$((2 * n + 1))")
  for to in 0 1 2 3; do
    [ "$to" -gt "$n" ] && distances+=(-numa "dist,src=$n,dst=$to,val=$((n / 2 == to / 2 ? 16 : 22))")
  done
done
# Software emulation on purpose: the same on every machine, and CI has no KVM. -no-reboot: a panic ends QEMU.
timeout --kill-after=5 "${GUEST_LIMIT_S:-240}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 1G \
  -smp 8,sockets=4,cores=2,threads=1 "${machine[@]}" "${distances[@]}" -nodefaults -display none -serial stdio -no-reboot \
  -kernel "$kernel" -initrd "$out/initramfs" \
  -append "console=ttyS0 quiet panic=-1 GTEST_FILTER=${GUEST_FILTER:-*}" </dev/null | tr -d '\r' | tee "$log"
status=${PIPESTATUS[0]}

passed=$(grep -c '^\[       OK \]' "$log")
failed=$(grep -c '^\[  FAILED  \].* ms)$' "$log")
if [ "$status" -ne 0 ] || ! grep -q '^guest: exit code 0$' "$log" || [ "$passed" -eq 0 ]; then
  [ "$failed" -eq 0 ] && failed=1
  echo "The guest did not end well (QEMU's exit code $status; 124: time limit)."
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
