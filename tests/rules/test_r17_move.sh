#!/bin/sh
# R17 at the command: the server's folder is gone, and no backup is left; the programme moves to a new server.
#   test_r17_move.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

address() { sed -n 's/^devices will connect to //p' "$1.init"; }

# make NAME: a server that listens; what init printed is in NAME.init
make() {
  "$server" init "$1" --listen 127.0.0.1:0 >"$1.init" 2>&1
  tail -n 1 "$1.init" >"$1.code"
  run "$1"
}

make one
first=$last
found office one
prints '"since":0,"confirmed":true,"moving":false' --vault office server show --json
prints 'since        the founding' --vault office server show
prints "$(address one)" --vault office server show
member w1 office Jeren
member w2 office Olga
id=$(new w1 prs_FirstName=Maya)
prints '"ok":true' --vault w1 sync --json
prints '"ok":true' --vault office sync --json
prints saved --vault w1 case set "$id" prs_LastName=Atayeva # never sent
late=$(new w2 prs_FirstName=Vera)
"$kerven" --vault office invite --role worker --name Nurana >old.invite || fail "invite"
"$kerven" --vault never join "$(tail -n 1 old.invite)" --json >never.words || fail "join"

halt "$first"
rm -r one # and no backup

# who may not
refuses 14 'administrator' --vault w1 server code
refuses 2 'kerven-server init' --vault office server move "$(tail -n 1 old.invite)"
refuses 17 'complete' --vault office server move 0123
"$server" init two --listen 127.0.0.1:0 >two.init 2>&1
tail -n 1 two.init >two.code
refuses 14 'administrator' --vault w1 server move "$(cat two.code)"
prints '"moving":false' --vault w1 server show --json

# nobody listens yet: it is kept, and the same command goes on
refuses 20 "$(address two)" --vault office server move "$(cat two.code)"
prints '"confirmed":false,"moving":true' --vault office server show --json
prints 'kerven sync goes on' --vault office server show
refuses 35 'is under way' --vault office server code
refuses 35 '' --vault office invite --role worker --name Leyla
prints saved --vault office case set "$id" prs_Gender=Feminine
run two
second=$last
"$server" status two | grep -q '^founded *0$' || fail "status of a new server"
"$kerven" --vault office server move "$(cat two.code)" >move.out 2>move.err || fail "move: $(cat move.err)"
code=$(tail -n 1 move.out)
grep -q 'Nurana' move.err || fail "void invitations: $(cat move.err)"
grep -qE 'Jeren|Olga' move.err && fail "of those who are in: $(cat move.err)"
"$server" status two | grep -q '^founded *1$' || fail "status of the new server"
prints '"code":"'"$code"'","void":["Nurana"]' --vault office server move "$(cat two.code)" --json
prints "$code" --vault office server code
prints '"confirmed":true,"moving":false' --vault office server show --json
"$kerven" --vault office server code --qr | head -n 1 | grep -q "$code" && fail "no QR code"

# everybody takes the code
refuses 20 "$(address one)" --vault w1 sync
refuses 17 'complete' --vault w1 server use "$(echo "$code" | sed 's/.$//')"
refuses 2 'a server code, from an administrator' --vault w1 server use "$(cat two.code)"
refuses 2 'kerven server use' --vault w3 join "$code"
refuses 2 'kerven server use' --vault w3 found "$code" --programme P --name N
refuses 13 'take it with kerven join' --vault never server use "$code"
old=$(sed 's/.*"words":"\([^"]*\)".*/\1/' never.words)
again=$("$kerven" --vault office invite --role worker --name Nurana | tail -n 1)
"$kerven" --vault never join "$again" >join.out 2>join.err || fail "join in the same folder: $(cat join.err)"
grep -q 'moved to another server' join.err || fail "says '$(cat join.err)'"
grep -qF "$old" join.out && fail "the old check words"
for vault in w1 w2; do
  prints "goes to $(address two)" --vault $vault server use "$code"
  prints '"confirmed":false' --vault $vault server show --json
  prints '"restarted":true' --vault $vault sync --json
  prints '"confirmed":true' --vault $vault server show --json
done
for vault in office w1 w2 office w1 w2; do prints '"refused":0' --vault $vault sync --json; done
prints Atayeva --vault office case show "$id"
prints "Woman or girl" --vault w1 case show "$id"
prints Vera --vault office case show "$late"
prints delivered --vault w1 case list
prints '"unsent":0' --vault w1 status --json

# an old code, the same server elsewhere, and who joins now
member w3 office Leyla
refuses 38 'HOST:PORT' --vault office server code --address nowhere
elsewhere=$("$kerven" --vault office server code --address localhost:"$(address two | sed 's/.*://')" |
  tail -n 1)
prints localhost --vault w3 server use "$elsewhere"
prints '"ok":true' --vault w3 sync --json

# its backup is a server's backup like any other
"$server" backup two two.krv >/dev/null 2>&1 || fail "backup"
halt "$second"
"$server" check two >check.out 2>&1 || fail "check: $(cat check.out)"
"$server" status two --json | grep -q '"founded":1' || fail "status at rest"
mv two lost
"$server" restore two.krv two >/dev/null 2>&1 || fail "restore"
"$server" check two >check.out 2>&1 || fail "check of the restored: $(cat check.out)"
run two
for vault in office w1 w2 w3; do
  prints '"ok":true' --vault $vault sync --json
  well $vault
done

# once more, by the recovery key
make three
code=$("$kerven" --vault office server move "$(cat three.code)" --recovery | tail -n 1)
prints 'goes to' --vault w1 server use "$code"
refuses 40 'older' --vault w1 server use "$elsewhere"
prints '"ok":true' --vault w1 sync --json
prints '"confirmed":true' --vault w1 server show --json

exit $failed
