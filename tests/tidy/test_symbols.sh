#!/bin/sh
# Names that leave the library: libkerven.so shows just the functions that kerven.h declares; what
# libkerven.a defines begins with kerven_, krv_ or api_, so that it meets no name of the program that it
# is linked into.
#   test_symbols.sh SHARED STATIC TWIN HEADER
# TWIN is a library with names that are wrong either way: if it passed, the checks would be worth nothing.
set -eu
shared=$1 static=$2 twin=$3 header=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a library shows; the sanitizers' own names do not count.
shown() { nm "$@" | awk 'NF == 3 { print $3 }' | grep -v '^__asan\|^__odr_asan\|^__ubsan\|^_ZN' || true; }
# beyond PATTERN NM-ARGUMENTS: what begins otherwise.
beyond() {
  pattern=$1
  shift
  shown "$@" | grep -v "$pattern" || true
}

grep '^KERVEN_API' "$header" | sed 's/.*[ *]\(kerven_[a-z0-9_]*\)(.*/\1/' | sort >"$work/declared"
shown -D --defined-only "$shared" | sort >"$work/shown"
[ "$(wc -l <"$work/declared")" -ge 50 ] || { echo "too few declared names: nothing was checked"; exit 1; }
diff "$work/declared" "$work/shown" || { echo "< only declared, > only shown"; exit 1; }
[ -n "$(beyond ^kerven_ -D --defined-only "$twin")" ] || { echo "the known-bad twin passes"; exit 1; }

pattern='^kerven_\|^krv_\|^api_'
[ "$(shown -g --defined-only "$static" | wc -l)" -ge 300 ] || { echo "too few names: nothing was checked"; exit 1; }
beyond "$pattern" -g --defined-only "$twin" | grep -q unprefixed || { echo "the known-bad twin passes"; exit 1; }
found=$(beyond "$pattern" -g --defined-only "$static")
[ -z "$found" ] || { echo "the static library defines:"; echo "$found"; exit 1; }
echo "names are ours"
