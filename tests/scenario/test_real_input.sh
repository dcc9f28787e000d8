#!/bin/sh
# Data as it is published: rows of the CTDC sample become cases, once, and come through sync, both
# export formats and imports of the export unchanged.
#   test_real_input.sh KERVEN KERVEN_SERVER
# 300 rows of the sample are here. The whole of 5,000 is taken as well where a folder beside the source
# tree holds it as data/ctdc-sample-5000.csv.
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
whole=
for file in "$tests"/../../*/data/ctdc-sample-5000.csv; do [ -f "$file" ] && whole=$file; done
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
map=$tests/../docs/maps/ctdc.json

counts() { # taken, updated, unchanged; nothing refused
  echo "{\"taken\":$1,\"updated\":$2,\"unchanged\":$3,\"refused\":[]"
}
cases() { "$kerven" --vault "$1" case list --json | grep -o '"case":' | wc -l; }

# figure NAME COMMAND ...: prints how long it took
figure() {
  name=$1
  shift
  began=$(date +%s%N)
  "$@"
  echo "$name: $((($(date +%s%N) - began) / 1000000)) ms"
}

# Without what another vault has of its own: ids, the copy's sync state.
flat() {
  "$kerven" --vault "$1" export --format csv 2>/dev/null |
    sed 's/^"[^"]*","[^"]*","[^"]*","[^"]*",//; s/,"real-[0-9a-f]*"//' | sort
}

# through FILE NAME: in at a field vault, to the office, out, in again, and into another programme
through() {
  rows=$(($(wc -l <"$1") - 1))
  start "one$2"
  start "two$2"
  field=field$2 office=office$2 other=other$2 third=third$2
  found "$office" "one$2"
  found "$other" "two$2"
  start "three$2"
  found "$third" "three$2"
  member "$field" "$office" Aygul
  echo "--- $rows rows, $(tail -n +2 "$1" | sort -u | wc -l) of them distinct"
  figure "import" prints "$(counts "$rows" 0 0)" --vault "$field" import "$1" --map "$map" --json
  figure "import again" prints "$(counts 0 0 "$rows")" --vault "$field" import "$1" --map "$map" --json
  [ "$(cases "$field")" -eq "$rows" ] || fail "$(cases "$field") cases in the field"

  figure "sync up" prints "\"commits_up\":$rows" --vault "$field" sync --json
  figure "sync down" prints "\"commits_down\":$rows" --vault "$office" sync --json
  [ "$(cases "$office")" -eq "$rows" ] || fail "$(cases "$office") cases at the office"
  prints "$(counts 0 0 "$rows")" --vault "$office" import "$1" --map "$map" --json
  flat "$field" >field.csv
  flat "$office" >office.csv
  cmp -s field.csv office.csv || fail "fields differ at the office"
  [ "$(wc -l <office.csv)" -eq $((rows + 1)) ] || fail "$(wc -l <office.csv) lines of CSV"

  figure "export" prints exported --vault "$office" export --format json --out "$2.json"
  figure "import of the export" prints "$(counts 0 0 "$rows")" --vault "$office" import "$2.json" --json
  figure "import elsewhere" prints "$(counts "$rows" 0 0)" --vault "$other" import "$2.json" --json
  prints "$(counts 0 0 "$rows")" --vault "$other" import "$2.json" --json
  flat "$other" >other.csv
  cmp -s field.csv other.csv || fail "fields differ in the other programme"
  "$kerven" --vault "$other" case list --json | grep -o '"case":"[0-9a-f]*"' | sort >ids.other
  "$kerven" --vault "$office" case list --json | grep -o '"case":"[0-9a-f]*"' | sort >ids.office
  [ "$(comm -12 ids.other ids.office | wc -l)" -eq 0 ] || fail "ids of one programme in another"
  figure "export as CSV" prints exported --vault "$office" export --format csv --out "$2.csv"
  figure "import of the CSV" prints "$(counts 0 0 "$rows")" --vault "$office" import "$2.csv" --json
  figure "CSV elsewhere" prints "$(counts "$rows" 0 0)" --vault "$third" import "$2.csv" --json
  prints "$(counts 0 0 "$rows")" --vault "$third" import "$2.csv" --json
  prints "$(counts 0 0 "$rows")" --vault "$other" import "$2.csv" --json
  flat "$third" >third.csv
  cmp -s field.csv third.csv || fail "fields differ where the CSV was taken in"

  echo "vault: $(stat -c %s "$office/vault.db") bytes, export: $(stat -c %s "$2.json") bytes"
  for vault in "$field" "$office" "$other" "$third"; do prints "all is well" --vault "$vault" doctor; done
}

# what the rows say, counted from the file itself
says() { # COLUMN VALUE FIELD TEXT
  want=$(awk -F, -v c="$1" -v v="$2" 'NR > 1 && $c == v' "$tests/vectors/ctdc-300.csv" | wc -l)
  got=$(grep -o "\"$3\":\"$4\"" 300.json | wc -l)
  [ "$want" -eq "$got" ] && [ "$want" -gt 0 ] || fail "$4: $want rows, $got cases"
}

through "$tests/vectors/ctdc-300.csv" 300
says 18 1 prs_Gender Feminine
says 1 2 kvn_AgeBand 9-17
says 1 9 kvn_AgeBand '48+'
if [ -n "$whole" ]; then
  through "$whole" 5000
else
  echo "left out: the whole sample is not here"
fi
exit $failed
