#!/bin/sh
# The house is tidy: what checks.sh checks holds for the tree, and every check can fail: it finds the
# one place where its twin, a copy of the tree, was spoilt.
#   test_tidy.sh ROOT
set -eu
root=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tidy/checks.sh
. "$(dirname "$0")/checks.sh"

fresh() {
  rm -rf "${work:?}/tree"
  mkdir "$work/tree"
  cp -r "$root/proto" "$root/client" "$root/server" "$root/tests" "$root/docs" "$root/README.md" "$work/tree/"
}

passed=0 failed=0
fresh
for check in $CHECKS; do
  "check_$check" "$work/tree" | sed "s|$work/tree/||" >"$work/$check"
  if [ -s "$work/$check" ]; then
    echo "FAILED: $check"
    sed 's/^/  /' "$work/$check"
    failed=$((failed + 1))
    continue
  fi
  "twin_$check" "$work/tree"
  found=$("check_$check" "$work/tree" | wc -l)
  fresh
  if [ "$found" -eq 0 ]; then
    echo "FAILED: $check passes its known-bad twin: it cannot fail"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
