#!/usr/bin/env bash
# scripts/bench-floor.sh OUTDIR VARIANT   one run of the floor prototype, for reports that compare with it.
# The prototype is not part of this repository: WIPPY_FLOOR_SOURCE names its source file. Variants:
#   wall   as it is: wall time, newborns first in, first out
#   tree   newborns last in, first out, as in the product (its tree figure is the one to compare with)
#   cpu, cputree   the same with the thread's CPU clock, for machines that others use too
# Writes OUTDIR/floor-VARIANT-N.txt, N counting up; the compiled prototypes stay in OUTDIR.
set -eu
out=${1:?usage: scripts/bench-floor.sh OUTDIR VARIANT}
variant=${2:?usage: scripts/bench-floor.sh OUTDIR VARIANT}
: "${WIPPY_FLOOR_SOURCE:?names the prototype source file}"
mkdir -p "$out"

program=$out/floor-$variant
if [ ! -x "$program" ]; then
  source=$out/floor-$variant.cpp
  case $variant in
    cpu*) sed 's|^static inline double now().*|static inline double now(){timespec t;clock_gettime(CLOCK_THREAD_CPUTIME_ID,\&t);return t.tv_sec*1e9+t.tv_nsec;}|' \
            "$WIPPY_FLOOR_SOURCE" >"$source" ;;
    *) cp "$WIPPY_FLOOR_SOURCE" "$source" ;;
  esac
  newborn=0
  case $variant in *tree) newborn=1 ;; esac
  # The flags its own head names.
  g++ -std=c++20 -O3 -march=native -DNDEBUG -DNEWBORN=$newborn -w "$source" -pthread -o "$program"
  rm "$source"
fi
n=1
while [ -e "$out/floor-$variant-$n.txt" ]; do n=$((n + 1)); done
"$program" >"$out/floor-$variant-$n.txt"
