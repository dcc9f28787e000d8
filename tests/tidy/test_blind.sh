#!/bin/sh
# Blindness as a fact of linking: the server holds no symbol that the layers
# which open commits define. test_blind.sh SERVER TWIN OBJECT...
# TWIN is a program that does hold some: if it passed, the check would be worth
# nothing.
set -eu
server=$1
twin=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

symbols() { nm -g --defined-only "$@" | awk 'NF == 3 && $3 ~ /^krv_/ { print $3 }' | sort -u; }
seen_in() {
  symbols "$1" > "$work/program"
  comm -12 "$work/forbidden" "$work/program"
}

symbols "$@" > "$work/forbidden"
count=$(wc -l < "$work/forbidden")
if [ "$count" -lt 30 ]; then
  echo "only $count forbidden symbols: the list cannot be right" >&2
  exit 1
fi
if ! grep -qx krv_commit_open "$work/forbidden"; then
  echo "krv_commit_open is not among the forbidden symbols" >&2
  exit 1
fi
if [ -z "$(seen_in "$twin")" ]; then
  echo "the known-bad twin passes: the check cannot fail" >&2
  exit 1
fi
found=$(seen_in "$server")
if ! grep -qx krv_conn_feed "$work/program"; then
  echo "the server's own symbols are not visible: nothing was checked" >&2
  exit 1
fi
if [ -n "$found" ]; then
  echo "the server can see content:" >&2
  echo "$found" >&2
  exit 1
fi
echo "none of $count symbols"
