#!/bin/sh
# R32: an import names each row, by its key columns or by H(row) and its occurrence number, in a field
# that syncs: neither a second run nor another vault makes duplicates, and exports carry the case id.
#   test_r32.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
sample=$tests/vectors/ctdc-300.csv map=$tests/../docs/maps/ctdc.json

counts() { # taken, updated, unchanged
  echo "{\"taken\":$1,\"updated\":$2,\"unchanged\":$3,\"refused\":[]"
}

start one
start two
found office one
member w1 office Aygul

# equal rows are different people: each row is a case
[ "$(sort -u "$sample" | wc -l)" -lt 300 ] || fail "the sample has no equal rows"
prints "$(counts 300 0 0)" --vault w1 import "$sample" --map "$map" --json
prints "$(counts 0 0 300)" --vault w1 import "$sample" --map "$map" --json

# what people record in such a case stays
id=$("$kerven" --vault w1 case list --json --limit 1 | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
prints saved --vault w1 case set "$id" prs_FirstName=Jeren kvn_AgeBand=48+
prints "$(counts 0 0 300)" --vault w1 import "$sample" --map "$map" --json
prints '"kvn_AgeBand":"48+"' --vault w1 case show "$id" --json

# another vault of the programme knows the rows once it has synced
prints '"commits_up":301' --vault w1 sync --json
prints '"commits_down":301' --vault office sync --json
prints "$(counts 0 0 300)" --vault office import "$sample" --map "$map" --json

# an export: into the same vault unchanged, into another programme equal fields under new ids
prints saved --vault office case set "$id" "consent[+].decision=granted" "consent[+2].decision=refused"
prints saved --vault office note "$id" "a note"
prints exported --vault office export --format json --out all.json
grep -q "\"case\":\"$id\"" all.json || fail "the export lacks the case id"
[ "$(stat -c %a all.json)" = 600 ] || fail "others can read the export"
prints "$(counts 0 0 300)" --vault office import all.json --json
found other two
prints "$(counts 300 0 0)" --vault other import all.json --json
prints "$(counts 0 0 300)" --vault other import all.json --json
flat() {
  "$kerven" --vault "$1" export --format csv 2>/dev/null |
    sed 's/^"[^"]*","[^"]*","[^"]*","[^"]*",//; s/,"real-[0-9a-f]*"//' | sort
}
flat office >a.csv
flat other >b.csv
[ "$(wc -l <a.csv)" -eq 301 ] || fail "the CSV export has $(wc -l <a.csv) lines"
cmp -s a.csv b.csv || fail "fields differ in the other programme"
"$kerven" --vault other case list --json | grep -q "$id" && fail "the copy has the old id"
copy=$("$kerven" --vault other case search jeren --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
prints '"text":"a note"' --vault other case show "$copy" --json
[ "$("$kerven" --vault other case show "$copy" --json | grep -o '"decision":"[a-z]*"' | sort | tr '\n' ' ')" = \
  '"decision":"granted" "decision":"refused" ' ] || fail "consents of the copy"
[ "$("$kerven" --vault other case history "$copy" --json | grep -o '"commit"' | wc -l)" -eq 1 ] ||
  fail "the copy took more than one commit"

# key columns: a changed row changes its case; refused rows are named, the others are taken
cat >map.json <<'EOT'
{"format": 1, "source": "register", "delimiter": ";", "key": ["No"], "columns": [
 {"column": "Name", "field": "prs_FirstName"}, {"column": "Sex", "field": "prs_Gender"},
 {"column": "Agreed", "field": "consent[+].decision"}, {"column": "Said", "note": true}]}
EOT
cat >rows.csv <<'EOT'
No;Name;Sex;Agreed;Said
1;Oguz;Masculine;granted;"two
lines"
2;Maral;Nope;perhaps;
3;Bahar
4;Nur;Feminine;refused;
4;Nur;Feminine;refused;
EOT
prints '"taken":2,"updated":0,"unchanged":0,"refused":[{"line":4,' \
  --vault office import rows.csv --map map.json --json
prints '{"line":5,"why":"2 cells, but the file has 5 columns"},{"line":7,' \
  --vault office import rows.csv --map map.json --json
# both faults of the row stand in its one entry
prints 'column \"Sex\", value \"Nope\": ' --vault office import rows.csv --map map.json --json
prints 'column \"Agreed\", value \"perhaps\": ' --vault office import rows.csv --map map.json --json
sed -i 's/granted/withdrawn/' rows.csv
prints '"taken":0,"updated":1,"unchanged":1,' --vault office import rows.csv --map map.json --json
oguz=$("$kerven" --vault office case search oguz --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
[ "$("$kerven" --vault office case show "$oguz" --json | grep -o '"decision":"[a-z]*"')" = \
  '"decision":"withdrawn"' ] || fail "the changed row made a second consent"

# what is no such file is refused as a whole
printf 'No;Name;Sex;Agreed;Said\n9;X\377;;;\n' >bad.csv
refuses 25 'line 2: text that is not UTF-8' --vault office import bad.csv --map map.json
refuses 25 'a NUL byte' --vault office import "$kerven" --map map.json
refuses 25 'is the delimiter right' --vault office import "$sample" --map map.json
refuses 25 'looks like a map' --vault office import map.json
refuses 6 'nowhere.json' --vault office import nowhere.json

# practice is not real
sed 's/"practice":false/"practice":true/' all.json >practice.json
refuses 14 'practice programme' --vault office import practice.json
exit $failed
