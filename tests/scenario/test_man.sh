#!/bin/sh
# Every command and every option that --help tells stands in the manual page.
#   test_man.sh KERVEN KERVEN_MAN KERVEN_SERVER SERVER_MAN
set -u
kerven=$1 kerven_man=$2 server=$3 server_man=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset KERVEN_VAULT KERVEN_PASSPHRASE
bad=0 told=0
fail() {
  echo "FAILED: $*"
  bad=1
}

# The page as words: man's and mdoc's spellings of a dash taken back.
sed -e 's/\\-/-/g' -e 's/\\f[A-Z]//g' -e 's/\\&//g' "$kerven_man" >"$work/kerven"
sed -e 's/Fl -\([a-z]\)/--\1/g' -e 's/\\&//g' "$server_man" >"$work/server"

options() { grep -oE '(^|[^a-z-])--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }
in_page() { grep -qE -- "(^|[^a-z-])$2([^a-z-]|\$)" "$1"; }

has_options() { # PAGE COMMAND, help on stdin
  for option in $(options); do
    told=$((told + 1))
    in_page "$1" "$option" || fail "$2: $option is not in the manual page"
  done
}

"$kerven" --help >"$work/help" || fail "kerven --help"
has_options "$work/kerven" kerven <"$work/help"
"$kerven" --commands >"$work/commands" || fail "kerven --commands"
while read -r verb sub; do
  told=$((told + 1))
  grep -qE "^\.B $verb${sub:+ $sub}( |\$)" "$work/kerven" || fail "$verb $sub is not in the manual page"
  # shellcheck disable=SC2086 # sub may be none
  "$kerven" $verb $sub --help >"$work/help" || fail "$verb $sub --help"
  has_options "$work/kerven" "$verb $sub" <"$work/help"
done <"$work/commands"

"$server" --help >"$work/help" || fail "kerven-server --help"
commands=$(sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' "$work/help")
[ "$(echo "$commands" | wc -l)" -ge 6 ] || fail "kerven-server --help: its commands are not seen"
for command in $commands; do
  told=$((told + 1))
  grep -q "^\.It Cm $command\$" "$work/server" || fail "kerven-server $command is not in the manual page"
  "$server" "$command" --help >"$work/help" || fail "kerven-server $command --help"
  has_options "$work/server" "kerven-server $command" <"$work/help"
done

# What is in no page must be found missing.
if in_page "$work/kerven" --no-such-option || in_page "$work/server" --no-such-option; then
  fail "an option that does not exist is found: the check cannot fail"
fi
[ "$told" -ge 100 ] || fail "only $told commands and options were seen"
echo "$told commands and options"
exit $bad
