# What tests of the command share: a folder of their own, a server, checks that say what failed.
#   . cli.sh KERVEN KERVEN_SERVER
# shellcheck shell=sh
kerven=$1 server=$2 failed=0 servers=
home=$(mktemp -d)
export KERVEN_PASSPHRASE="four words for tests"
export LC_ALL=C
unset KERVEN_VAULT
cleanup() {
  for pid in $servers; do kill "$pid" 2>/dev/null; done
  wait
  rm -rf "$home"
}
trap cleanup EXIT
trap "exit 1" HUP INT TERM
cd "$home" || exit 1

fail() {
  echo "FAILED: $*"
  failed=1
}

# start NAME: a server in the background; its founding code is in NAME.code
start() {
  "$server" init "$1" --listen 127.0.0.1:0 2>"$1.log" | tail -n 1 >"$1.code"
  "$server" run "$1" >>"$1.log" 2>&1 &
  servers="$servers $!"
}

# until_says FILE WHAT [TIMES]: waits for lines that another process writes, some minutes at most
until_says() {
  tries=0
  until [ "$(grep -c -- "$2" "$1")" -ge "${3:-1}" ]; do
    tries=$((tries + 1))
    [ $tries -lt 4000 ] || { fail "$1 never says $2 (${3:-1}): $(cat "$1")"; return; }
    sleep 0.05
  done
}

# run NAME: the server of that folder, again; its pid is in $last, its log in NAME.log
run() {
  : >"$1.log"
  "$server" run "$1" >"$1.log" 2>&1 &
  last=$!
  servers="$servers $last"
  until_says "$1.log" 'listening on'
}

# halt PID
halt() {
  kill "$1"
  wait "$1" 2>/dev/null
}

# found VAULT SERVER: tried until the server listens
found() {
  tries=0
  until "$kerven" --vault "$1" found "$(cat "$2.code")" --programme "P $2" --name "Office $2" \
    >found.out 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat found.out; exit 1; }
  done
}

# member VAULT OFFICE NAME [ROLE]: invited (as a worker), joined, approved
member() {
  code=$("$kerven" --vault "$2" invite --role "${4:-worker}" --name "$3" | tail -n 1)
  "$kerven" --vault "$1" join "$code" >/dev/null || fail "join"
  "$kerven" --vault "$2" sync >/dev/null || fail "sync of the office"
  "$kerven" --vault "$2" approve --all >/dev/null || fail "approve"
  "$kerven" --vault "$2" sync >/dev/null || fail "sync of the office"
  "$kerven" --vault "$1" sync >/dev/null || fail "sync of the member"
}

# prints WHAT COMMAND ...: the command succeeds, and its stdout holds WHAT
prints() {
  want=$1
  shift
  said=$("$kerven" "$@" 2>error.txt) || fail "$*: exit status $?: $(cat error.txt)"
  case $said in
  *"$want"*) ;;
  *) fail "$*: prints '$said', not '$want'" ;;
  esac
}

# well VAULT: nothing in it is damaged
well() { prints "all is well" --vault "$1" doctor; }

# refuses STATUS WHAT COMMAND ...: that exit status, one sentence on stderr that holds WHAT
refuses() {
  status=$1 want=$2
  shift 2
  "$kerven" "$@" >/dev/null 2>error.txt
  got=$?
  [ $got -eq "$status" ] || fail "$*: exit status $got, not $status"
  grep -qF -- "$want" error.txt || fail "$*: says '$(cat error.txt)', not '$want'"
  [ "$(wc -l <error.txt)" -eq 1 ] || fail "$*: more than one line on stderr"
}

# new VAULT FIELD=VALUE ...: prints the id of a new case
new() {
  vault=$1
  shift
  "$kerven" --vault "$vault" case new "$@" --json | sed 's/.*"case":"\([0-9a-f]*\)".*/\1/'
}
