#!/bin/sh
# mapeo-desktop #612: a failed import still overwrote the sync file. An import that is refused as a whole
# leaves the vault's answers as they were to the byte, what was to be imported untouched, and nothing to
# be sent. A restore or an export that fails replaces nothing either.
#   test_failed_import.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
found office one
id=$(new office prs_FirstName=Maya cas_Status=Active)
"$kerven" --vault office note "$id" "as it was" >/dev/null || fail "note"
"$kerven" --vault office sync >/dev/null || fail "sync"

map() {
  printf '{"format":1,"source":"s","columns":[{"column":"Name","field":"%s"},{"column":"St","field":"cas_Status"%s}]}' \
    "$1" "${2:-}"
}
map prs_FirstName >good.json
map prs_NoSuchField >nofield.json
map prs_FirstName ',"values":{"a":"NoSuchCode"}' >nocode.json
printf '{"format":1,' >torn.json
printf 'Name,St\nVera,Active\nLena,Active\n' >good.csv
printf 'Vera,Active\n' >nohead.csv
printf 'Name,St\nVera,Active\n"open,Active\n' >quote.csv
printf 'Name,St\nVera,Active\n\377\376,Active\n' >bytes.csv
printf 'Name,St\nVera,Active\na\000b,Active\n' >nul.csv
{ cat good.csv; yes 'Vera,Active' | head -n 600; printf '"open,Active\n'; } >late.csv # batches are of 256 rows
: >empty.csv
"$kerven" --vault office export --format csv 2>error.txt | head -c -6 >sheet.csv
printf '{"format":"kerven-htcds","version":1,"cases":[{"case":' >cut.json
printf '{"format":"other","version":99,"cases":[]}' >other.json

# what the vault answers, and what lies in its folder
state() {
  "$kerven" --vault office export --format json 2>/dev/null
}
files() { cat good.json nofield.json nocode.json torn.json ./*.csv cut.json other.json | cksum; }
state >before.txt
grep -q Maya before.txt || fail "the state tells nothing"
sums=$(files) tried=0

# stays WHY ARGUMENT ...: this import fails, and nothing has changed
stays() {
  why=$1
  shift
  "$kerven" --vault office import "$@" >out.txt 2>error.txt && fail "$why: taken: $(cat out.txt)"
  [ -s error.txt ] || fail "$why: says nothing"
  state >after.txt
  cmp -s before.txt after.txt || fail "$why: another state: $(cat error.txt)"
  [ "$(files)" = "$sums" ] || fail "$why: the file itself was changed"
  tried=$((tried + 1))
}
stays "no file" nothing.csv --map good.json
stays "no map" good.csv --map nothing.json
stays "a map without end" good.csv --map torn.json
stays "an unknown field" good.csv --map nofield.json
stays "an unknown code" good.csv --map nocode.json
stays "no heading" nohead.csv --map good.json
stays "an empty file" empty.csv --map good.json
says() { grep -qF "$1" error.txt || fail "no '$1' in: $(cat error.txt)"; }
stays "a quote that never closes" quote.csv --map good.json
says "line 3: a quote that never closes"
stays "other bytes than UTF-8" bytes.csv --map good.json
says "line 3: text that is not UTF-8"
stays "a NUL byte" nul.csv --map good.json
says "line 3: a NUL byte"
stays "a quote that never closes, far below" late.csv --map good.json
says "line 604: a quote that never closes"
stays "an export's CSV cut off" sheet.csv
says "line 2: a quote that never closes"
stays "a file cut off" cut.json
stays "another format" other.json
prints '"unsent":0' --vault office status --json
well office

# a full disk in the midst: no byte more may be written to any file
if (trap '' XFSZ; ulimit -f 0; : >probe.txt; echo x >probe.txt) 2>/dev/null; then
  fail "the limit of file sizes does not hold"
else
  (trap '' XFSZ; ulimit -f 0; exec "$kerven" --vault office import good.csv --map good.json) >out.txt 2>&1 &&
    fail "taken on a full disk"
  state >after.txt
  cmp -s before.txt after.txt || fail "a full disk: another state"
  tried=$((tried + 1))
fi

# an export that cannot be written leaves the one before
prints "" --vault office export --format json --out kept.json
sum=$(cksum <kept.json)
(trap '' XFSZ; ulimit -f 0; exec "$kerven" --vault office export --format json --out kept.json) >out.txt 2>&1
[ "$(cksum <kept.json)" = "$sum" ] || fail "a failed export overwrote the one before"

# a backup that is none replaces no folder
printf 'no backup' >bad.krv
before=$(find one -type f | sort | xargs ls -i | cksum)
"$server" restore bad.krv one >out.txt 2>&1 && fail "restored over a folder"
[ "$(find one -type f | sort | xargs ls -i | cksum)" = "$before" ] || fail "a failed restore changed the folder"

# a pipe cannot be read twice: whole rows before the fault are saved, and they come in once
cat quote.csv | "$kerven" --vault office import /dev/stdin --map good.json >out.txt 2>error.txt && fail "a pipe: taken"
says "line 3: a quote that never closes; 1 rows were saved before that"
prints '"taken":1,"updated":0,"unchanged":1' --vault office import good.csv --map good.json --json
well office
echo "$tried failed imports, nothing changed"
exit $failed
