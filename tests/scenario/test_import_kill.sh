#!/bin/sh
# An import that is killed at any moment (kill -9) leaves whole rows only, and the next run takes the
# rest: every row is there once, whatever the number of kills.
#   test_import_kill.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
map=$tests/../docs/maps/ctdc.json sample=$tests/vectors/ctdc-300.csv
cases() { "$kerven" --vault "$1" case list --json | grep -o '"case":' | wc -l; }

# Four times the sample: equal rows are people of their own, and a run takes several transactions.
{ cat "$sample" && for i in 1 2 3; do tail -n +2 "$sample"; done; } >rows.csv
rows=$(($(wc -l <rows.csv) - 1))

start one
found office one
cp -r office calm
prints "{\"taken\":$rows," --vault calm import rows.csv --map "$map" --json

# reaches FILE SIZE PID: waits until the file has grown to that size, or the process has ended
reaches() {
  until [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]; do
    kill -0 "$3" 2>/dev/null || return 1
  done
}

# kill_at SIZE: an import, killed when the log of its transactions has grown by so many bytes
kill_at() {
  log=$(stat -c %s office/vault.db-wal 2>/dev/null || echo 0)
  "$kerven" --vault office import rows.csv --map "$map" >kill.out 2>&1 &
  pid=$!
  reaches office/vault.db-wal $((log + $1)) $pid && kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  [ $? -eq 137 ] && killed=$((killed + 1))
  prints "all is well" --vault office doctor
  now=$(cases office)
  [ "$now" -ge "$before" ] || fail "killed at $1 bytes: $before cases before, $now after"
  between=$between${between:+, }$now
  before=$now
}

killed=0 before=0 between=
for size in 0 1 4000 40000 200000 400000 500000 0 100000 600000; do kill_at $size; done
[ $killed -ge 4 ] || fail "only $killed of 10 runs were killed"
taken=$((rows - before))
prints "{\"taken\":$taken,\"updated\":0,\"unchanged\":$before,\"refused\":[]" \
  --vault office import rows.csv --map "$map" --json
[ "$(cases office)" -eq "$rows" ] || fail "$(cases office) cases of $rows rows"
prints "{\"taken\":0,\"updated\":0,\"unchanged\":$rows," --vault office import rows.csv --map "$map" --json
prints "all is well" --vault office doctor

# the same people as where nobody disturbed the import
flat() {
  "$kerven" --vault "$1" export --format csv 2>/dev/null |
    sed 's/^"[^"]*","[^"]*","[^"]*",//; s/,"real-[0-9a-f]*"//' | sort
}
flat office >office.csv
flat calm >calm.csv
cmp -s office.csv calm.csv || fail "other rows than in an undisturbed import"
prints '"unsent":0' --vault office sync --json
prints "all is well" --vault office doctor
echo "$rows rows, killed $killed times; cases after each run: $between"
exit $failed
