#!/bin/sh
# What goes wrong ends in one clear sentence, an exit status of its own, and nothing lost: passphrases,
# damaged vaults, wrong fields and files, invitations, servers that are not there or not the right one,
# garbage in both directions, a vault in use, a full disk.
#   test_bad_input.sh KERVEN KERVEN_SERVER PEER AHEAD [PRELOAD]
# PEER: support/peer.c. AHEAD: support/ahead.c. PRELOAD: what must be loaded before it, if anything.
set -u
# mounts of its own, gone with it
if [ -z "${KRV_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
  KRV_MOUNTS=own exec unshare -m "$0" "$@"
fi
tests=$(cd "$(dirname "$0")/.." && pwd)
peer=$3 ahead=$4 before=${5:-}
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
ctdc=$tests/../docs/maps/ctdc.json

# server_refuses STATUS WHAT COMMAND ...: as refuses, of the server, which must not begin to serve
# shellcheck disable=SC2016
printf '#!/bin/sh\nexec timeout 20 "$KRV_BOUNDED" "$@"\n' >bounded
chmod +x bounded
export KRV_BOUNDED="$server"
server_refuses() {
  kerven_kept=$kerven kerven=$home/bounded
  refuses "$@"
  kerven=$kerven_kept
}

# --- a server's folder that is none, or not whole any more: it does not start as if it were new
"$server" init whole --listen 127.0.0.1:0 >/dev/null || fail "init"
spoil() { # NAME FILE BYTES: a copy whose file is cut
  cp -r whole "$1"
  head -c "$3" "whole/$2" >"$1/$2"
}
mkdir bare
spoil cutkey server.key 10
spoil cutstore store.db 9000
spoil nostore store.db 0
cp -r whole gone
rm gone/store.db
cp -r whole odd
echo 'lsten = x' >>odd/kerven.conf
server_refuses 8 'init makes one' run nowhere
server_refuses 8 'init makes one' run bare
server_refuses 5 'the key of cutkey cannot be read: it is damaged; restore the newest backup' run cutkey
server_refuses 5 'the store of cutstore is damaged' run cutstore
server_refuses 5 'the store of nostore is missing or empty; restore the newest backup' run nostore
server_refuses 5 'the store of gone is missing or empty; restore the newest backup' run gone
server_refuses 5 'missing or empty' check gone
server_refuses 5 'restore the newest backup' status cutstore
server_refuses 2 'kerven.conf, line ' run odd
server_refuses 7 'whole is there already' init whole --listen 127.0.0.1:0
server_refuses 2 'say --public' init public --listen 0.0.0.0:0
server_refuses 5 'is no kerven backup' restore whole/kerven.conf new
[ ! -e gone/store.db ] && [ ! -s nostore/store.db ] || fail "a store was made in place of a lost one"
for folder in cutkey cutstore; do
  "$server" check $folder >check.txt 2>&1
  [ $? -eq 5 ] || fail "check of $folder: $(cat check.txt)"
done

start one
first=$!
start two
second=$!
found office one
found other two
member w1 office Aygul
id=$(new w1 prs_FirstName=Jeren)
address=$(sed -n 's/^listen = //p' one/kerven.conf)
export KERVEN_VAULT=w1

# --- passphrases
KERVEN_PASSPHRASE="four words for test" refuses 3 'wrong passphrase' case list
KERVEN_PASSPHRASE= refuses 3 'wrong passphrase' case set "$id" prs_FirstName=X
(unset KERVEN_PASSPHRASE && refuses 2 'KERVEN_PASSPHRASE is not set' case list </dev/null) 2>/dev/null
well w1

for weak in 123456 12345678901 31.12.1999 seven77; do
  KERVEN_PASSPHRASE=$weak refuses 3 'has under 8 characters, or digits alone' --vault weak \
    found "$(cat one.code)" --programme X --name Y
  KERVEN_NEW_PASSPHRASE=$weak refuses 3 'has under 8 characters, or digits alone' passwd
done
[ ! -e weak ] || fail "a weak passphrase left a vault"
refuses 2 '--lang takes en, ru or tk' case list --lang xx
refuses 2 '--lang takes en, ru or tk' schema --lang russian
refuses 2 'a note needs a text' note "$id" ""
refuses 2 'a note needs a text' note "$id" "  "
server_refuses 2 'a port from 1 to 65535, or 0 for a free one' init ports --listen 192.0.2.7:99999
server_refuses 2 'a port from 1 to 65535' init ports --listen 127.0.0.1:0 --advertise a.example:99999

# --- vaults that are none
mkdir empty papers notes
echo hello >papers/vault.db
echo hello >notes/readme
refuses 2 'which vault' --vault "" case list
refuses 6 'no vault is in nowhere' --vault nowhere case list
refuses 6 'no vault is in empty' --vault empty case list
refuses 6 'kerven found or kerven join makes one' --vault empty case list
refuses 6 'the folder is not there: data. Make it first' --vault data/office \
  found "$(cat one.code)" --programme X --name Y
[ ! -e data ] || fail "a folder was made that nobody asked for"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 755 "$home"
  mkdir -m 700 shut
  printf '#!/bin/sh\nexec setpriv --reuid=65534 --clear-groups "$KRV_PLAIN" "$@"\n' >plain
  chmod +x plain
  export KRV_PLAIN="$kerven"
  (kerven=$home/plain && refuses 26 'this user may not open the folder: shut. See whose it is' \
    --vault shut case list && exit $failed) || failed=1
fi
refuses 6 'no vault is in notes' --vault notes case list
refuses 6 'no vault is in one' --vault one doctor # a server's folder
refuses 5 'papers' --vault papers case list
refuses 31 'notes holds other things' --vault notes found "$(cat one.code)" --programme X --name Y
[ "$(cat papers/vault.db notes/readme)" = "hello
hello" ] || fail "a file that is no vault was changed"

# --- damaged vaults: never more than one sentence, never a crash, never another content
size=$(stat -c %s w1/vault.db)
whole=$("$kerven" case show "$id" --json)
ruin() { # NAME: a copy to be damaged
  rm -rf "$1"
  cp -r w1 "$1"
}
hit() { # FILE OFFSET: 16 bytes become others
  dd if="$1" bs=1 skip="$2" count=16 2>/dev/null | tr '\000-\377' '\001-\377\000' >bytes
  dd if=bytes of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
found_damage=0 places=0 missed=
# lines of 16 bytes in which something is written, some 60 of them; but for the sixth, which SQLite
# keeps for later use and for what it says of itself, and those with a byte or two that it left in
# free space
lines=$(od -An -v -tx1 -w16 w1/vault.db |
  awk '{ n = 0; for (i = 1; i <= NF; i++) n += $i != "00"; if (n > 3 && NR != 6) print NR }')
step=$(($(echo "$lines" | wc -l) / 60 + 1))
for line in $(echo "$lines" | awk -v step=$step 'NR % step == 0'); do
  at=$(((line - 1) * 16))
  ruin hurt
  hit hurt/vault.db $at
  cp hurt/vault.db before.db
  said=$("$kerven" --vault hurt case show "$id" --json 2>error.txt)
  got=$?
  [ $got -ne 0 ] || [ "$said" = "$whole" ] || fail "damage at $at: another content"
  [ $got -eq 0 ] || [ "$(wc -l <error.txt)" -eq 1 ] || fail "damage at $at: $(cat error.txt)"
  "$kerven" --vault hurt doctor >doctor.txt 2>error.txt
  got=$?
  case $got in
  0) missed="$missed $at" ;;
  3 | 5 | 30) found_damage=$((found_damage + 1)) ;;
  *) fail "damage at $at: doctor ends with $got: $(cat error.txt)" ;;
  esac
  cmp -s hurt/vault.db before.db || fail "damage at $at: reading changed the file"
  places=$((places + 1))
done
echo "damage in $places places: $found_damage found"
[ $found_damage -eq "$places" ] || fail "doctor missed damage at$missed"
ruin hurt
hit hurt/vault.db 0
refuses 5 'the vault or file is damaged: hurt' --vault hurt case list
refuses 5 'tell the office' --vault hurt doctor
for keep in 0 100 4096 9000 $((size - 4096)); do
  ruin cut
  head -c "$keep" w1/vault.db >cut/vault.db
  refuses 5 'the vault or file is damaged: cut' --vault cut case list
  [ "$(stat -c %s cut/vault.db)" -eq "$keep" ] || fail "a cut file was changed"
done
head -c $((size - 1)) w1/vault.db >cut/vault.db
refuses 5 'tell the office' --vault cut doctor
well w1

# --- fields and values
refuses 7 'did you mean prs_FirstName?' case set "$id" prs_FristName=X
refuses 7 'kerven schema lists them' case set "$id" "consnt[+].decision=granted"
refuses 8 'Its codes: ' case set "$id" prs_Gender=Femi
refuses 8 'prs_Gender: Femenine, did you mean Feminine?' case set "$id" prs_Gender=Femenine
refuses 8 'did you mean PhysicalThreats?' case set "$id" vic_MethodsOfControl=physicalthreat
for path in kvn_CaseType=directory kvn_ImportKey=x kvn_ParentCase= "referral[+].childCase=x"; do
  refuses 2 'kerven sets this field itself: ' case set "$id" "$path"
  refuses 2 'kerven sets this field itself: ' case new prs_FirstName=X "$path"
done
refuses 8 'Its codes: none, low, medium, high, extreme.' case set "$id" "risk[+].level=x"
refuses 8 'kerven schema consent.language lists its codes' case set "$id" "consent[+].language=x"
refuses 10 'kerven schema prs_NumberOfChildren tells its type' case set "$id" prs_NumberOfChildren=x
refuses 2 'nothing to change' case set "$id"
refuses 2 'nothing to record' case new
refuses 2 'nothing to record' case new prs_FirstName=
refuses 8 '--type takes case, referral' case list --type river
refuses 7 'no record is called river' schema --record river
refuses 9 'no such date: prs_Birthdate: 2001-02-30' case set "$id" prs_Birthdate=2001-02-30
refuses 10 'prs_NumberOfChildren: two' case set "$id" prs_NumberOfChildren=two
refuses 2 'is not FIELD=VALUE' case new prs_FirstName
[ "$whole" = "$("$kerven" case show "$id" --json)" ] || fail "a refused value left a trace"
well w1

# --- files to import
printf '\211PNG\r\n\032\n\000\000\000\015IHDR' >binary.csv
printf 'PK\003\004\024\000\010\000xl/workbook.xml' >sheet.csv
{ head -n 1 "$tests/vectors/ctdc-300.csv" && printf 'Gen\347\n'; } >latin.csv
printf 'Age Band,"Wo' >quote.csv
printf '{"format": "kerven-htcds", "cases": [' >half.json
printf '{"cases": 1}' >other.json
printf '\211PNG' >binary.json
printf 'Name\nA\nB\n' >names.csv
: >empty.csv
mkdir folder.json
refuses 25 'this is not a text file in UTF-8' import sheet.csv --map "$ctdc"
refuses 25 'line 1: text that is not UTF-8' import binary.csv --map "$ctdc"
refuses 25 'line 2: text that is not UTF-8' import latin.csv --map "$ctdc"
refuses 25 'no column "Age Band"' import names.csv --map "$ctdc"
refuses 25 'the file is empty' import empty.csv --map "$ctdc"
refuses 25 'line 1: ' import half.json
refuses 25 'no export of kerven' import other.json
refuses 25 'line 1: ' import binary.json
refuses 6 'nowhere.csv' import nowhere.csv --map "$ctdc"
refuses 6 'nowhere.json' import names.csv --map nowhere.json
refuses 26 'cannot be read' import folder.json --map "$ctdc"
refuses 26 'folder.json' import folder.json
refuses 2 'a CSV file needs --map' import names.csv
refuses 25 '--map is for CSV' import other.json --map "$ctdc"
refuses 36 'names.csv is no schema' --vault office publish names.csv
refuses 25 'the map half.json' import names.csv --map half.json
map() { printf '{"format": 1, "source": "s", %s "columns": [%s]}' "$1" "$2" >map.json; }
map '' '{"column": "Name", "field": "prs_FristName"}'
refuses 7 'the map names prs_FristName: did you mean prs_FirstName?' import names.csv --map map.json
map '' '{"column": "Name", "field": "consent[+].decided"}'
refuses 7 'the map names consent[+].decided' import names.csv --map map.json
map '' '{"column": "Name", "field": "kvn_Nowhere", "note": true}'
refuses 7 'the map names kvn_Nowhere' import names.csv --map map.json
map '"constants": {"prs_Gender": "Femi"},' '{"column": "Name", "field": "prs_FirstName"}'
refuses 8 'the map names prs_Gender: Femi' import names.csv --map map.json
map '' '{"column": "Name", "field": "prs_Birthdate", "dates": "DD.MM.YYYY"}'
printf 'Name\n31.02.2001\n' >born.csv
"$kerven" import born.csv --map map.json --json >out.txt 2>&1
grep -qF 'column \"Name\": \"31.02.2001\" is no date as DD.MM.YYYY' out.txt || fail "a date: $(cat out.txt)"
grep -q '2001-02-31' out.txt && fail "a date that the file does not have: $(cat out.txt)"
map '' '{"column": "Name", "fild": "prs_FirstName"}'
refuses 25 'fild' import names.csv --map map.json
map '' '{"column": "Name", "field": "prs_Gender", "values": {"1": "Masculine", "2": "Femi"}}'
refuses 8 'rule 1 of the map, column "Name": prs_Gender cannot be "Femi"' import names.csv --map map.json
refuses 25 'this looks like a map' import map.json
[ "$("$kerven" case list --json | grep -o '"case"' | wc -l)" -eq 2 ] || fail "a refused file made a case"
refuses 26 'nowhere' export --format csv --out nowhere/out.csv
refuses 31 'no ordinary file' export --format csv --out folder.json
well w1

# --- invitations
refuses 2 'from 1 to 365' --vault office invite --role worker --name B --days 0
refuses 2 'from 1 to 365' --vault office invite --role worker --name B --days 366
code=$("$kerven" --vault office invite --role worker --name B | tail -n 1)
refuses 17 'Copy it whole' --vault b join "${code%?}"
refuses 17 'Copy it whole' --vault b join XYZ
refuses 17 'Copy it whole' --vault b found "${code%?}" --programme X --name Y
refuses 2 'this is a founding code; use kerven found' --vault b join "$(cat one.code)"
refuses 2 'this is an invitation; use kerven join' --vault b found "$code" --programme X --name Y
[ ! -e b ] || fail "a wrong code left a vault"
KERVEN_PASSPHRASE= refuses 3 'the new passphrase is empty' --vault b join "$code"
refuses 2 'there is no role `boss`; there are worker,' --vault office invite --role worker+boss --name B
refuses 2 '--name is needed' --vault office invite --role worker
refuses_waiting() { # --wait without a terminal: the words before, in the failure, and in JSON
  "$kerven" --vault b join "$code" --wait 1 "$@" >out.txt 2>error.txt
  [ $? -eq 13 ] || fail "join --wait 1: $(cat error.txt)"
  words=$("$kerven" --vault b status --json | sed 's/.*"words":"\([^"]*\)".*/\1/')
  grep -qxF "kerven: check words: $words. Tell the office these words by voice" error.txt ||
    fail "the words are not told before: $(cat error.txt)"
  grep -qF "not approved yet: its check words are $words. Ask the office" error.txt ||
    fail "the words are not told at the end: $(cat error.txt)"
}
refuses_waiting
[ ! -s out.txt ] || fail "join --wait prints $(cat out.txt)"
refuses_waiting --json
grep -qF "{\"ok\":false,\"member\":false,\"words\":\"$words\"," out.txt || fail "join --wait --json: $(cat out.txt)"
prints 'Check words' --vault b join "$code"
prints 'Check words' --vault b join "$code" # the same key may ask again
refuses 15 'Ask for a new one' --vault c join "$code"
refuses 15 'Ask for a new one' --vault c sync
refuses 13 'Ask the office to approve it' --vault b case new prs_FirstName=X
refuses 13 'Ask the office to approve it' --vault b case list
refuses 13 'Ask the office to approve it' --vault b export --format json
refuses 35 'belongs to a programme already' join "$code"
refuses 15 'the founding code was used already' --vault d found "$(cat one.code)" --programme X --name Y
code=$("$kerven" --vault office invite --role worker --name C --days 7 | tail -n 1)
prints 'Check words' --vault c2 join "$code"
halt $first

# --- no server
refuses 20 "no connection to the server: $address" sync
prints saved case set "$id" prs_MiddleName=offline
refuses 20 'The work is saved here' sync
prints '"prs_MiddleName":"offline"' case show "$id" --json
late=$("$kerven" --vault office invite --role worker --name D --days 7 | tail -n 1)
refuses 20 'goes out with the next kerven sync' --vault e join "$late"
well w1

# --- a server that sends garbage, says nothing, or goes: the work is kept
head -c 3000 /dev/zero | tr '\000' '\125' >garbage
printf '\377\377\377\377' >long
printf 'HTTP/1.1 400 Bad Request\r\n\r\n' >http
: >nothing
for file in garbage long http; do
  "$peer" serve "$address" $file >serving 2>&1 &
  last=$!
  until_says serving "$address"
  for vault in w1 e; do
    "$kerven" --vault $vault sync >/dev/null 2>error.txt
    got=$?
    case $got in
    21 | 23 | 32 | 34 | 36) ;;
    *) fail "a server that sends $file: exit status $got: $(cat error.txt)" ;;
    esac
    [ "$(wc -l <error.txt)" -eq 1 ] || fail "a server that sends $file: $(cat error.txt)"
  done
  halt $last
done
"$peer" serve "$address" nothing >serving 2>&1 &
last=$!
until_says serving "$address"
refuses 18 'did not take part' sync
halt $last
"$peer" serve "$address" nothing hold >serving 2>&1 &
last=$!
until_says serving "$address"
refuses 22 'The work is saved here' sync --timeout 1
halt $last
well w1

# --- another programme's server at that address: nothing goes to it
halt $second
cp -r two elsewhere
sed -i "s/^listen = .*/listen = $address/" elsewhere/kerven.conf
run elsewhere
other="the server did not take part: $address belongs to another programme, or does not know this"
advice="device. Check the address, or ask the office for a new invitation."
refuses 18 "$other $advice" sync
refuses 18 "$other $advice" --vault f join "$late"
refuses 18 "$other $advice" --vault f sync
grep -q 'items_in=[1-9]' elsewhere.log && fail "something went to another programme's server"
prints '"prs_MiddleName":"offline"' case show "$id" --json
halt $last
well w1

# --- the right one: all that was saved arrives
run one
prints '"unsent":0' sync --json
prints synced --vault office sync
prints '"prs_MiddleName":"offline"' --vault office case show "$id" --json

# --- peers that send garbage to the server: cut off, logged without content, and the server goes on
for file in garbage long http; do
  heard=$("$peer" call "$address" $file) || fail "the server keeps who sends $file"
  [ "$heard" -eq 0 ] || fail "the server answers $file"
done
{ printf '\100\000\001' && head -c 64 garbage; } >framed
"$peer" call "$address" framed >/dev/null || fail "the server keeps who sends a frame of garbage"
until_says one.log 'event=refused'
[ "$(grep -c 'event=refused' one.log)" -ge 4 ] || fail "the log lacks refusals: $(cat one.log)"
grep -qE 'UUU|5555|HTTP|127\.0\.0\.1:[0-9]+ ' one.log && fail "the log shows content: $(cat one.log)"
prints synced sync

# --- a vault in use: says by whom after 5 s; the other one is not disturbed
mkfifo text
"$kerven" note "$id" - <text >note.txt 2>&1 &
holder=$!
exec 9>text
tries=0
until grep -q "^$holder\$" w1/lock; do
  tries=$((tries + 1))
  [ $tries -lt 2000 ] || { fail "nobody holds the vault"; break; }
done
refuses 4 "process $holder holds w1. End the other kerven" case set "$id" prs_FirstName=X
echo "what the other one wrote" >&9
exec 9>&-
wait $holder || fail "the holder: $(cat note.txt)"
prints 'what the other one wrote' case show "$id" --json
well w1

# --- an invitation that has expired, by the server's calendar
late=$("$kerven" --vault office invite --role worker --name E --days 1 | tail -n 1)
asked=$("$kerven" --vault office invite --role worker --name "Who waits" --days 1 | tail -n 1)
"$kerven" --vault asked join "$asked" --json >asked.json || fail "join"
halt "$last"
rm -f one/tickets # it tells its time in XK alone
: >one.log
KRV_AHEAD_S=100000 LD_PRELOAD="$before $ahead" "$server" run one >one.log 2>&1 &
last=$!
servers="$servers $last"
until_says one.log 'listening on'
refuses 16 'Ask for a new one' --vault g join "$late"
prints synced sync
# who asked in time, while the office was away, is told apart, and can be cleared
prints synced --vault office sync
prints 'asked; too old' --vault office members
prints '"expired":true' --vault office members --json
prints 'its invitation has expired meanwhile' --vault office approve --all
words=$(sed 's/.*"words":"\([^"]*\)".*/\1/' asked.json)
prints 'refused: Who waits' --vault office approve --refuse --words "$words"
"$kerven" --vault office members | grep -q 'Who waits' && fail "a request that was cleared is listed"
halt "$last"

# --- a full disk: nothing is lost, reading works, the sentence says what to do
full() {
  mkdir small
  mount -t tmpfs -o size=400k tmpfs small || return 1
  cp -r w1 small/w
  cp -r small/w safe
  export KERVEN_VAULT=small/w
  refuses 24 'Free some space' import "$tests/vectors/ctdc-300.csv" --map "$ctdc"
  cat /dev/zero >small/fill 2>/dev/null
  refuses 24 'nothing that was saved is lost' case new prs_FirstName=Y
  refuses 24 'Free some space' case set "$id" prs_FirstName=Y
  refuses 24 'Free some space' export --format json --out small/out.json
  KERVEN_NEW_PASSPHRASE="five words for these tests" refuses 24 'Free some space' passwd
  refuses 24 'Free some space' --vault small/new join "$late"
  refuses 24 'Free some space' --vault small/first found "$(cat one.code)" --programme X --name Y
  [ ! -e small/out.json ] || fail "half an export"
  prints '"prs_MiddleName":"offline"' case show "$id" --json
  [ "$("$kerven" case show "$id" --json)" = "$("$kerven" --vault safe case show "$id" --json)" ] ||
    fail "a full disk changed a case"
  prints Jeren case list
  well small/w
  rm small/fill
  prints saved case set "$id" prs_FirstName=Z
  refuses 20 'no connection' --vault small/new join "$late" # what the full disk left is no obstacle
  mount -o remount,size=8m small
  refuses 20 'no connection' --vault small/first found "$(cat one.code)" --programme X --name Y
  prints '300 taken' import "$tests/vectors/ctdc-300.csv" --map "$ctdc"
  well small/w
  if [ -c /dev/full ]; then
    "$kerven" export --format csv >/dev/full 2>error.txt
    [ $? -eq 24 ] || fail "stdout on a full disk: $(cat error.txt)"
  fi
  umount small
}
if [ "${KRV_MOUNTS:-}" = own ]; then
  full || echo "left out: no tmpfs can be mounted here"
else
  echo "left out: a full disk (no mounts of its own: unshare is not permitted)"
fi
well w1
well office
exit $failed
