#!/bin/sh
# kerven.h compiles alone, without a warning, as C99, C11 and C17, and as C++ in two standards, where
# its functions keep their C names; a twin with what only C has does not compile as C++.
#   test_header.sh INCLUDE_DIR CC [CXX]
set -eu
include=$1 cc=$2 cxx=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
warnings="-Wall -Wextra -pedantic -pedantic-errors -Werror"

printf '#include <kerven/kerven.h>\nconst char *f(void) { return kerven_strerror(KERVEN_OK); }\n' >"$work/two.c"
cp "$work/two.c" "$work/two.cc"
for std in c99 c11 c17; do
  # shellcheck disable=SC2086 # flags are words
  "$cc" -std=$std $warnings -Wshadow -Wstrict-prototypes -I "$include" -c "$work/two.c" -o "$work/two.o" || fail "$std"
done

if [ -z "$cxx" ] || ! command -v "$cxx" >/dev/null; then
  echo "SKIPPED: no C++ compiler"
  exit 0
fi
for std in c++11 c++20; do
  # shellcheck disable=SC2086
  "$cxx" -std=$std $warnings -Wshadow -I "$include" -c "$work/two.cc" -o "$work/two.o" || fail "$std"
  nm -u "$work/two.o" | grep -q ' kerven_strerror$' || fail "$std: the name is mangled"
done
mkdir -p "$work/twin/kerven"
sed 's/(int status);/(int status, const char name[restrict 4]);/' "$include/kerven/kerven.h" >"$work/twin/kerven/kerven.h"
# shellcheck disable=SC2086
if "$cxx" -std=c++20 $warnings -I "$work/twin" -c "$work/two.cc" -o "$work/two.o" 2>/dev/null; then
  fail "the known-bad twin compiles"
fi
echo "three standards of C, two of C++"
