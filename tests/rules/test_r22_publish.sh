#!/bin/sh
# R22: a newer schema is published through the roster and reaches everybody sealed; a device that has not
# got it yet keeps the values of fields that it does not know, shows them raw, and carries them on.
#   test_r22_publish.sh KERVEN KERVEN_SERVER KERVEN_MKSCHEMA BUILTIN_JSON
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
mkschema=$3 builtin=$4
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
found office one
member w1 office Aygul
member w2 office Batyr

added='    {"id": 99, "name": "kvn_Added", "type": "text", "label": ["Added", "Added", "Added"], "help": ["Added", "Added", "Added"]},'
sed 's/"version": 1,/"version": 2,/' "$builtin" |
  awk -v line="$added" '!done && /"id": 101, "name": "kvn_/ { print line; done = 1 } { print }' >newest.json
"$mkschema" newest.json newest.krvs || fail "mkschema"

refuses 14 'may not' --vault w1 publish newest.krvs
prints 'next sync' --vault office publish newest.krvs
prints '"ok":true' --vault office sync --json
refuses 31 'not older' --vault office publish newest.krvs

# the office has the new field at once, w1 after its sync, w2 not yet
prints kvn_Added --vault office schema kvn_Added
refuses 7 kvn_Added --vault w2 schema kvn_Added
prints '"ok":true' --vault w1 sync --json
prints kvn_Added --vault w1 schema kvn_Added
id=$(new w1 prs_FirstName=Jeren kvn_Added=news)
prints 'shared with' --vault w1 case share "$id" --with Batyr
prints '"ok":true' --vault w1 sync --json

# w2 gets case and schema in one sync; another field of the case is edited; nothing is lost
prints '"ok":true' --vault w2 sync --json
prints saved --vault w2 case set "$id" prs_FirstName=Jahan
prints '"ok":true' --vault w2 sync --json
prints '"ok":true' --vault office sync --json
prints '"kvn_Added":"news"' --vault office case show "$id" --json
prints '"prs_FirstName":"Jahan"' --vault office case show "$id" --json

# R17: two administrators publish at once: the newer version stays, and the other one's person is told
code=$("$kerven" --vault office invite --role administrator --name Bahar | tail -n 1)
words=$("$kerven" --vault second join "$code" --json | sed 's/.*"words":"\([^"]*\)".*/\1/')
"$kerven" --vault office sync >/dev/null
prints 'approved: Bahar' --vault office approve --words "$words"
for vault in office second office second; do prints '"ok":true' --vault $vault sync --json; done
for version in 3 4; do
  sed "s/\"version\": 2,/\"version\": $version,/" newest.json >"$version.json"
  "$mkschema" "$version.json" "$version.krvs" || fail "mkschema"
done
prints 'next sync' --vault office publish 3.krvs
prints 'next sync' --vault second publish 4.krvs
for vault in second office office; do prints '"ok":true' --vault $vault sync --json; done
prints 'or a publication, was overtaken: somebody else came first' --vault office alarms
prints '"kind":"overtaken","device":"","name":""' --vault office alarms --json
prints '"alarms":[]' --vault second alarms --json
exit $failed
