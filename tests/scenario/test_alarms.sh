#!/bin/sh
# What a person must be told is told at the command until he has seen it: a vault restored from a copy, at
# the vault and at the office; and what the office has not confirmed for days.
#   test_alarms.sh KERVEN KERVEN_SERVER AHEAD [PRELOAD]
# AHEAD: support/ahead.c. PRELOAD: what must be loaded before it, if anything.
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
ahead=$3 before=${4:-}
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

# warns WHAT COMMAND ...: the command succeeds, and its stderr is one line that holds WHAT, or, "", none
warns() {
  want=$1
  shift
  "$kerven" "$@" >/dev/null 2>error.txt || fail "$*: exit status $?: $(cat error.txt)"
  grep -qF -- "$want" error.txt || [ -z "$want" ] || fail "$*: says '$(cat error.txt)', not '$want'"
  lines=1
  [ -n "$want" ] || lines=0
  [ "$(wc -l <error.txt)" -eq $lines ] || fail "$*: stderr is not $lines line(s): $(cat error.txt)"
}

start srv
found office srv
member w office Aygul
case=$(new w prs_FirstName=Maya)
"$kerven" --vault w sync >/dev/null || fail "sync"
"$kerven" --vault office sync >/dev/null || fail "sync"
"$kerven" --vault w sync >/dev/null || fail "sync"
prints 'no alarms' --vault w alarms
prints '{"alarms":[]}' --vault w alarms --json
warns '' --vault w status

# --- a vault lives twice
cp -r w copy
"$kerven" --vault w note "$case" "first life" >/dev/null || fail "note"
warns '' --vault w sync
rm -rf w
mv copy w
"$kerven" --vault w note "$case" "second life" >/dev/null || fail "note"
warns 'kerven: 1 alarm that you must know of: kerven alarms' --vault w sync
warns '1 alarm' --vault w case list
warns '' --vault w alarms
prints 'This vault was restored from a copy' --vault w alarms
prints '"copy_in_use":true' --vault w status --json
prints '"alarms":1' --vault w status --json
prints 'alarm that nobody has seen: kerven alarms' --vault w status

# --- the office hears whose device, and in which case
warns '1 alarm' --vault office sync --json
prints "of Aygul wrote two histories in case $(echo "$case" | cut -c1-12)" --vault office alarms
prints '"kind":"line_fork"' --vault office alarms --json
prints '"name":"Aygul"' --vault office alarms --json
prints "\"case\":\"$case\"" --vault office alarms --json
prints '"copy_in_use":false' --vault office status --json

# --- until it was seen
refuses 2 'takes the number of an alarm, or all' --vault office alarms --seen x
"$kerven" --vault office alarms --seen 99 >/dev/null 2>error.txt
[ $? -eq 6 ] || fail "an alarm that is not there: exit status $?"
prints 'seen' --vault office alarms --seen 1
warns '' --vault office sync
prints '"seen":true' --vault office alarms --json
prints '"alarms":0' --vault office status --json
warns '' --vault w alarms --seen all
warns '' --vault w sync
prints '"copy_in_use":true' --vault w status --json # it stays true

# --- the server tells what is charged to whom
"$server" status srv >status.txt || fail "status of the server"
grep -qE '^usage +device 1: [0-9]+ bytes, [0-9]+ commits$' status.txt || fail "$(cat status.txt)"
"$server" status srv --json | grep -q '"usage":\[{"device":[01],"bytes":' || fail "status --json"

# --- what the office has not confirmed for a while, by this device's clock
"$kerven" --vault w sync >/dev/null || fail "sync"
prints '"overdue":0' --vault w status --json
fresh=$(new w prs_FirstName=Bahar)
later() { # DAYS COMMAND ...: as prints, so many days later
  days=$1
  shift
  LD_PRELOAD="$before${before:+:}$ahead" KRV_AHEAD_S=$((days * 86400 + 60)) "$kerven" "$@"
}
[ "$(later 13 --vault w case list --overdue)" = "no cases" ] || fail "overdue after 13 days"
later 15 --vault w case list --overdue >list.txt || fail "case list --overdue"
grep -q "$(echo "$fresh" | cut -c1-12).*unconfirmed 15 days" list.txt || fail "$(cat list.txt)"
[ "$(grep -c unconfirmed list.txt)" -eq 1 ] || fail "$(cat list.txt)"
later 3 --vault w case list --days 3 --json >list.txt || fail "case list --days"
grep -q "\"case\":\"$fresh\".*\"unconfirmed_since\":\"20.*\"unconfirmed_days\":3" list.txt || fail "$(cat list.txt)"
later 15 --vault w status >status.txt || fail "status"
grep -q '1 ! case has changes that no office device has confirmed for 14 days' status.txt || fail "$(cat status.txt)"
later 15 --vault w status --days 20 >status.txt || fail "status --days"
grep -q 'confirmed for' status.txt && fail "$(cat status.txt)"
later 15 --vault w status --json --days 10 | grep -q '"overdue":1,"overdue_days":10,"unconfirmed_days":15' || fail "status --json"
refuses 2 '--days takes a number of days' --vault w case list --days 0
refuses 2 '--days takes a number of days' --vault w status --days x
for vault in w office w; do "$kerven" --vault $vault sync >/dev/null || fail "sync"; done
later 15 --vault w status --json | grep -q '"overdue":0' || fail "it is confirmed"

well w
well office
exit $failed
