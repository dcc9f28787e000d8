#!/bin/sh
# What others on the machine see of a running program: no passphrase in its environment, no core dump,
# no memory for another process of the same user; and with --from no word of a case, no name and no code
# on its command line.
#   test_seen.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
secret=$KERVEN_PASSPHRASE

# --- words and options, a line each, from a file or standard input, as if they stood on the command line
"$server" init one --listen 127.0.0.1:0 2>/dev/null | tail -n 1 >one.code
run one
{ cat one.code && printf -- '--programme\nOutreach\n\n--name=Maral Öwez\r\n'; } >founding
prints 'founded: Outreach' --vault office found --from founding
prints 'Maral Öwez' --vault office status
printf -- '--role\nworker\n--name\nAýgül\n' >lines
"$kerven" --vault office invite --from - <lines >invitation || fail "invite"
prints 'asked to join' --vault w1 join --from invitation
prints synced --vault office sync
prints 'approved: Aýgül' --vault office approve --all
prints synced --vault office sync
prints member --vault w1 sync
export KERVEN_VAULT=w1
printf 'prs_FirstName=Jeren\n--set\nprs_Gender=Feminine\nprs_MiddleName= two  words \n' >fields
id=$("$kerven" case new kvn_PlaceMet=Mary --from fields --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
for what in '"prs_FirstName":"Jeren"' '"prs_Gender":"Feminine"' '"kvn_PlaceMet":"Mary"' 'two  words'; do
  prints "$what" case show "$id" --json
done
echo Jeren >lines
prints "$id" case search --from - --json <lines
echo "what was said" >lines
prints saved note "$id" --from - <lines
prints 'what was said' case show "$id"
echo --json >lines
prints '{"cases":' case list --from - <lines # options of all commands too
echo --field >lines
prints saved note "$id" --from - -- <lines # after --, a word is a word
prints '--field' case show "$id"
echo kvn_Narrative=- >lines
printf 'one line\nanother line' >story
prints saved case set "$id" --from lines <story
prints 'one line\nanother line' case show "$id" --json

# --- what cannot be read changes nothing, and says why
refuses 6 nowhere case set "$id" --from nowhere
refuses 26 w1 case set "$id" --from w1
printf 'prs_FirstName=X\0\n' >binary
refuses 10 'binary is no text' case set "$id" --from binary
head -c 70000 /dev/zero | tr '\0' x >long
refuses 32 'over 64 KiB' case set "$id" --from long
refuses 2 'once only' case set "$id" --from fields --from fields
printf -- '--from\nfields\n' >twice
refuses 2 'once only' case set "$id" --from twice
: >none
refuses 2 'nothing to change' case set "$id" --from none
refuses 2 'standard input can be read once only' case set "$id" kvn_Narrative=- kvn_PlaceMet=- <story
refuses 2 'standard input can be read once only' case set "$id" --from - <lines
prints 'one line\nanother line' case show "$id" --json
prints '"kvn_PlaceMet":"Mary"' case show "$id" --json

# --- a running program. become: as somebody without rights over other people's processes
become=
if [ "$(id -u)" = 0 ]; then
  become="setpriv --reuid=12345 --regid=12345 --clear-groups"
  chmod 711 "$home"
  $become "$kerven" --version >/dev/null 2>&1 || become=none
fi
user=$(id -u)
[ "$user" = 0 ] && user=12345

# until_true COMMAND ...: some minutes at most
until_true() {
  tries=0
  until "$@" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 4000 ] || { fail "never: $*"; return; }
    sleep 0.05
  done
}
holds() { tr '\0' '\n' <"/proc/$2/$1" 2>/dev/null | grep -qF -- "$3"; }
lacks() { [ -r "/proc/$2/$1" ] && ! holds "$@"; }
no_core() { grep -qE '^Max core file size +0 +0 ' "/proc/$1/limits"; }
closed() { [ "$(stat -c %u "/proc/$1/mem")" != "$user" ]; }
named() { grep -qxF "$1" "/proc/$2/comm"; }

mkfifo text
"$kerven" note "$id" --from - <text >note.txt 2>&1 &
pid=$!
exec 9>text
until_true named kerven $pid
lacks cmdline $pid 'what is written' || fail "a word is on the command line"
echo 'what is written' >&9
exec 9>&-
wait $pid || fail "note --from -: $(cat note.txt)"
prints 'what is written' case show "$id"

"$kerven" note "$id" - <text >note.txt 2>&1 & # the vault is open when this reads
pid=$!
exec 9>text
until_true named kerven $pid
until_true grep -q "^$pid\$" w1/lock
until_true lacks environ $pid "$secret"
no_core $pid || fail "kerven can leave a core"
echo 'and more' >&9
exec 9>&-
wait $pid || fail "note -: $(cat note.txt)"

mkfifo backup
"$server" restore backup restored >restore.txt 2>&1 &
pid=$!
until_true named kerven-server $pid
until_true lacks environ $pid "$secret"
no_core $pid || fail "kerven-server can leave a core"
: >backup
wait $pid && fail "restored from nothing"
no_core "$last" || fail "a running server can leave a core"

# A program that does nothing about it is seen: else all this tells nothing.
sleep 1000 &
pid=$!
servers="$servers $pid"
until_true named sleep $pid
holds environ $pid "$secret" || fail "an environment is not seen: the check cannot fail"
holds cmdline $pid 1000 || fail "a command line is not seen: the check cannot fail"

if [ "$become" = none ]; then
  echo "left out: other users' eyes (the programs cannot be run by another user here)"
  exit $failed
fi
# $become begins each, so that what is asked for is theirs
# shellcheck disable=SC2086
{
  mkdir theirs && chmod 777 theirs
  mkfifo -m 666 theirs/lines
  $become "$kerven" --from theirs/lines >/dev/null 2>&1 &
  before=$! # before any passphrase
  $become sleep 1000 &
  twin=$!
  servers="$servers $before $twin"
}
until_true named sleep $twin
until_true named kerven $before
until_true closed $before
no_core $before || fail "kerven can leave a core before it asks for the passphrase"
closed $twin && fail "nobody's memory is seen: the check cannot fail"
(
  cd theirs || exit 1
  # shellcheck disable=SC2086
  $become "$server" init two --listen 127.0.0.1:0 >init.txt 2>&1 || fail "init: $(cat init.txt)"
  # shellcheck disable=SC2086
  $become "$server" run two >two.log 2>&1 &
  echo $! >two.pid
  until_says two.log 'listening on'
  exit $failed
) || failed=1
pid=$(cat theirs/two.pid)
servers="$servers $pid"
until_true closed "$pid"
exit $failed
