#!/bin/sh
# Every command of the table has help that a person can work from, and stands in the man page;
# mistakes get one sentence and the exit status of usage.
#   test_cli_help.sh KERVEN MANPAGE
set -u
kerven=$1 man=$2 bad=0
unset KERVEN_VAULT KERVEN_PASSPHRASE

fail() {
  echo "FAILED: $*"
  bad=1
}

names=$("$kerven" --commands) || fail "--commands"
[ "$(echo "$names" | wc -l)" -ge 25 ] || fail "the table has lost commands"

echo "$names" | while read -r verb sub; do
  # shellcheck disable=SC2086 # sub may be none
  help=$("$kerven" $verb $sub --help) || fail "$verb $sub --help: exit status"
  for part in "usage: kerven $verb" "example:" "kerven "; do
    case $help in
    *"$part"*) ;;
    *) fail "$verb $sub --help lacks '$part'" ;;
    esac
  done
  # shellcheck disable=SC2086
  [ "$("$kerven" help $verb $sub)" = "$help" ] || fail "help $verb $sub differs from --help"
  "$kerven" --help | grep -q "^  $verb${sub:+ $sub} " || fail "$verb $sub is not in --help"
  grep -q "^\.B $verb${sub:+ $sub}\b" "$man" || fail "$verb $sub is not in the man page"
  [ $bad -eq 0 ] || exit 1
done || bad=1

"$kerven" case --help | grep -q '^  case new ' || fail "case --help lists its commands"
[ "$("$kerven" --version | cut -d' ' -f1)" = kerven ] || fail "--version"

# mistake, and what the sentence must say
mistake() {
  want=$1
  shift
  said=$("$kerven" "$@" 2>&1 >/dev/null)
  status=$?
  [ $status -eq 2 ] || fail "$*: exit status $status"
  case $said in
  *"$want"*) ;;
  *) fail "$*: '$said' does not say '$want'" ;;
  esac
}
mistake 'did you mean `kerven status`' stauts
mistake 'did you mean `kerven case show`' case shwo
mistake 'did you mean `kerven case list`' list
mistake 'there is no command `frobnicate`.' frobnicate
mistake 'needs a further word' case
mistake '--frob is no option here' status --frob
mistake '--name needs a value' invite --name
mistake 'See kerven case show --help.' case show
mistake 'too few words; usage: kerven case show ID' case show
mistake 'too many words' status now
mistake 'put the text in quotes' note 3fa9 two words
mistake 'usage: kerven case conflicts. ' case conflicts now
mistake 'which vault' status
mistake 'no command given'

exit $bad
