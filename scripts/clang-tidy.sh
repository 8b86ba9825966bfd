#!/usr/bin/env bash
# scripts/clang-tidy.sh [FILE...]   clang-tidy over our .cpp files (default: all but tests), with the debug preset's flags.
# Closes with `N passed, N failed`, counted in files.
set -u
cd "$(dirname "$0")/.." || exit 2
cmake --preset debug >/dev/null || exit 1
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  mapfile -t files < <(git ls-files -co --exclude-standard memory numa mailbox scheduler runtime lua cli bench | grep '\.cpp$' |
    grep -v '^runtime/sim/')
fi
results=$(printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I{} bash -c '
  # -Wno-...: flags of GCC that clang does not know; __cpp_impl_coroutine: see cmake/options.cmake.
  if out=$(clang-tidy-14 --quiet -p build/debug --extra-arg=-Wno-unknown-warning-option \
      --extra-arg=-D__cpp_impl_coroutine=201902L "$1" 2>/dev/null); then
    echo "@ok"
  else
    printf "%s\n@failed\n" "$out"
  fi' _ {})
printf '%s\n' "$results" | grep -v '^@'
passed=$(printf '%s\n' "$results" | grep -c '^@ok$')
failed=$(printf '%s\n' "$results" | grep -c '^@failed$')
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
