#!/bin/sh
# A client that was written from the documents alone joins a programme, reads what kerven wrote,
# and writes what kerven reads: a real server, real kerven as office and worker, and the other one.
#   test_second_client.sh KERVEN KERVEN_SERVER SECOND
set -eu
kerven=$1 kerven_server=$2 second=$3
work=$(mktemp -d)
server="" client=""
cleanup() {
  [ -z "$client" ] || kill "$client" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $*" >&2
  [ ! -f server.log ] || tail -5 server.log >&2
  [ ! -f second.log ] || tail -5 second.log >&2
  exit 1
}
export KERVEN_PASSPHRASE="four plain words here"
unset KERVEN_VAULT
cd "$work"

office() { "$kerven" --vault office "$@" || fail "office $*"; }
worker() { "$kerven" --vault worker "$@" || fail "worker $*"; }

start_server() {
  : >run.txt
  "$kerven_server" run programme >run.txt 2>>server.log &
  server=$!
  for _ in $(seq 200); do
    [ ! -s run.txt ] || return 0
    kill -0 "$server" 2>/dev/null || fail "the server ended"
    sleep 0.1
  done
  fail "the server does not say that it runs"
}

stop_server() {
  kill "$server"
  wait "$server" || fail "the server's exit status"
  server=""
}

# One command to the other client; its lines, without the last, in $said.
hear() {
  said=""
  while IFS= read -r line <&4; do
    [ "$line" != "$1" ] || return 0
    said="$said$line
"
    case $line in failed*) break ;; esac
  done
  fail "the second client: ${said:-it ended}"
}
tell() {
  echo "$*" >&3
  hear ok
}
expect() {
  case $said in
  *"$1"*) ;;
  *) fail "the second client does not say '$1' but: $said" ;;
  esac
}
shows() { # ID text, by whom
  "$kerven" --vault "$3" case show "$1" >shown.txt || fail "$3 case show"
  grep -q "$2" shown.txt || fail "$3 does not show '$2': $(cat shown.txt)"
}

# --- a programme with an office and a worker; a name may have 200 bytes
long_name="Office One $(printf '%0189d' 0)"
"$kerven_server" init programme --listen 127.0.0.1:0 >init.txt || fail "init"
start_server
office found "$(tail -1 init.txt)" --programme Demo --name "$long_name" >/dev/null
worker join "$(office invite --role worker --name "Worker One" | tail -1)" >/dev/null
office sync >/dev/null
office approve --all >/dev/null
office sync >/dev/null
worker sync >/dev/null

# --- it joins: XKpsk3, check words, then enrolled and open in one session
mkfifo to from
"$second" <to >from 2>second.log &
client=$!
exec 3>to 4<from
code=$(office invite --role worker --name "Second One" --agency "Second agency" | tail -1)
tell join "$(echo "$code" | tr '[:upper:]' '[:lower:]' | sed 's/......../&-/g')"
words=${said#words }
words=${words%?}
tell sync
expect "waits for approval"
echo watch >&3 # it hears of its admission where it stays
hear watching
office sync >/dev/null
office approve --words "$words" >/dev/null || fail "the words do not match: $words"
office sync >/dev/null
hear ok
expect "session enrol"

# --- a case of the worker, shared with it: backfill, a grant to its own group, a zstd frame
story="She says that she was promised work as a waitress and that her passport was taken from her on
 the first day. She was told that she owes money for the journey. She was not allowed to go out alone."
id=$(worker case new --set prs_FirstName=Aygul --set "kvn_Narrative=$story" --json |
  sed 's/.*"\([0-9a-f]\{32\}\)".*/\1/')
worker sync >/dev/null
office sync >/dev/null
office case set "$id" prs_FirstName="Aygül" >/dev/null
office sync >/dev/null
worker sync >/dev/null # and the roster that names the second one
worker case share "$id" --with "Second One" >/dev/null
worker sync >/dev/null

tell sync
expect "session xk"
tell members
expect "device 0 roles 24: $long_name"
expect "device 1 roles 1: Worker One"
expect "device 2 roles 1: Second One"
tell show "$id"
expect "field 12 by device 0: Aygül"
expect "She was not allowed to go out alone."
expect "$id: 3 commits, 3 applied, 1 zipped, 1 keys"

# --- it writes: one round trip on a ticket; office and worker read it; a receipt comes back
tell set "$id" 12 Leyla
tell set "$id" 120 "At the station"
tell sync
expect "session ticket"
office sync >/dev/null
shows "$id" Leyla office
shows "$id" "At the station" office
"$kerven" --vault office case history "$id" >history.txt
[ "$(grep -c "Second One" history.txt)" -ge 2 ] || fail "history: $(cat history.txt)"
office case conflicts --json >conflicts.txt
! grep -q "$id" conflicts.txt || fail "what it had read became a conflict: $(cat conflicts.txt)"
tell sync
expect "receipt by device 0, reason 0"
expect "session ticket"
worker sync >/dev/null
shows "$id" Leyla worker

# --- at the same time: both values, on both sides
office case set "$id" prs_FirstName=Leila >/dev/null
tell set "$id" 12 Laila
tell sync
office sync >/dev/null
office case conflicts --json >conflicts.txt
grep -q "$id" conflicts.txt || fail "no conflict at the office"
tell sync
tell show "$id"
expect "field 12 by device 0: Leila"
expect "field 12 by device 2: Laila"
office case resolve "$id" prs_FirstName Leila >/dev/null
office sync >/dev/null
tell sync
tell show "$id"
expect "field 12 by device 0: Leila"
case $said in *Laila*) fail "resolved, and still shown" ;; esac

# --- watching: the receipt comes as news
tell set "$id" 120 "At the bus station"
echo watch >&3
hear watching
office sync >/dev/null
hear ok
expect "receipt by device 0, reason 0"

# --- a server that starts again knows its tickets; a whole commit; all from the beginning
stop_server
start_server
tell sync
expect "session ticket"
tell want "$id" 0 1
expect "wanted: the same"
tell show "$id"
before=$said
tell forget
tell sync
expect "session xk"
tell show "$id"
[ "$said" = "$before" ] || fail "read anew, it says something else: $said"

# --- somebody is taken out, so the next commit makes an epoch: its grant, a commit under it, an answer
office case share "$id" --with "Second agency" >/dev/null
office sync >/dev/null
tell sync
office case unshare "$id" --with "Second agency" >/dev/null
office case set "$id" kvn_Pseudonym=Swallow >/dev/null
office sync >/dev/null
tell sync
tell show "$id"
expect "Swallow"
expect " 2 keys"
tell set "$id" 103 Sparrow
tell sync
office sync >/dev/null
shows "$id" Sparrow office
worker sync >/dev/null
shows "$id" Sparrow worker

# --- the server is restored from an old copy: the ticket is not known, RESTART, and nothing is lost
stop_server
cp -r programme copy
start_server
tell set "$id" 120 "At the harbour"
tell sync
expect "session ticket"
office sync >/dev/null
stop_server
rm -r programme
mv copy programme
start_server
tell sync
expect "session xk"
expect "restart"
worker sync >/dev/null
shows "$id" "At the harbour" worker
office sync >/dev/null
shows "$id" "At the harbour" office

# --- it can fail: one letter of the code is another
case $code in *A) bad=${code%?}B ;; *) bad=${code%?}A ;; esac
said=$(echo "join $bad" | "$second") && fail "a changed code is taken"
expect "failed: 11.1"

echo quit >&3
wait "$client" || fail "the second client's exit status"
client=""
