#!/bin/sh
# The directory of services (who offers what, where, for whom, and how to reach them): a provider makes
# an entry, a worker finds it with no network, in either language and script, and cannot write it; the
# provider brings it up to date. It is no case, and comes to who joins later too.
#   test_directory.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
found office one
member clinic office "Mary clinic" provider
member w1 office Aygul

# made by the provider, refused without a name, or with what no field takes
refuses 2 'name="Who offers it" is needed' --vault clinic directory new services=legal
refuses 2 'name="Who offers it" is needed' --vault clinic directory new name= services=legal
refuses 8 'directory[+].services' --vault clinic directory new name=X services=magic
prints '{"entries":[]}' --vault clinic directory list --json
prints 'no entries: kerven directory new' --vault clinic directory list
entry=$("$kerven" --vault clinic directory new name="Аман клиника" "services=health;mentalHealth" \
  area=Mary "forWhom=women;children" contact=Ogulgerek phone="+993 12 34-56-78" \
  hours="Mon-Fri 9-17" --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
[ ${#entry} -eq 32 ] || fail "directory new prints '$entry'"
prints '"group":"everyone","write":false' --vault clinic case show "$entry" --json
# it is for all: shared with them once more without a question
prints 'shared with everyone' --vault clinic case share "$entry" --with everyone --read
"$kerven" --vault clinic sync >/dev/null || fail "sync of the clinic"

# a worker has it after a sync, and then needs no network
prints 'no entries' --vault w1 directory list
"$kerven" --vault w1 sync >/dev/null || fail "sync of the worker"
for pid in $servers; do kill "$pid" && wait "$pid"; done
servers=
refuses 20 'no connection' --vault w1 sync
prints 'Аман клиника' --vault w1 directory list
for what in "WHO" "Medical care; Psychological help" Mary "Women; Children" \
  "Ogulgerek; +99312345678; Mon-Fri 9-17"; do
  prints "$what" --vault w1 directory list
done
prints 'Медицинская помощь; Психологическая помощь' --vault w1 directory list --lang ru
prints "{\"entries\":[{\"case\":\"$entry\",\"name\":\"Аман клиника\"," \
  --vault w1 directory list --json
prints '"services":["health","mentalHealth"],"forWhom":["women","children"],"area":"Mary"' \
  --vault w1 directory list --json
prints 'Psychological help' --vault w1 directory show "$entry"
for words in "aman" "mary women" "mental 345678"; do # words of any field, parts of them, any script
  # shellcheck disable=SC2086 # several words
  prints "$entry" --vault w1 directory list $words --json
done
prints '{"entries":[]}' --vault w1 directory list mary shelter --json
prints 'no such entry' --vault w1 directory list balkan
prints "$entry" --vault w1 case search aman --type directory --json

# it is no case, lacks no consent, and its name is its title
prints 'no cases' --vault w1 case list
prints "\"type\":\"directory\",\"title\":\"Аман клиника, Medical care, Psychological help\"" \
  --vault w1 case list --type directory --json
prints '"no_consent":false' --vault w1 case list --type directory --json

# everyone reads, the provider and the office write
refuses 14 'may not' --vault w1 directory set "$entry" phone=+99300000000
case=$(new w1 prs_FirstName=Jeren)
refuses 6 'no entry of the directory' --vault w1 directory set "$case" name=X
prints saved --vault clinic directory set "$entry" phone=+99312345679 checkedOn=2026-02-01
"$server" run one >>one.log 2>&1 &
servers=$!
tries=0
until "$kerven" --vault clinic sync >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { fail "the server does not come back"; break; }
done
prints ' ' --vault w1 sync
prints '+99312345679' --vault w1 directory list
prints ' ' --vault office sync
prints saved --vault office directory set "$entry" area=Lebap

# who joins later gets it as well
member w2 office Bahar
"$kerven" --vault w2 sync >/dev/null
prints '+99312345679' --vault w2 directory list

# --- status counts each kind by itself
count() { "$kerven" --vault w1 case list --expired --type "$1" --json | grep -o '"case":' | wc -l; }
prints "\"cases\":$(count case),\"referrals\":$(count referral),\"directory\":$(count directory)," \
  --vault w1 status --json
[ "$(count directory)" -gt 0 ] || fail "no entry to count"
prints "$(count directory) entr" --vault w1 status

exit $failed
