#!/bin/sh
# F17: no plaintext outside memory. A programme is run as people run it, with 10,000 planted words and more
# as names, texts, codes and passphrases; then all that it left behind is searched for each of them, in
# every form in which it could have been written: vaults (also as they are while a command runs, and after
# kill -9), the server's folder, its backup, its log, what a watching sync and a trace print, the wire.
# Nothing may write anywhere else, and nobody but the owner may read any of it, whatever the umask is.
#   test_f17.sh KERVEN KERVEN_SERVER LEAK TAP PEER
# LEAK, TAP, PEER: support/leak.c, support/tap.c, support/peer.c
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
leak=$3 tap=$4 peer=$5
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
umask 0
rows=2000 # of five words each
mkdir vaults wire snaps logs out empty empty/cwd empty/tmp empty/home
vaults=$home/vaults

# What may stay empty does: everything runs in these folders, and has nothing else to write to.
program=$kerven keeper=$server
for name in kerven server; do
  [ $name = kerven ] && real=$program || real=$keeper
  printf '#!/bin/sh\ncd "%s/empty/cwd" && HOME="%s/empty/home" TMPDIR="%s/empty/tmp" SQLITE_TMPDIR="%s/empty/tmp" exec "%s" "$@"\n' \
    "$home" "$home" "$home" "$home" "$real" >in_$name
  chmod +x in_$name
done
kerven=$home/in_kerven server=$home/in_server
touched() { stat -c '%n %y' empty/cwd empty/tmp empty/home; }
touched >before

# --- what is planted
"$leak" words 17 $((5 * rows)) >planted
"$leak" words 18 60 >names
cp planted needles
cat names >>needles
echo "$KERVEN_PASSPHRASE" >>needles
word() { sed -n "$1p" planted; }
name() { sed -n "$1p" names; }
{
  echo 'first,family,story,remark,seen'
  paste -d, - - - - - <planted | sed 's/,\([^,]*\),\([^,]*\),\([^,]*\)$/,"She said: \1, and left",\2,\3/'
} >out/rows.csv
cat >out/map.json <<'EOF'
{"format": 1, "source": "planted", "columns": [
 {"column": "first", "field": "prs_FirstName"}, {"column": "family", "field": "prs_SecondName"},
 {"column": "story", "field": "kvn_Narrative"}, {"column": "remark", "note": true},
 {"column": "seen", "field": "screening[+].remarks"}]}
EOF

# --- a server, behind a wire that is listened to
serve() {
  : >logs/one
  "$server" run "$home/one" >>logs/one 2>&1 &
  last=$!
  servers="$servers $last"
  until_says logs/one 'listening on'
  cat logs/one >>logs/all
}
"$tap" one/kerven.conf wire >tap.out &
servers="$servers $!"
until_says tap.out 127
"$server" init "$home/one" --listen 127.0.0.1:0 --advertise "$(cat tap.out)" 2>>logs/all | tail -n 1 >out/code
serve

# --- people
quiet() { "$kerven" "$@" >out/said 2>out/error || fail "$*: exit status $?: $(cat out/error)"; }
keep_code() { # a code, and what is in it
  echo "$1" >>needles
  "$leak" secrets "$1" >>needles
}
office=$vaults/office w1=$vaults/w1 clinic=$vaults/clinic
quiet --vault "$office" found "$(cat out/code)" --programme "$(name 1)" --name "$(name 2)"
enrol() { # VAULT OPTIONS OF INVITE ...
  vault=$1
  shift
  code=$("$kerven" --vault "$office" invite "$@" | tail -n 1)
  keep_code "$code"
  quiet --vault "$vault" join "$code"
  sed -n 's/.*Check words: //p' out/said >>needles
  quiet --vault "$office" sync
  quiet --vault "$office" approve --all
  quiet --vault "$office" sync
  quiet --vault "$vault" sync
}
enrol "$w1" --role worker --name "$(name 3)"
enrol "$clinic" --role provider --name "$(name 4)" --agency "$(name 5)"
quiet --vault "$office" sync
quiet --vault "$w1" sync
[ "$(grep -c ' .* .* .* .* ' needles)" -ge 2 ] || fail "no check words were planted"

# --- ten thousand of them by an import, that is killed twice on its way
reaches() { # FILE SIZE PID
  until [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]; do
    kill -0 "$3" 2>/dev/null || return 1
  done
}
for size in 200000 700000; do
  "$kerven" --vault "$w1" import "$home/out/rows.csv" --map "$home/out/map.json" >out/said 2>&1 &
  pid=$!
  log=$(stat -c %s "$w1/vault.db-wal" 2>/dev/null || echo 0)
  reaches "$w1/vault.db-wal" $((log + size)) $pid && cp -r "$w1" snaps/running$size && kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  [ $? -eq 137 ] || fail "an import ended before it could be killed"
  cp -r "$w1" snaps/killed$size
  [ -s snaps/killed$size/vault.db-wal ] || fail "nothing was on its way when it was killed"
done
quiet --vault "$w1" import "$home/out/rows.csv" --map "$home/out/map.json"
well "$w1"
cp -r "$w1" snaps/imported

# --- a case by hand: texts, consent, notes, a referral, a conflict that is resolved, one that is not
id=$(new "$w1" "prs_FirstName=$(name 10)" "prs_SecondName=$(name 11)" "kvn_Pseudonym=$(name 12)" \
  "prs_Email=$(name 13)@mail.example" "kvn_GuardianName=$(name 14)" "prs_IdentityNumber=$(name 15)" \
  "consent[+].scope=$(name 16)" "consent[+].witness=$(name 17)" "consent[+].decision=granted" \
  "risk[+].level=high" "task[+].what=$(name 18)" "task[+].due=2999-01-01")
[ ${#id} -eq 32 ] || fail "case new"
{ echo "At length: $(name 19)"; yes "and again $(name 20)" | head -n 200; } >out/story
quiet --vault "$w1" case set "$id" kvn_Narrative=- <out/story
quiet --vault "$w1" note "$id" "$(name 21)"
quiet --vault "$clinic" directory new "name=$(name 22)" services=health "contact=$(name 23)"
exchange() { for vault in "$w1" "$office" "$clinic" "$w1"; do quiet --vault "$vault" sync; done; }
exchange
quiet --vault "$w1" refer "$id" --to "$(name 5)" --share prs_FirstName,kvn_Narrative
referral=$(cat out/said)
exchange
quiet --vault "$clinic" case set "$referral" referral.status=accepted "referral.feedback=$(name 24)"
for field in kvn_PlaceMet prs_MailingStreet; do
  quiet --vault "$w1" case set "$id" "$field=$(name 25)"
  quiet --vault "$office" case set "$id" "$field=$(name 26)"
done
exchange
quiet --vault "$office" case resolve "$id" kvn_PlaceMet "$(name 27)"
quiet --vault "$w1" case set "$id" "prs_MailingCity=$(name 28)" --delete "risk[1]"
quiet --vault "$w1" case close "$id" --reason "$(name 29)"
exchange

# --- what is searched for is there, for who may read it
for vault in "$w1" "$office"; do
  for word in "$(word 1)" "$(word 5002)" "$(word 9998)" "$(name 11)" "$(name 19)"; do
    [ "$("$kerven" --vault "$vault" case search "$word" --json | grep -o '"case":' | wc -l)" -eq 1 ] ||
      fail "$vault does not find $word"
  done
  "$kerven" --vault "$vault" export --format json --out "$home/out/export.json" >out/said 2>&1 || fail "export"
  "$kerven" --vault "$vault" export --format csv >out/export.csv 2>out/error || fail "export to stdout"
  grep -qF "$(word 9997)" out/export.csv || fail "the CSV export lacks a name"
  for word in "$(word 9999)" "$(word 10000)" "$(name 16)" "$(name 21)" "$(name 27)"; do
    grep -qF "$word" out/export.json || fail "the JSON export lacks $word"
  done
done
for what in "status" "doctor" "members" "case list" "case conflicts" "case history $id" "case show $id" \
  "tasks" "directory list" "group list" "roster show" "alarms" "case set $id --restore risk[1]"; do
  # shellcheck disable=SC2086 # words
  quiet --vault "$w1" $what
done

# --- what goes wrong tells nobody else: not the server, and no file
bad() { "$kerven" "$@" >out/said 2>out/error && fail "$* succeeds"; }
bad --vault "$w1" case set "$id" "prs_NoSuchField=$(name 40)"
bad --vault "$w1" case set "$id" "prs_Gender=$(name 41)"
bad --vault "$w1" case set "$id" "prs_Birthdate=$(name 42)"
bad --vault "$w1" case share "$id" --with "$(name 43)"
bad --vault "$vaults/none" join "$(name 44)"
bad --vault "$w1" import "$home/out/map.json" --map "$home/out/rows.csv"
KERVEN_PASSPHRASE=$(name 45) bad --vault "$w1" status
{ cat out/rows.csv && printf '%s,"' "$(name 46)"; } >out/broken.csv
bad --vault "$w1" import "$home/out/broken.csv" --map "$home/out/map.json"
fresh="$(name 47) $(name 48)" usual=$KERVEN_PASSPHRASE
KERVEN_NEW_PASSPHRASE=$fresh quiet --vault "$w1" passwd
KERVEN_PASSPHRASE=$fresh KERVEN_NEW_PASSPHRASE=$usual quiet --vault "$w1" passwd
code=$("$kerven" --vault "$office" invite --role worker --name "$(name 49)" | tail -n 1)
keep_code "$code"
quiet --vault "$vaults/thief" join "$code"
bad --vault "$vaults/second" join "$code"
"$leak" write utf-8 "$(word 7)" >out/garbage
{ printf '\100\000\001' && cat out/garbage out/garbage out/garbage out/garbage; } >out/framed
for garbage in out/garbage out/framed; do
  "$peer" call "$(sed -n 's/^listen = //p' one/kerven.conf)" $garbage >/dev/null || fail "the server keeps a stranger"
done

# --- watching, traced; the server killed and started again meanwhile; backed up and restored
"$kerven" --vault "$w1" sync --watch --trace >logs/watch 2>&1 &
watcher=$!
servers="$servers $watcher"
until_says logs/watch 'connected to'
quiet --vault "$office" case set "$id" "kvn_ReviewNote=$(name 50)"
quiet --vault "$office" sync --trace
cat out/error >>logs/trace
until_says logs/watch 'synced: '
cp -r "$w1" snaps/watching
cp -r one snaps/serving
kill -9 "$last"
wait "$last" 2>/dev/null
cat logs/one >>logs/all
cp -r one snaps/server_killed
[ -s snaps/server_killed/store.db-wal ] || fail "the server had nothing on its way when it was killed"
serve
until_says logs/watch 'connected to' 2
kill -s TERM "$watcher"
wait "$watcher" || fail "the watching sync: $(tail -n 3 logs/watch)"
"$server" check "$home/one" >>logs/all 2>&1 || fail "check"
"$server" status "$home/one" >>logs/all 2>&1 || fail "status of the server"
"$server" backup "$home/one" "$home/backup.krv" >>logs/all 2>&1 || fail "backup"
"$server" restore "$home/backup.krv" "$home/restored" >>logs/all 2>&1 || fail "restore"
halt "$last"
cat logs/one >>logs/all
grep -q 'event=refused' logs/all || fail "the log has no refusals: it was not put to the test"

# --- the search
artefacts="vaults snaps one restored backup.krv logs wire"
# shellcheck disable=SC2086 # words
"$leak" find needles $artefacts >found || fail "$(cat found)"
# The founding code is in the server's key and in nothing else.
: >founding
{ "$leak" secrets "$(cat out/code)" && cat out/code; } >founding
"$leak" find founding vaults snaps/running* snaps/killed* backup.krv logs wire >found.code || fail "$(cat found.code)"
grep -qE '^(1007[0-9]|10[1-9][0-9]{2}) needles in 1[0-9]{5} forms' found || fail "too few needles: $(cat found)"
for file in 'vaults/w1/vault.db' 'one/store.db' 'snaps/killed200000/vault.db-wal' 'wire/1.up' 'wire/9.down' logs/all; do
  [ -s $file ] || fail "$file is empty: nothing was searched there"
done
[ "$(cat wire/* | wc -c)" -gt 500000 ] || fail "the wire was hardly listened to"

# --- the search finds what is there: each form, in a copy of a journal and of a log, in a name of a file
mkdir twin
for form in $("$leak" forms); do
  for number in 778 7777; do
    for file in snaps/killed200000/vault.db-wal logs/all; do
      { head -c 5001 $file && "$leak" write "$form" "$(word $number)" && tail -c 4000 $file; } >twin/copy
      "$leak" find needles twin >twin.out && fail "$form in a copy of $file is not found"
      grep -q "twin/copy: $form of $(word $number) at 5001" twin.out || fail "$form: $(cat twin.out)"
    done
  done
done
rm twin/copy
"$leak" find needles twin >twin.out 2>&1 && fail "no file is a good search"
: >"twin/$(word 9)"
"$leak" find needles twin >twin.out && fail "the name of a file is not looked at"
"$leak" find needles out >twin.out && fail "an export in plain text is not found"
[ "$(sed -n 's/.* \([0-9]*\) hits/\1/p' twin.out)" -ge 10000 ] || fail "not every planted word is found: $(tail -n 1 twin.out)"

# --- nothing was written anywhere else, and all of it is its owner's alone
touched >after
cmp -s before after || fail "something was written: $(diff before after)"
touch empty/tmp/passing && rm empty/tmp/passing
touched >after
cmp -s before after && fail "a file that came and went is not seen"
[ -z "$(find empty -mindepth 2)" ] || fail "left behind: $(find empty -mindepth 2)"
open=$(find vaults/* one restored backup.krv out/export.json -perm /077)
[ -z "$open" ] || fail "others may read: $open"
tail -n 1 found
exit $failed
