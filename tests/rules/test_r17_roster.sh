#!/bin/sh
# R17 at the command: a server that lost its disk between two approvals; both lists of members are shown,
# nobody is added, records go on, and two administrators end it.
#   test_r17_roster.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
first=${servers##* }
found office one
prints '"forked":false' --vault office roster show --json
height=$("$kerven" --vault office roster show --json | sed 's/.*"height":\([0-9]*\).*/\1/')
prints "\"height\":$height,\"entries\":$((height + 1))," --vault office roster show --json
prints "entries      $((height + 1))" --vault office roster show

# a second administrator, let in by the words
code=$("$kerven" --vault office invite --role administrator+office --name Bahar | tail -n 1)
"$kerven" --vault second join "$code" >/dev/null || fail "join"
words=$("$kerven" --vault second status --json | sed 's/.*"words":"\([^"]*\)".*/\1/')
prints '"ok":true' --vault office sync --json
prints Bahar --vault office approve --words "$words"
for vault in office second office second; do prints '"ok":true' --vault $vault sync --json; done

"$server" backup one backup.krv >/dev/null 2>&1 || fail "backup"
member w1 office Jeren
new w1 prs_FirstName=Maya >/dev/null
prints '"ok":true' --vault w1 sync --json
prints '"ok":true' --vault office sync --json
id=$(new office prs_FirstName=Ayna)
halt "$first"
mv one lost
"$server" restore backup.krv one >/dev/null 2>&1 || fail "restore"
run one
member w2 second Kerim
new w2 prs_FirstName=Olga >/dev/null
prints '"ok":true' --vault w2 sync --json
prints '"ok":true' --vault second sync --json

# the first administrator sees both, adds nobody, and goes on recording
prints '"ok":true' --vault office sync --json
prints '"kind":"roster_fork"' --vault office alarms --json
prints seen --vault office alarms --seen all
prints 'there are two lists of members' --vault office roster show
prints '"evident":true' --vault office roster show --json
"$kerven" --vault office invite --role worker --name Leyla >/dev/null 2>error.txt && fail "invite"
grep -q 'kerven roster show' error.txt || fail "invite says $(cat error.txt)"
prints saved --vault office case set "$id" prs_LastName=Atayeva
prints '"commits_up":1' --vault office sync --json

entry=$("$kerven" --vault office roster show --json |
  sed 's/.*"ours":{"entry":"\([0-9a-f]*\)".*/\1/')
refuses 2 '16 digits' --vault office roster end --entry 12
refuses 6 "$entry" --vault office roster end --entry 0123456789abcdef
refuses 6 'no fork' --vault second roster end --entry "$entry"
prints said --vault office roster end --entry "$entry"
prints '"ok":true' --vault office sync --json
prints '"forked":true' --vault office roster show --json
prints '"ok":true' --vault second sync --json
prints 'has said that entry' --vault second roster show
prints '"ok":true' --vault w2 sync --json
refuses 14 'may not' --vault w2 roster end --entry "$entry"
prints said --vault second roster end --entry "$entry"
prints '"ok":true' --vault second sync --json
prints '"ok":true' --vault office sync --json
prints '"forked":false' --vault office roster show --json
prints 'invited again: Jeren' --vault office roster show
prints '"prs_FirstName":"Maya"' --vault w1 export --format json # his own vault still has all
well office

# and all goes on
member w3 office Jeren2
[ "$("$kerven" --vault second case show "$id" --json | grep -c Atayeva)" = 1 ] ||
  fail "the other administrator does not see what was written meanwhile"
exit $failed
