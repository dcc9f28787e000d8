#!/bin/sh
# R35: name and agency stay in the inviter's vault, and another approver gives them again: he is told so, and
# nobody comes in without a name. A request can be refused, which holds in the vault that refused it.
#   test_r35_approve.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

# asks VAULT INVITER OPTION ...: invited by that vault, joined, and heard of by both administrators
asks() {
  vault=$1 inviter=$2
  shift 2
  code=$("$kerven" --vault "$inviter" invite "$@" | tail -n 1)
  "$kerven" --vault "$vault" join "$code" >/dev/null || fail "join"
  "$kerven" --vault office sync >/dev/null && "$kerven" --vault second sync >/dev/null
}

# words VAULT: its check words
words() { "$kerven" --vault "$1" status --json | sed 's/.*"words":"\([^"]*\)".*/\1/'; }

# approved VAULT: the office's approval is carried there, and it is a member
approved() {
  "$kerven" --vault office sync >/dev/null && "$kerven" --vault "$1" sync >/dev/null
  prints '"membership":"member"' --vault "$1" status --json
}

start s
found office s
code=$("$kerven" --vault office invite --role administrator --name Bahar | tail -n 1)
"$kerven" --vault second join "$code" >/dev/null || fail "join"
"$kerven" --vault office sync >/dev/null
prints "approved: Bahar" --vault office approve --words "$(words second)"
approved second

# --- a person whom somebody else invited
asks w1 second --role worker --name Aygul
w=$(words w1)
prints "somebody else invited it" --vault office approve --all
refuses 2 "only that person knows whose it is: ask, and give --name" --vault office approve --words "$w"
refuses 6 "no agency called Harbour" --vault office approve --words "$w" --name Aygul --agency Harbour
prints "approved: Aygul" --vault office approve --words "$w" --name Aygul
approved w1
prints '"name":"Aygul"' --vault w1 status --json

# --- the first device of an agency that somebody else invited
asks p1 second --role provider --name Pena --agency Harbour
w=$(words p1)
refuses 2 "ask, and give --name and --agency" --vault office approve --words "$w"
refuses 2 "ask, and give --name and --agency" --vault office approve --words "$w" --agency Harbour
refuses 2 "makes an agency" --vault office approve --words "$w" --name Pena
prints '"requests":1' --vault office status --json
prints "approved: Pena" --vault office approve --words "$w" --name Pena --agency Harbour
approved p1
"$kerven" --vault second sync >/dev/null
prints '"name":"Pena","roles":"provider","agency":"Harbour"' --vault second members --json
"$kerven" --vault second members --json | grep -qF '"?"' && fail "somebody has no name"
prints '"groups":["everyone","office","Office s"]' --vault second members --json
prints 'everyone, office, Office s' --vault second members

# --- another device of an agency that is there, and an agency that is not
asks p2 second --role provider --name Gozel --agency Harbour
w=$(words p2)
refuses 6 "no agency called Harbor" --vault office approve --words "$w" --name Gozel --agency Harbor
prints "approved: Gozel" --vault office approve --words "$w" --name Gozel --agency harbour
approved p2
prints '"name":"Gozel","roles":"provider","agency":"Harbour"' --vault office members --json

# --- two agencies of one name
asks p3 second --role provider --name Oguz --agency Port
prints "invite it anew" --vault office approve --words "$(words p3)" --name Oguz --agency Harbour
prints "approved: Oguz" --vault office approve --words "$(words p3)" --name Oguz --agency Port
approved p3

# --- whom this vault invited it has named
asks w2 office --role worker --name Sona
w=$(words w2)
refuses 2 "was not let in: this vault invited it, as Sona: leave --name" --vault office approve --words "$w" --name Soltan

# --- refused: here, and nowhere else
prints "refused: Sona (worker)" --vault office approve --refuse --words "$w"
prints "left out: Sona (worker)" --vault office approve --all
prints '"refused":true,"why":"refused on this device' --vault office approve --all --json
prints "refused here" --vault office members
prints '"refused":true' --vault office members --json
prints '"requests":0' --vault office status --json
prints '"requests":1' --vault second status --json
prints "asks to join" --vault second members
"$kerven" --vault w2 sync >/dev/null # it asks again
"$kerven" --vault office sync >/dev/null
prints "refused here" --vault office members
prints '"membership":"joining"' --vault w2 status --json
prints "approved: Sona" --vault office approve --words "$w"
refuses 35 "approved already" --vault office approve --refuse --words "$w"
approved w2

# --- the options that go together
refuses 2 "--refuse goes with --words" --vault office approve --refuse --all
refuses 2 "--agency goes with --words" --vault office approve --agency X --all
refuses 2 "one of --all, --words" --vault office approve --refuse
refuses 6 "no request has these words" --vault office approve --refuse --words "a b c d e f"
well office
exit $failed
