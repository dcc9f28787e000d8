#!/bin/sh
# On a terminal the passphrase is asked for and never shown, and progress appears; elsewhere there is
# neither: what scripts read holds no control characters.
#   test_terminal.sh KERVEN KERVEN_SERVER ONPTY
# ONPTY: support/onpty.c
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
onpty=$3
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"
secret=$KERVEN_PASSPHRASE
map=$tests/../docs/maps/ctdc.json sample=$tests/vectors/ctdc-300.csv
escape=$(printf '\033')

# on_terminal [PROMPT ANSWER]... -- COMMAND ...: on a terminal, without the variable; what it
# shows is in `screen`, and never holds the passphrase
on_terminal() {
  (
    unset KERVEN_PASSPHRASE
    exec "$onpty" "$@"
  ) >screen
  got=$?
  grep -qF "$secret" screen && fail "the passphrase is shown: $*"
  return $got
}
shows() { grep -qF -- "$1" screen || fail "the terminal does not show '$1' but '$(cat screen)'"; }
shows_not() { grep -qF -- "$1" screen && fail "the terminal shows '$1'"; }

start one
found helper one # waits until the server listens
start two
code=$(cat two.code)
tries=0
until on_terminal "New passphrase" "$secret" "once more" "$secret" -- \
  "$kerven" --vault office found "$code" --programme P --name Maral; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { fail "found on a terminal: $(cat screen)"; break; }
  rm -rf office
done
shows 'New passphrase (several words; nobody can reset it):'
shows 'The same once more:'
shows 'founded: P'
prints member --vault office status # the passphrase that was typed opens it

invitation=$("$kerven" --vault office invite --role worker --name Aygul | tail -n 1)
on_terminal "New passphrase" "$secret" "once more" "other words" -- \
  "$kerven" --vault w1 join "$invitation"
[ $? -eq 2 ] || fail "two different passphrases: $(cat screen)"
shows 'the two are not the same'
[ ! -e w1/vault.db ] || fail "a vault was made all the same"
on_terminal "New passphrase" "$secret" "once more" "$secret" -- \
  "$kerven" --vault w1 join "$invitation" || fail "join on a terminal: $(cat screen)"
shows 'Check words'
prints joining --vault w1 status

# where no vault is, nobody is asked for a passphrase first
on_terminal -- "$kerven" --vault nowhere status
[ $? -eq 6 ] || fail "no vault on a terminal: $(cat screen)"
shows 'kerven found or kerven join makes one'
shows_not 'Passphrase'
on_terminal -- "$kerven" --vault nowhere/office join "$invitation"
[ $? -eq 6 ] || fail "no folder for a vault: $(cat screen)"
shows_not 'passphrase'
on_terminal "Passphrase:" "$secret" "New passphrase" "$secret" "once more" "other words" -- \
  "$kerven" --vault office passwd
[ $? -eq 2 ] || fail "two different ones for passwd: $(cat screen)"
shows 'the two are not the same'
shows_not 'wrong passphrase'

on_terminal "Passphrase:" "$secret" -- "$kerven" --vault office status || fail "status on a terminal"
shows 'Passphrase:'
on_terminal "Passphrase:" "not $secret" -- "$kerven" --vault office status
[ $? -eq 3 ] || fail "a wrong passphrase on a terminal: $(cat screen)"
shows 'wrong passphrase'
on_terminal "Passphrase:" "$(printf '\003')" -- "$kerven" --vault office status
[ $? -eq 3 ] || fail "^C at the prompt: $(cat screen)"
shows 'none was given'

# the terminal echoes again afterwards, whatever the end was
# shellcheck disable=SC2016
on_terminal "Passphrase:" "$(printf '\003')" "none was given" "" -- /bin/sh -c '"$0" "$@"; stty -a' \
  "$kerven" --vault office status
grep -qE '(^| )echo ' screen || fail "no echo any more: $(cat screen)"
grep -qE '(^| )isig ' screen || fail "no signals any more: $(cat screen)"

# progress: on a terminal, and gone when it is done; not in files
on_terminal "Passphrase:" "$secret" -- "$kerven" --vault office import "$sample" --map "$map" ||
  fail "import on a terminal: $(cat screen)"
shows '50 rows'
shows '300 rows'
shows "$escape[K"
shows '300 taken, 0 updated, 0 unchanged, 0 refused'
"$kerven" --vault helper import "$sample" --map "$map" >out.txt 2>&1
[ "$(cat out.txt)" = "300 taken, 0 updated, 0 unchanged, 0 refused" ] || fail "in a file: $(cat out.txt)"
on_terminal "Passphrase:" "$secret" -- "$kerven" --vault office sync || fail "sync on a terminal"
shows 'changes up'
"$kerven" --vault helper sync >out.txt 2>&1
grep -qE "$escape|changes up" out.txt && fail "progress in a file: $(cat out.txt)"
[ "$(wc -l <out.txt)" -eq 1 ] || fail "sync in a file: $(cat out.txt)"

# an invitation: with a QR code on a terminal, the bare code elsewhere
on_terminal "Passphrase:" "$secret" -- "$kerven" --vault office invite --role worker --name B
shows "$escape[97;40m"
shows 'Give this code to that person only'
"$kerven" --vault office invite --role worker --name C >out.txt
[ "$(wc -l <out.txt)" -eq 1 ] || fail "an invitation in a file: $(cat out.txt)"
grep -qE '^[0-9A-Z]+$' out.txt || fail "an invitation in a file: $(cat out.txt)"
exit $failed
