#!/bin/sh
# R13 at the command: the shares of the recovery key are exported, the founder's device is lost, and another
# administrator mends the office with two of them.
#   test_r13_recovery.sh KERVEN KERVEN_SERVER ONPTY
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
onpty=$3
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

# pair A B: two shares, as a script gives them
pair() { printf '%s\n%s\n' "$1" "$2" >pair; }

# words VAULT, device VAULT: what a person would say by voice
words() { "$kerven" --vault "$1" status --json | sed 's/.*"words":"\([^"]*\)".*/\1/'; }
device() { "$kerven" --vault "$1" status --json | sed 's/.*"device":"\(................\).*/\1/'; }

# spoken VAULT INVITER ROLE NAME: joins, and is approved by the words
spoken() {
  code=$("$kerven" --vault "$2" invite --role "$3" --name "$4" | tail -n 1)
  "$kerven" --vault "$1" join "$code" >/dev/null || fail "join"
  "$kerven" --vault "$2" sync >/dev/null || fail "sync of the inviter"
  "$kerven" --vault "$2" approve --words "$(words "$1")" >/dev/null || fail "approve"
  "$kerven" --vault "$2" sync >/dev/null || fail "sync of the inviter"
  "$kerven" --vault "$1" sync >/dev/null || fail "sync of the joiner"
}

start s
found office s
grep -q 'recovery export' found.out || fail "founding does not tell of the recovery key"
spoken admin office administrator Ceren
member w1 office Dursun
id=$(new w1 prs_FirstName=Maya)
"$kerven" --vault w1 sync >/dev/null || fail "sync"

# --- exported, and nobody is pestered about it any more
prints '! recovery key that this vault alone holds: kerven recovery export' --vault office status
prints 'recovery key is in this vault alone' --vault office doctor
prints '"recovery_due":1' --vault office status --json
prints '"recovery_due":0' --vault admin status --json
prints '"here":true,"exported":false,"taken":false,"forgotten":false,"office":true' --vault office \
  recovery status --json
refuses 35 'never exported' --vault office recovery forget --yes
refuses 29 'not in this vault' --vault admin recovery export
"$kerven" --vault office recovery export >export.txt 2>export.err || fail "export: $(cat export.err)"
[ "$(grep -c 'RECOVERY SHARE . of 3, programme "P s"' export.txt)" -eq 3 ] || fail "not three shares"
[ -s export.err ] && fail "export says on stderr: $(cat export.err)"
grep -E '^[0-9A-Z]{5}(-[0-9A-Z]{1,5})+$' export.txt >shares
[ "$(wc -l <shares)" -eq 3 ] || fail "shares: $(cat shares)"
one=$(sed -n 1p shares) two=$(sed -n 2p shares) three=$(sed -n 3p shares)
prints "{\"shares\":[\"$one\",\"$two\",\"$three\"]}" --vault office recovery export --json
"$kerven" --vault office recovery export --qr | grep -q '█' || fail "no QR codes"
"$kerven" --vault office recovery status | grep -q 'its shares were exported' || fail "status"
prints '"recovery_due":0' --vault office status --json
"$kerven" --vault office status | grep -q 'recovery' && fail "status reminds still"
"$kerven" --vault office doctor | grep -q 'recovery' && fail "doctor reminds still"
"$kerven" --vault office sync >/dev/null || fail "sync"

# --- shares that are not right
pair "$one" "$one"
refuses 31 'the same share twice' --vault admin recovery take <pair
"$kerven" --vault office recovery export --new --json >new.json 2>new.err || fail "export --new"
grep -q 'have them destroyed' new.err || fail "nothing is said of the shares before"
other=$(sed 's/.*,"\([^"]*\)",.*/\1/' new.json)
pair "$one" "$other"
refuses 38 'do not belong together' --vault admin recovery take <pair
wrong=$(echo "$two" | sed 's/^\(.*\)-\(.\)/\1-\2\2/')
pair "$wrong" "$one"
refuses 17 'typing error' --vault admin recovery take <pair
pair "$one" 0123
refuses 17 'typing error' --vault admin recovery take <pair
start t
found elsewhere t
"$kerven" --vault elsewhere recovery export --json >elsewhere.json || fail "export"
strange=$(sed 's/.*\["\([^"]*\)",.*/\1/' elsewhere.json)
pair "$strange" "$two"
refuses 18 'of another programme' --vault admin recovery take <pair
echo "$one" >pair
refuses 2 'two shares are read' --vault admin recovery take <pair
echo --json >pair
refuses 2 'once only' --vault admin recovery take --from - <pair
refuses 2 'recovery take' --vault new join "$one"
refuses 2 'recovery take' --vault new found "$one" --programme P --name N
refuses 2 'kerven recovery take' --vault admin server use "$one"
prints '"here":false' --vault admin recovery status --json
refuses 29 'not in this vault' --vault admin recovery keeper office
refuses 2 '--yes' --vault admin recovery forget

# --- the founder's device is lost; another administrator takes two, typed in on a terminal
rm -r office
"$onpty" 'first share: ' "$wrong" 'first share: ' "$(echo "$three" | tr A-Z a-z | tr -d -)" \
  'second share: ' "$one" -- "$kerven" --vault admin recovery take >screen || fail "take: $(cat screen)"
grep -q 'Once more' screen || fail "a typing error is not told at once: $(cat screen)"
prints '"here":true,"exported":true,"taken":true' --vault admin recovery status --json
pair "$one" "$two"
refuses 35 'already' --vault admin recovery take <pair
spoken fresh admin office Gozel
refuses 6 'no group is called' --vault admin recovery keeper nowhere
refuses 38 '16 digits' --vault admin recovery keeper office --device 0123
refuses 6 'no active device' --vault admin recovery keeper office --device 0123456789abcdef
refuses 31 'so already' --vault admin recovery administrator
prints 'next: kerven sync' --vault admin recovery keeper office --device "$(device fresh)"
refuses 35 'has not gone out' --vault admin recovery forget --yes
"$kerven" --vault admin sync >/dev/null || fail "sync"
"$kerven" --vault fresh sync >/dev/null || fail "sync"
prints Maya --vault fresh case show "$id"
prints '"name":"office","kind":"office","devices":2,"keepers":2,"secret":0,"member":true,"keeper":true' \
  --vault fresh group list --json
refuses 6 '' --vault admin case show "$id" # who signed reads nothing by that
prints '"ok":true' --vault admin recovery forget --yes --json
refuses 29 'not in this vault' --vault admin recovery forget --yes
prints '"here":false,"exported":true,"taken":true,"forgotten":true' --vault admin recovery status --json
well admin

# --- a worker takes them: any two give it back
pair "$three" "$two"
prints '"ok":true' --vault w1 recovery take --json <pair
prints 'next: kerven sync' --vault w1 recovery administrator
prints '"ok":true' --vault w1 sync --json
prints 'administrator' --vault w1 status

# --- the shares stand nowhere but on the paper (I2)
for share in "$one" "$two" "$three"; do
  found_in=$(grep -rlF -e "$share" -e "$(echo "$share" | tr -d -)" w1 admin fresh elsewhere s t *.log)
  [ -z "$found_in" ] || fail "a share stands in $found_in"
done
exit $failed
