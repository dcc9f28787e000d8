#!/bin/sh
# R29 at the command: `kerven sync --watch` gets what others push, lets go for other commands and
# takes the vault again, sends what they wrote, comes back by itself when the server was away, waits
# for approval, and ends well on a signal. A vault that nobody lets go of: who holds it, after 5 s.
#   test_r29_watch.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

# watch NAME VAULT: its pid is in $watcher, what it prints in NAME.txt and NAME.err
watch() {
  : >"$1.txt"
  : >"$1.err"
  "$kerven" --vault "$2" sync --watch >"$1.txt" 2>"$1.err" &
  watcher=$!
  servers="$servers $watcher"
}

# ends NAME SIGNAL: it ends in good order
ends() {
  kill -s "$2" "$watcher"
  wait "$watcher"
  got=$?
  [ $got -eq 0 ] || fail "$1: exit status $got after SIG$2: $(cat "$1.err")"
}

start one
first=$!
found office one
member w1 office Aygul
id=$(new w1 prs_FirstName=Jeren)
prints synced --vault w1 sync
prints synced --vault office sync
address=$(sed -n 's/^listen = //p' one/kerven.conf)

# --- what another vault pushes arrives while it watches
watch live w1
until_says live.err "connected to $address"
prints saved --vault office case set "$id" prs_MiddleName=pushed
prints synced --vault office sync
until_says live.txt 'synced: 1 change received'

# --- another command gets in; what it wrote is sent by the watcher, which has taken the vault again
prints '"prs_MiddleName":"pushed"' --vault w1 case show "$id" --json
prints saved --vault w1 case set "$id" prs_SecondName=Between
kill -0 "$watcher" || fail "the watcher has ended: $(cat live.err)"
until_says live.txt 'synced: 1 change sent'
prints synced --vault office sync
prints '"prs_SecondName":"Between"' --vault office case show "$id" --json

# --- it holds the vault and does not let go: said after 5 s, by an exit status of its own
until_says live.err "connected to $address" 2
until grep -q "^$watcher\$" w1/lock; do sleep 0.05; done
kill -s STOP "$watcher"
refuses 4 "process $watcher holds w1. End the other kerven" --vault w1 case set "$id" prs_SecondName=X
kill -s CONT "$watcher"
prints saved --vault w1 case set "$id" prs_SecondName=After # the same command, a moment later
until_says live.txt 'synced: 1 change sent' 2

# --- the server goes, and comes back; commands get in meanwhile
tries=$(grep -c 'next try in' live.err)
halt $first
until_says live.err 'next try in' $((tries + 1))
prints saved --vault w1 case set "$id" prs_MiddleName=away
[ "$(grep -c 'connected to' live.err)" -le 4 ] || fail "connected to nothing: $(cat live.err)"
run one
until_says live.txt 'synced: 1 change sent' 3
prints synced --vault office sync
prints '"prs_MiddleName":"away"' --vault office case show "$id" --json
prints '"prs_SecondName":"After"' --vault office case show "$id" --json
prints saved --vault office case set "$id" prs_MiddleName=back
prints synced --vault office sync
until_says live.txt 'synced: 1 change received' 2

# --- signals end it well: connected, waiting for the server, as JSON
ends live TERM
prints '"prs_MiddleName":"back"' --vault w1 case show "$id" --json
watch again w1
until_says again.err 'connected to'
ends again INT
halt "$last"
watch away w1
until_says away.err 'next try in'
ends away TERM
well w1
run one

# --- a device that is not in yet: the check words, which stay the same, and no "up to date"
code=$("$kerven" --vault office invite --role worker --name Batyr | tail -n 1)
words=$("$kerven" --vault w2 join "$code" | sed -n 's/.*Check words: //p')
[ -n "$words" ] || fail "join shows no check words"
prints "this device waits for approval. Check words: $words" --vault w2 sync
prints "\"member\":false,\"words\":\"$words\"" --vault w2 sync --json
"$kerven" --vault w2 sync | grep -q 'up to date' && fail "up to date, before it is approved"
watch joins w2
until_says joins.txt "Check words: $words"
prints synced --vault office sync
"$kerven" --vault office approve --all >/dev/null || fail "approve"
prints synced --vault office sync
until_says joins.txt 'you are a member now'
[ "$(grep -c 'Check words' joins.txt)" -eq 1 ] || fail "the words were shown again and again"
ends joins TERM
prints '"member":true' --vault w2 sync --json
well w2
exit $failed
