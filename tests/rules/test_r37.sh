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

# two values: set is refused, resolve decides
prints saved --vault office case set "$id" cas_Status=FollowUp
prints saved case set "$id" cas_Status=Active
"$kerven" sync >/dev/null && "$kerven" --vault office sync >/dev/null && "$kerven" sync >/dev/null
prints '1 case with two values: kerven case conflicts' --vault office sync
prints '"field":"cas_Status"' --vault office case conflicts --json
refuses 11 cas_Status --vault office case set "$id" cas_Status=Closed
prints saved --vault office case resolve "$id" cas_Status Active
prints '{"conflicts":[]}' --vault office case conflicts --json
prints saved --vault office case close "$id" --reason "went home"
prints '"cas_Status":"Closed","cas_ReasonForCaseClosure":"went home"' --vault office case show "$id" --json
exit $failed
