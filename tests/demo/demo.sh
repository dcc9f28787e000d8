#!/bin/sh
# demo: the main job for real. A server, an administrator, an office, two field devices; 200 cases
# recorded offline; the same fields edited on both; merged, shown, resolved, synced back. Everything is in a
# temporary folder, on loopback, and nothing is left running.
#   sh tests/demo/demo.sh BUILD_DIR
set -eu
build=$(cd "${1:-build}" && pwd)
PATH=$build/client:$build/server:$build/tests/demo:$PATH
export KERVEN_PASSPHRASE="seven camels cross the wide river"

dir=$(mktemp -d)
server=""
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM
cd "$dir"
table=$dir/table
: >"$table"

say() { printf '\n== %s\n' "$*"; }
# number NAME: a number out of the JSON on stdin
number() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" | head -n 1; }
# vault NAME ARGS: one command on that person's vault
vault() {
  who=$1
  shift
  kerven --vault "$dir/$who" "$@"
}
# sync_row VAULT WHAT PEERS: syncs, says so, and keeps a row of the table
sync_row() {
  vault "$1" sync --json >"$dir/sync.json" 2>/dev/null
  up=$(number bytes_up <"$dir/sync.json")
  down=$(number bytes_down <"$dir/sync.json")
  turns=$(number round_trips <"$dir/sync.json")
  printf '%-6s synced: %s (%s bytes, turns: %s)\n' "$1" "$2" $((up + down)) "$turns"
  printf '%s|%s|%s|%s|%s\n' "$2" $((up + down)) "$turns" "$(number ms <"$dir/sync.json")" "$3" \
    >>"$table"
}
# What one changed field costs with others today.
field="one field: 1,250-1,530 bytes; 5,700-12,000 where a CouchDB is behind it"

say "a server that can read nothing"
kerven-server init server --listen 127.0.0.1:0 | tee init.out | sed -n 1,2p
code=$(tail -n 1 init.out)
kerven-server run server >server.out 2>server.log &
server=$!
until grep -q listening server.out; do kill -0 "$server" && sleep 0.05; done
cat server.out

say "an administrator (who is also an office) founds the programme, and invites an office and two workers"
vault admin found "$code" --programme "Caravan practice" --name "Administrator" --practice 2>/dev/null
for who in office:office:"Central office" one:worker:"Aygul (field)" two:worker:"Batyr (field)"; do
  name=${who##*:} role=${who#*:} role=${role%%:*} id=${who%%:*}
  vault admin invite --role "$role" --name "$name" 2>/dev/null | tail -n 1 >"$id.code"
  vault "$id" join "$(cat "$id.code")" 2>/dev/null | tee "$id.join" | head -n 1
done
vault admin sync >/dev/null 2>&1
say "an office will read every case, so it is approved only by its six check words, told by voice"
vault admin approve --words "$(sed -n 's/.*words: //p' office.join | head -n 1)" 2>/dev/null
vault admin sync >/dev/null 2>&1
say "workers prove themselves by their invitations, and are approved together"
vault admin approve --all 2>/dev/null
for id in admin office one two admin office; do vault "$id" sync >/dev/null 2>&1; done
vault admin members 2>/dev/null

say "200 cases, recorded with no network (100 on each device)"
kerven-casegen --count 100 --seed 1 --pool far --format json >one.json
kerven-casegen --count 100 --seed 2 --pool far --format json >two.json
printf 'as JSON: %s bytes\n' "$(cat one.json two.json | wc -c)"
vault one import one.json 2>/dev/null
vault two import two.json 2>/dev/null
id=$(vault one case list --json 2>/dev/null | sed -n 's/.*"case": *"\([0-9a-f]*\)".*/\1/p' | head -n 1)

say "the network is back for a moment: everything travels"
sync_row one "100 new cases up" "-"
sync_row two "100 new cases up" "-"
sync_row office "200 cases down, with receipts" "-"
vault one case share "$id" --with "Batyr (field)" >/dev/null 2>&1
sync_row one "a case shared with a colleague" "-"
sync_row two "the shared case down" "-"
sync_row two "nothing changed" "627 bytes and 3 turns"

say "offline again, both edit the same fields of one case"
vault one case set "$id" prs_MailingCity=Mary cas_Status=FollowUp 2>/dev/null
vault two case set "$id" prs_MailingCity=Tejen cas_Status=Closed 2>/dev/null
vault one note "$id" "Met at the station; wants to be called in the evening." >/dev/null 2>&1
sync_row one "two fields and a note up" "$field"
sync_row two "two fields up, two and a note down" "$field"
sync_row office "all of it down, with receipts" "-"

say "the office sees both values of each field, who wrote them, and when"
vault office case conflicts 2>/dev/null
say "it resolves one, and everybody gets it"
vault office case resolve "$id" prs_MailingCity Mary 2>/dev/null
sync_row office "a conflict resolved" "$field"
sync_row one "the resolution down" "-"
vault one case show "$id" 2>/dev/null | sed -n 1,24p

say "what each step cost (bytes are TCP payload, both directions; turns: times it had to wait for an answer)"
printf '%-36s %9s %6s %7s   %s\n' step bytes turns ms "today's best peers, for the same or less"
while IFS='|' read -r what bytes turns ms peers; do
  printf '%-36s %9s %6s %7s   %s\n' "$what" "$bytes" "$turns" "$ms" "$peers"
done <"$table"
printf '\nthe server held %s bytes, and could read none of them; its log:\n' "$(cat server/* 2>/dev/null | wc -c)"
tail -n 2 server.log
