#!/bin/sh
# Every command that README.md shows works as it stands there: the blocks marked "sh test" run in
# one shell, in order, in an empty folder, and what they promise has come true.
#   test_readme.sh README KERVEN_SERVER KERVEN
set -eu
readme=$1
PATH="$(dirname "$2"):$(dirname "$3"):$PATH"
work=$(mktemp -d)
server=""
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
unset KERVEN_VAULT KERVEN_PASSPHRASE
export LC_ALL=C.UTF-8

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Nothing waits for the server where a person would: this does, after the block that starts it.
until_listening() {
  i=0
  until grep -q '^listening' server.txt; do
    i=$((i + 1))
    [ $i -lt 600 ] || fail "the server does not listen"
    sleep 0.05
  done
}

awk -v dir="$work" '
  /^```sh test$/ { n++; file = sprintf("%s/block%02d", dir, n); next }
  /^```/ { file = "" }
  file { print > file }
' "$readme"
cd "$work"
blocks=$(find . -name 'block*' | wc -l)
[ "$blocks" -ge 7 ] || fail "only $blocks blocks are marked"

# One screen shows what it is, who it is for, and the real use up to the first sync.
first=$(grep -n '^## ' "$readme" | head -n 1 | cut -d: -f1)
[ "$first" -le 55 ] || fail "the first screen has $first lines"
for word in './run demo' './run test' 'server run' found invite join 'case new' sync; do
  head -n "$first" "$readme" | grep -qF "$word" || fail "the first screen lacks $word"
done

for block in block*; do
  cp "$block" now
  : >said
  # shellcheck disable=SC1091 # in this shell: later blocks use variables of earlier ones
  . ./now >said 2>&1 || { cat now said; fail "$block"; }
  [ -n "$server" ] || server=${!:-}
  if grep -q 'kerven-server run' now; then until_listening; fi
  mv said "said_$block"
done

# What the commands say, together: each promise stands in the block that shows it.
said() { # BLOCK TEXT
  grep -q -- "$2" "said_block$1" || fail "block $1 does not say '$2'"
}
said 02 approved
said 03 Aygul
said 03 delivered
said 04 Aigul
said 05 'Call her'
said 05 'Legal aid'
kerven --vault maral status --json | grep -q '"conflicts":0' || fail "the conflict is still there"
# shellcheck disable=SC2154 # README.md sets it
kerven --vault office case show "$case" --json >o.json
kerven --vault maral case show "$case" --json >m.json
for side in o m; do
  grep -q '"Aygül"' $side.json || fail "the decision did not arrive ($side)"
done
for vault in office maral; do
  kerven --vault $vault status --json | grep -q '"unsent":0' || fail "$vault has unsent changes"
done
said 06 "1 taken"
grep -q "2001-04-30" report.csv || fail "the report lacks the old record"
# the last block has stopped it
wait "$server" || fail "the server does not end cleanly"
server=""
echo "$blocks blocks of README.md"
