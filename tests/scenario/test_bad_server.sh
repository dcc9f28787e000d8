#!/bin/sh
# Servers that do not do what was hoped for, each told apart by its exit status and its sentence: one
# of another programme, one of a later version, one that is busy. And what failed half-way, founding
# and joining, is finished by the same command.
#   test_bad_server.sh KERVEN KERVEN_SERVER PEER NEWER
# PEER: support/peer.c. NEWER: support/newer.c.
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
peer=$3 newer=$4
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

# instead COMMAND ADDRESS ...: something else listens there; its pid is in $last
instead() {
  : >serving
  "$@" >serving 2>&1 &
  last=$!
  servers="$servers $last"
}

start one
first=$!
found office one
member w1 office Aygul
id=$(new w1 prs_FirstName=Jeren)
address=$(sed -n 's/^listen = //p' one/kerven.conf)
: >nothing

# --- an old client: told by the server, inside the encryption; what it wrote waits for the newer one
halt $first
instead "$newer" one "$address"
until_says serving "$address"
prints saved --vault w1 case set "$id" prs_MiddleName=waiting
refuses 19 'this kerven is too old for the server. Install a newer one; the work is saved.' --vault w1 sync
refuses 19 'Install a newer one' --vault w1 sync --watch
refuses 19 'Install a newer one' --vault office sync
prints '"prs_MiddleName":"waiting"' --vault w1 case show "$id" --json
halt "$last"
run one
prints '"unsent":0' --vault w1 sync --json # it was not the client's fault: nothing was lost
prints synced --vault office sync
prints '"prs_MiddleName":"waiting"' --vault office case show "$id" --json

# --- a busy server is not mistaken for another one: one stranger holds the only place
halt "$last"
echo 'unknown_per_address_max = 1' >>one/kerven.conf
run one
"$peer" call "$address" nothing >/dev/null &
idle=$!
servers="$servers $idle"
tries=0
until "$kerven" --vault w1 sync >/dev/null 2>error.txt; got=$?; [ $got -ne 0 ]; do
  tries=$((tries + 1)) # until the stranger is in
  [ $tries -lt 200 ] || { fail "the only place is never taken"; break; }
done
[ $got -eq 21 ] || fail "a busy server: exit status $got: $(cat error.txt)"
grep -q "the connection broke: $address is busy, or has just stopped. The work is saved here" error.txt ||
  fail "a busy server: $(cat error.txt)"
kill $idle
tries=0
until "$kerven" --vault w1 sync >/dev/null 2>error.txt; do
  got=$?
  [ $got -eq 21 ] || { fail "the place is free: exit status $got: $(cat error.txt)"; break; }
  tries=$((tries + 1))
  [ $tries -lt 200 ] || { fail "the place is never free again"; break; }
done
halt "$last"

# --- founding, of which each attempt fails in another way: the same command goes on, and ends well
"$server" init three --listen 127.0.0.1:0 2>/dev/null | tail -n 1 >three.code
founds() {
  refuses "$1" "$2" --vault o3 found "$(cat three.code)" --programme Third --name Maral
}
there=$(sed -n 's/^listen = //p' three/kerven.conf)
founds 20 "no connection to the server: $there"
prints '"membership":"founding"' --vault o3 status --json
prints 'founding: kerven sync, or kerven found with the same code, goes on' --vault o3 status
refuses 13 'the programme is not founded yet' --vault o3 case list
refuses 13 'kerven found once more with the same code' --vault o3 invite --role worker --name X
refuses 20 'no connection' --vault late found "$(cat three.code)" --programme Late --name Other
instead "$peer" serve "$there" nothing
until_says serving "$there"
founds 18 "$there belongs to another programme"
halt "$last"
cp -r one elsewhere
sed -i "s/^listen = .*/listen = $there/" elsewhere/kerven.conf
run elsewhere
founds 18 "$there belongs to another programme"
halt "$last"
run three
refuses 35 'take a new folder' --vault o3 found "$(cat three.code)" --programme X --name Y --practice
prints 'founded: Third' --vault o3 found "$(cat three.code)" --programme Third --name Maral
refuses 15 'the founding code was used already by another device' --vault late sync
refuses 15 'ask there for an invitation' --vault late found "$(cat three.code)" --programme Late --name Other
prints '"programme":"Third"' --vault o3 status --json
refuses 35 'belongs to a programme already' --vault o3 found "$(cat three.code)" --programme X --name Y

# --- joining, likewise
code=$("$kerven" --vault o3 invite --role worker --name Gozel | tail -n 1)
halt "$last"
refuses 20 'the request is kept, and goes out with the next kerven sync' --vault w3 join "$code"
run elsewhere
refuses 18 "$there belongs to another programme" --vault w3 join "$code"
refuses 18 'ask the office for a new invitation' --vault w3 join "$code" --wait 1
refuses 18 "$there belongs to another programme" --vault w3 sync --watch # it never was ours
halt "$last"
instead "$newer" three "$there"
until_says serving "$there"
refuses 18 "$there belongs to another programme" --vault w3 join "$code" # it knows no invitations
halt "$last"
run three
words=$("$kerven" --vault w3 join "$code" | sed -n 's/.*Check words: //p')
refuses 15 'Ask for a new one' --vault w4 join "$code"
code=$("$kerven" --vault o3 invite --role worker --name Batyr | tail -n 1)
prints 'Check words' --vault w4 join "$code" # the new one, in the same folder
code=$("$kerven" --vault office invite --role worker --name Batyr | tail -n 1)
refuses 35 'take a new folder' --vault w4 join "$code" # of another programme
prints synced --vault o3 sync
"$kerven" --vault o3 approve --words "$words" >/dev/null || fail "approve" # two keys asked: by voice
"$kerven" --vault o3 approve --all >/dev/null || fail "approve"
prints synced --vault o3 sync
for vault in w3 w4; do
  prints 'you are a member now' --vault $vault sync
  well $vault
done
exit $failed
