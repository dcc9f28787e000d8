#!/bin/sh
# R32, R24: the CSV export is taken in again without a map. Into the same vault all rows are unchanged,
# into another programme they are equal cases under new ids, byte for byte whatever the values; of an
# edited row the edited cells are taken, and nothing that was not shown is overwritten.
#   test_r32_csv.sh KERVEN KERVEN_SERVER NASTY
# SEED replays a failing run.
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
nasty=$3 seed=${SEED:-1} cases=${CASES:-60}
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

counts() { # taken, updated, unchanged
  echo "{\"taken\":$1,\"updated\":$2,\"unchanged\":$3,\"refused\":[]"
}
export_to() { # VAULT FILE
  "$kerven" --vault "$1" export --format csv --out "$2" >/dev/null 2>error.txt || fail "export"
}
# Without what another programme has of its own: ids, the copy's sync state, its marks.
bare() { sed 's/^"[0-9a-f]*","\([a-z]*\)","[a-z]*","[0-9a-f]*",/\1,/; s/"real-[0-9a-f]*"//' "$1"; }
# A row a line, in order: line ends inside cells are turned into something else.
sorted() {
  { bare "$1" && echo 'end,"'; } | tr '\n' '\001' | sed 's/\r\x01\([a-z]*,"\)/\n\1/g' | sort
}
shows() { # VAULT CASE WHAT
  prints "$3" --vault "$1" case show "$2" --json
}

start one
start two
found office one
member w1 office Aygul
found other two

# --- nasty values: in through JSON, then out and in as CSV
"$nasty" "$cases" "$seed" >nasty.json || fail "the generator"
prints "$(counts "$cases" 0 0)" --vault w1 import nasty.json --json
export_to w1 w1.csv
[ ! -s error.txt ] || grep -q 'not encrypted' error.txt || fail "export says: $(cat error.txt)"
cp -r w1 w1.before
prints "$(counts 0 0 "$cases")" --vault w1 import w1.csv --json
cmp -s w1/vault.db w1.before/vault.db || fail "an import of what is there wrote into the vault"
prints "$(counts "$cases" 0 0)" --vault other import w1.csv --json
prints '"left_out":[]' --vault other import w1.csv --json
prints "$(counts 0 0 "$cases")" --vault other import w1.csv --json
export_to other other.csv
sorted w1.csv >a.txt
sorted other.csv >b.txt
[ "$(wc -l <a.txt)" -ge "$cases" ] || fail "only $(wc -l <a.txt) rows are compared"
cmp a.txt b.txt || fail "the copies differ (SEED=$seed)"
# the CSV of the copy says the same as its JSON: no error of the writer is undone by the reader alone
json_fields() { "$kerven" --vault "$1" export --format json | grep -o '"fields":{.*},"records"' | sort; }
json_fields w1 >a.txt
json_fields other >b.txt
cmp a.txt b.txt || fail "the copies differ in JSON (SEED=$seed)"
cut -c1-34 w1.csv | grep -x '"[0-9a-f]\{32\}"' | sort >ids.one
cut -c1-34 other.csv | grep -x '"[0-9a-f]\{32\}"' | sort >ids.two
[ -n "$(cat ids.one)" ] && [ -z "$(comm -12 ids.one ids.two)" ] || fail "ids of one programme in another"

# --- another vault of the programme
prints '"ok":true' --vault w1 sync --json
prints '"ok":true' --vault office sync --json
prints "$(counts 0 0 "$cases")" --vault office import w1.csv --json
[ "$("$kerven" --vault office case list --type all --json | grep -o '"case":' | wc -l)" -eq "$cases" ] ||
  fail "the office has another number of cases"

# --- what a person edits in the file
start three
found desk three
member w3 desk Oguz
aygul=$(new desk --set prs_FirstName=Aygul --set prs_Gender=Feminine --set prs_Birthdate=2001-04 \
  --set "vic_MethodsOfControl=DebtBondage;TakesEarnings" --set "kvn_Narrative=one
\"two\", =three")
maral=$(new desk --set prs_FirstName=Maral --set "kvn_PreviousCase=$aygul")
export_to desk old.csv
takes() { # COUNTS FILE [VAULT]
  prints "$1" --vault "${3:-desk}" import "$2" --json
}

sed 's/"Aygul"/"Aygul B"/' old.csv >edited.csv
takes "$(counts 0 1 1)" edited.csv
shows desk "$aygul" '"prs_FirstName":"Aygul B"'
takes "$(counts 0 0 2)" edited.csv
# the old file, of which nobody edited anything, brings nothing back
takes "$(counts 0 0 2)" old.csv
shows desk "$aygul" '"prs_FirstName":"Aygul B"'
# the next edit in the same file
sed -i 's/"DebtBondage;TakesEarnings"/"PhysicalThreats; DebtBondage"/' edited.csv
takes "$(counts 0 1 1)" edited.csv
shows desk "$aygul" '"vic_MethodsOfControl":["PhysicalThreats","DebtBondage"]'
# an edit of what has changed in the case since is refused, with the whole row
prints saved --vault desk case set "$aygul" prs_FirstName=Jeren
sed 's/"Aygul B"/"Nur"/; s/"2001-04"/"2002"/' edited.csv >late.csv
takes '{"taken":0,"updated":0,"unchanged":1,"refused":[{"line":' late.csv
takes '"why":"prs_FirstName: the case holds something else than when it was exported","case":' late.csv
shows desk "$aygul" '"prs_FirstName":"Jeren"'
shows desk "$aygul" '"prs_Birthdate":"2001-04"'
# an empty cell clears nothing, and says so
sed 's/"Maral"/""/' old.csv >empty.csv
takes "$(counts 0 0 2),\"left_out\":[{\"line\":" empty.csv
takes "\"case\":\"$maral\",\"field\":\"prs_FirstName\",\"why\":\"an empty cell clears nothing" empty.csv
shows desk "$maral" '"prs_FirstName":"Maral"'
# without the marks nobody knows who changed it
sed 's/"real-[0-9a-f]*"/""/' old.csv >unmarked.csv
takes '"unchanged":1,"refused":[{"line":' unmarked.csv
shows desk "$aygul" '"prs_FirstName":"Jeren"'
# every fault of a row
export_to desk now.csv
sed 's/"Feminine"/"Nope"/; s/"2001-04"/"2001-13"/' now.csv >faults.csv
takes '"updated":0,"unchanged":1,"refused":[{"line":' faults.csv
takes 'prs_Birthdate: 2001-13; the value is not in' faults.csv
takes 'prs_Gender: Nope","case":"'"$aygul" faults.csv
shows desk "$aygul" '"prs_Gender":"Feminine"'

# --- as spreadsheets save it
sed 's/","/";"/g; s/"\(real-[0-9a-f]*\)"/\1/' now.csv >semi.csv
{ printf '\357\273\277' && cat semi.csv && printf ';;\r\n\r\n'; } >calc.csv
takes "$(counts 0 0 2)" calc.csv
sed 's/","/"\t"/g' now.csv >tab.csv
takes "$(counts 0 0 2)" tab.csv
sed 's/\r*$/\r/' now.csv >dos.csv
[ "$(wc -l <dos.csv)" -gt 3 ] || fail "no cell has two lines"
takes "$(counts 0 0 2)" dos.csv
cut -d, -f2- now.csv >cut.csv
refuses 2 'a CSV file needs --map MAP, unless it is an export' --vault desk import cut.csv
sed "s/$aygul\",\"case/1.23E+31\",\"case/" now.csv >mangled.csv
takes '"why":"the case id is not as it was exported: let the spreadsheet read every column as text"' \
  mangled.csv
sed "s/\"$aygul\",\"case/\"\",\"case/" now.csv >nobody.csv
takes '"why":"no case id: a new person comes in by kerven case new, or by a map"' nobody.csv
{ cat now.csv && grep "^\"$maral" now.csv; } >twice.csv
takes '"why":"another row of this file is the same case"' twice.csv
sed "s/^\"$maral\",/\"$maral\",\"one cell more\",/" now.csv >shifted.csv
takes 'cells, but the file has' shifted.csv
sed '1s/"prs_FirstName"/"prs_FristName"/' now.csv >column.csv
refuses 7 'did you mean prs_FirstName?' --vault desk import column.csv
sed '1s/"prs_Gender"/"prs_FirstName"/' now.csv >column.csv
refuses 25 'the file has two columns "prs_FirstName"' --vault desk import column.csv
sed '1s/"prs_Gender"/"consent[+].decision"/' now.csv >column.csv
refuses 7 'the file has a column "consent[+].decision", which is no field' --vault desk import column.csv
sed 's/"real-/"practice-/' now.csv >practice.csv
refuses 14 'practice programme' --vault desk import practice.csv

# --- what a row has no room for is told; a conflict is one value in the copy and stays two here
prints saved --vault desk case set "$maral" "consent[+].decision=granted"
prints saved --vault desk note "$maral" "a note"
prints shared --vault desk case share "$maral" --with Oguz
prints '"ok":true' --vault desk sync --json
prints '"ok":true' --vault w3 sync --json
prints saved --vault desk case set "$maral" prs_FirstName=Maya
prints saved --vault w3 case set "$maral" prs_FirstName=Maisa
prints '"ok":true' --vault w3 sync --json
prints '"ok":true' --vault desk sync --json
export_to desk full.csv
grep -qF "left out of the CSV: 1 record, 1 note, 1 conflict's other value of 1 case; --format json holds" \
  error.txt || fail "export says: $(cat error.txt)"
takes "$(counts 0 0 2)" full.csv
sed 's/"Maya"/"Nur"/; s/"Maisa"/"Nur"/' full.csv >conflict.csv
takes '"unchanged":1,"refused":[{"line":' conflict.csv
shows desk "$maral" '"conflict_count":1'
takes '{"taken":2,"updated":0,"unchanged":0,"refused":[],"left_out":[{"line":' full.csv other
takes '"taken":0,"updated":0,"unchanged":2,"refused":[],"left_out":[]' full.csv other
# a field that points at a case points at its copy
copy=$("$kerven" --vault other case search Jeren --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/')
prints "\"kvn_PreviousCase\":\"$copy\"" --vault other export --format json
exit $failed
