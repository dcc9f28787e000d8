#!/bin/sh
# R37: how things are written at the command: choices, partial dates, record numbers, id prefixes,
# types in lists, answering a referral, sharing and taking back; and an error each for what is wrong.
#   test_r37.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
found office one
member w1 office Aygul
export KERVEN_VAULT=w1
id=$(new w1 prs_FirstName=Jeren)

# choices: A;B sets, += and -= leave the others alone
prints saved case set "$id" "vic_MethodsOfControl=DebtBondage;TakesEarnings"
prints '"vic_MethodsOfControl":["DebtBondage","TakesEarnings"]' case show "$id" --json
prints saved case set "$id" vic_MethodsOfControl+=FalsePromises vic_MethodsOfControl-=DebtBondage
prints '"vic_MethodsOfControl":["FalsePromises","TakesEarnings"]' case show "$id" --json

# partial dates, yes and no, numbers, long texts from stdin
prints saved case set "$id" prs_Birthdate=2001-04 con_Consent=true prs_NumberOfChildren=2
prints '"prs_Birthdate":"2001-04"' case show "$id" --json
prints '"prs_NumberOfChildren":2' case show "$id" --json
prints '"con_Consent":true' case show "$id" --json
printf 'first\nsecond\n' | "$kerven" case set "$id" kvn_Narrative=- >/dev/null || fail "stdin"
prints '"kvn_Narrative":"first\nsecond"' case show "$id" --json
refuses 9 '2001-13' case set "$id" prs_Birthdate=2001-13
refuses 8 'Femi' case set "$id" prs_Gender=Femi
refuses 7 'prs_FirstName' case set "$id" prs_FristName=X
refuses 2 'is not FIELD=VALUE' case set "$id" prs_FirstName

# records: new ones, by number, by rid
prints saved case set "$id" "consent[+].decision=granted" "consent[+].scope=a" "consent[+2].decision=refused"
[ "$("$kerven" case show "$id" --json | grep -o '"rid":"[0-9a-f]*"' | wc -l)" -eq 2 ] || fail "two records"
rid=$("$kerven" case show "$id" --json | sed 's/.*"rid":"\([0-9a-f]*\)","decision":"granted".*/\1/')
prints saved case set "$id" "consent[$rid].decision=withdrawn"
prints "\"rid\":\"$rid\",\"decision\":\"withdrawn\"" case show "$id" --json
prints saved case set "$id" "consent[1].language=tuk" "consent[2].language=rus"
prints '"language":"rus"' case show "$id" --json
prints saved case set "$id" --delete "consent[1]"
[ "$("$kerven" case show "$id" --json | grep -o '"rid"' | wc -l)" -eq 1 ] || fail "deleted record shows"
[ "$("$kerven" case show "$id" --deleted --json | grep -o '"rid"' | wc -l)" -eq 2 ] || fail "--deleted"

# an id is 32 digits or a unique prefix
short=$(echo "$id" | cut -c1-8)
prints "\"case\":\"$id\"" case show "$short" --json
refuses 6 "no case begins with 0123456789abcdef" case show 0123456789abcdef0123456789abcdef
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do new w1 prs_FirstName="N$i" >/dev/null; done
first=$("$kerven" case list --json | grep -o '"case":"[0-9a-f]' | sort | uniq -d | head -n 1 | tail -c 2)
refuses 12 "several cases begin with $first" case show "$first" # 17 cases, 16 digits: some digit stands twice

# consent and what is missing are said where a case is looked at, and before it goes to others
bare=$(new w1 prs_FirstName=Ogul)
prints 'no consent' case list
prints '! not recorded yet, but should be: Consent' case show "$bare"
prints saved case set "$bare" "consent[+].decision=refused"
prints 'consent refused' case list
prints 'CONSENT WAS REFUSED' case show "$bare"
prints '"consent_refused":true' case show "$bare" --json
prints '"missing_names":"' case show "$bare" --json

# a case is shown in one language: no code stands raw beside labels
prints saved case set "$bare" prs_Gender=Feminine vic_MethodsOfControl=DebtBondage
for word in 'Согласие  consent\[1\]' 'Решение  *Отказ$' 'Пол  *Женщина или девочка$' 'Долговая кабала$'; do
  "$kerven" case show "$bare" --lang ru | grep -q "$word" || fail "case show in Russian lacks $word"
done
"$kerven" case show "$bare" --lang tk | grep -q 'Bergi gulçulygy$' || fail "case show in Turkmen"
"$kerven" case show "$bare" --lang ru | grep -E 'Feminine|refused|DebtBondage' && fail "raw codes in Russian"
prints shared case share "$bare" --with "Office one"
grep -q 'consent was refused' error.txt || fail "a share without consent goes without a word"

# fields are found however they are written; long lists stay out of the way
prints 'consent.decision  code' schema 'consent[1].decision'
prints 'consent.decision  code' schema 'CONSENT[+].decision'
prints 'codes: kerven schema consent.language' schema consent
prints 'tuk ' schema consent.language
row() { "$kerven" schema --lang "$1" | grep -Eq "$2" || fail "schema --lang $1 has no row $2"; }
row en '^prs_FirstName +text +First name$'
row en '^con_Consent +bool +yes +Consent$'
row ru '^consent\[1\]\.decision +code consentDecision +yes +Решение$'
row tk '^prs_Citizenship +codes country +Raýatlygy$'

# referrals are small cases of their own, not in the list of cases
prints saved case set "$id" prs_PrimaryLanguage=tuk
referral=$("$kerven" refer "$id" --to "Office one" --share prs_FirstName,prs_PrimaryLanguage)
[ ${#referral} -eq 32 ] || fail "refer prints '$referral'"
"$kerven" case list --json | grep -q "$referral" && fail "case list shows a referral"
prints "$referral" case list --type referral --json
prints "$referral" case list --type all --json
prints ' sent' sync
"$kerven" --vault office sync >/dev/null || fail "sync of the office"
"$kerven" --vault office case show "$referral" --json | grep -q kvn_Narrative && fail "shared too much"
prints saved --vault office case set "$referral" referral.status=accepted
"$kerven" --vault office sync >/dev/null && "$kerven" sync >/dev/null || fail "sync back"
prints '"status":"accepted"' case show "$referral" --json

# sharing, and taking it back
prints 'up to date' sync
member w2 office Bahar
"$kerven" sync >/dev/null
prints shared case share "$id" --with bahar --read
prints '"group":"Bahar","write":false' case show "$id" --json
"$kerven" sync >/dev/null && "$kerven" --vault w2 sync >/dev/null || fail "sync of the share"
prints '"prs_FirstName":"Jeren"' --vault w2 case show "$id" --json
refuses 14 'shared with you to read, not to change' --vault w2 case set "$id" prs_FirstName=X
prints 'no longer' case unshare "$id" --with Bahar
"$kerven" case show "$id" --json | grep -q Bahar && fail "still shared"
refuses 6 Nobody case share "$id" --with Nobody

# two of one name, and an agency of that name too: each is told apart, and the sentence says how
code=$("$kerven" --vault office invite --role worker --name Bahar 2>error.txt | tail -n 1)
grep -qF 'kerven: warning: somebody or some agency is called Bahar already' error.txt ||
  fail "a second Bahar comes without a word: $(cat error.txt)"
"$kerven" --vault w3 join "$code" >/dev/null || fail "join"
code=$("$kerven" --vault office invite --role provider --name Nury --agency bahar 2>/dev/null | tail -n 1)
"$kerven" --vault w4 join "$code" >/dev/null || fail "join"
"$kerven" --vault office sync >/dev/null && "$kerven" --vault office approve --all >/dev/null || fail "approve"
for vault in office w1 w3 w4 w2; do "$kerven" --vault $vault sync >/dev/null || fail "sync of $vault"; done
device() { "$kerven" --vault "$1" status --json | sed 's/.*"device":"\([0-9a-f]*\)".*/\1/'; }
first=$(device w2) second=$(device w3)
short() { echo "$1" | cut -c1-8; }
refuses 12 "Bahar; write one of these: $(short "$first"), $(short "$second"), agency:bahar" \
  case share "$id" --with Bahar
grep -qF 'kerven group list and kerven members tell who is who' error.txt || fail "ambiguous: $(cat error.txt)"
refuses 12 "write one of these: $(short "$first"), $(short "$second")." case share "$id" --with Member:bahar
refuses 12 'write one of these' case unshare "$id" --with BAHAR
refuses 12 'write one of these' refer "$id" --to Bahar --share prs_FirstName
refuses 12 'write one of these' --vault office group renew Bahar
prints shared case share "$id" --with "$(echo "$second" | cut -c1-4)" --read
prints "\"group\":\"Bahar\",\"write\":false,\"say\":\"$(short "$second")\"" case show "$id" --json
prints "$(short "$second")" case show "$id"
prints shared case share "$id" --with agency:Bahar
prints '"group":"bahar","write":true,"say":"agency:bahar"' case show "$id" --json
prints 'agency:bahar' group list
prints "$(short "$first")" group list
refuses 6 'not shared with' case unshare "$id" --with "$(short "$first")"
prints 'no longer' case unshare "$id" --with "$(short "$second")"
prints 'no longer' case unshare "$id" --with "agency:$(short "$(device w4)")"
referral=$("$kerven" refer "$id" --to "$(short "$first")" --share prs_FirstName)
prints '"to":"Bahar"' case show "$id" --json # the name, not what was typed
refuses 6 'nobody and no group is called 000' case share "$id" --with 000 # too few digits
for name in Office everyone agency:X; do
  refuses 31 'has a meaning of its own' --vault named found "$(cat one.code)" --programme P --name $name
  refuses 31 'has a meaning of its own' --vault office invite --role worker --name $name
  refuses 31 'has a meaning of its own' --vault office approve --words "a b c d e f" --name $name
  refuses 31 'has a meaning of its own' --vault office approve --words "a b c d e f" --name B --agency $name
done
refuses 31 'has a meaning of its own' --vault office invite --role provider --name B --agency office
prints renewed --vault office group renew office
refuses 31 'the renewal is under way already' --vault office group renew office
grep -qF 'Run kerven sync.' error.txt || fail "renewing: $(cat error.txt)"

# two values: set is refused, resolve decides
prints saved --vault office case set "$id" cas_Status=FollowUp
prints saved case set "$id" cas_Status=Active
"$kerven" sync >/dev/null && "$kerven" --vault office sync >/dev/null && "$kerven" sync >/dev/null
prints '1 case with two values: kerven case conflicts' --vault office sync
prints '"field":"cas_Status"' --vault office case conflicts --json
for part in '"values":[{"value":"' '"value":"FollowUp"' '"value":"Active"' '"by":"Office one"' \
  '"by":"Aygul"' '"at":"20'; do
  prints "$part" --vault office case conflicts --json
  prints "$part" --vault office case show "$id" --json
done
prints '"conflict_count":1' --vault office case show "$id" --json
refuses 11 cas_Status --vault office case set "$id" cas_Status=Closed
prints saved --vault office case resolve "$id" cas_Status Active
prints '{"conflicts":[]}' --vault office case conflicts --json
prints saved --vault office case close "$id" --reason "went home"
prints '"cas_Status":"Closed","cas_ReasonForCaseClosure":"went home"' --vault office case show "$id" --json

# how far a case has come, and what a sync costs
far=$(new w1 prs_FirstName=Far)
prints '"sync":"saved"' case show "$far" --json
prints '"ok":true' sync --json
prints '"sync":"server"' case show "$far" --json
prints '"commits_down":1' --vault office sync --json
prints '"receipts_down":1' sync --json
prints '"sync":"delivered"' case show "$far" --json
said=$("$kerven" sync --json) || fail "sync --json"
for part in '"bytes_up":[1-9]' '"bytes_down":[1-9]' '"round_trips":1,' '"ms":[0-9]' '"ticket":true' \
  '"commits_up":0,'; do
  echo "$said" | grep -q "$part" || fail "sync --json says no $part: $said"
done

# a practice programme says so
start play
tries=0
until "$kerven" --vault trial found "$(cat play.code)" --programme P --name Head --practice >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { fail "found --practice"; break; }
done
prints '"practice":true' --vault trial status --json
prints '"practice":false' --vault office status --json

# of a device that wrote two histories, only the changes that stand at one place are told to be two
both=$(new w2 prs_FirstName=Shown)
prints saved --vault w2 case set "$both" prs_MiddleName=one
prints sent --vault w2 sync
cp -r w2 copy
prints saved --vault w2 case set "$both" prs_MiddleName=two
prints saved --vault copy case set "$both" prs_MiddleName=three
prints saved --vault copy case set "$both" prs_MiddleName=four
for vault in w2 copy office; do "$kerven" --vault $vault sync >/dev/null 2>&1; done
[ "$("$kerven" --vault office case history "$both" --json 2>/dev/null | grep -o '"fork":true' | wc -l)" -eq 2 ] ||
  fail "two changes at one place: $("$kerven" --vault office case history "$both" --json)"
[ "$("$kerven" --vault office case history "$both" --json 2>/dev/null | grep -o '"fork":' | wc -l)" -eq 5 ] ||
  fail "the history has not 5 changes"
exit $failed
