#!/bin/sh
# `./run demo` shows the main job: 200 cases on two devices, conflicts at the office, one resolved and back,
# what each step cost; and it leaves nothing running and nothing behind.
#   test_demo.sh BUILD_DIR
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
  echo "FAILED: $*"
  failed=1
}
export TMPDIR="$work"
sh "$tests/demo/demo.sh" "$1" >"$work/said" 2>"$work/error" ||
  { cat "$work/said" "$work/error"; fail "exit status"; }
for what in '200 cases down' 'a conflict resolved' 'the resolution down' 'nothing changed' '627 bytes' \
  '1,250-1,530' '5,700-12,000' \
  'could read none of them'; do
  grep -q -- "$what" "$work/said" || fail "does not say: $what"
done
rm -f "$work/said" "$work/error"
[ -z "$(ls -A "$work")" ] || fail "left behind: $(ls -A "$work")"
for process in /proc/[0-9]*/cmdline; do
  line=$(tr '\0' ' ' <"$process" 2>/dev/null)
  case $line in *"$work"*) fail "left running: $line" ;; esac
  # by the folder that it was started in, though that is gone
  case $(readlink "${process%cmdline}cwd" 2>/dev/null) in "$work"*) fail "left running: $line" ;; esac
done
exit $failed
