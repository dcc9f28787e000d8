#!/bin/sh
# What `cmake --install` lays down is enough to build on: docs/example.c compiles against it with
# pkg-config, shared and static, and as a CMake consumer, runs against a real server, and its
# records arrive.
#   test_install.sh BUILD_DIR EXAMPLE_C CC SANITIZE_FLAGS
set -eu
build=$1 example=$2 cc=$3 flags=$4
work=$(mktemp -d)
server=""
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
export KERVEN_PASSPHRASE="four plain words here"
unset KERVEN_VAULT PKG_CONFIG_LIBDIR

DESTDIR="$work/root" cmake --install "$build" >"$work/install.log" || fail "cmake --install"
prefix=$(dirname "$(dirname "$(find "$work/root" -path '*/bin/kerven')")")
for file in bin/kerven bin/kerven-server include/kerven/kerven.h; do
  [ -e "$prefix/$file" ] || fail "$file is not installed"
done
for page in kerven.1 kerven-server.1; do
  [ -n "$(find "$prefix" -path "*/man1/$page")" ] || fail "$page is not installed"
done
[ -n "$(find "$prefix" -name unicode-license.txt)" ] || fail "the licence of CLDR is not installed"
[ "$(find "$prefix/include" -name '*.h' | wc -l)" = 1 ] || fail "more than one header is installed"
unit=$(find "$prefix" -name 'kerven-server@.service')
grep -qx "ExecStart=${prefix#"$work/root"}/bin/kerven-server run .*/lib/kerven/%i" "$unit" ||
  fail "the unit starts another program: $(grep ExecStart "$unit")"
cmake --install "$build" --prefix "$work/moved" >"$work/install.log" || fail "cmake --install --prefix"
grep -q "^ExecStart=$work/moved/bin/kerven-server" "$work/moved/lib/systemd/system/kerven-server@.service" ||
  fail "under another prefix the unit starts another program"

# ./run install tells the system of a library in a place where it looks, and only then: here with
# stand-ins for all that would change this machine
mkdir "$work/stand-ins" "$work/tree"
cp "$(dirname "$example")/../run" "$work/tree/"
for name in cmake sudo ldconfig; do
  printf '#!/bin/sh\necho %s "$@" >>"%s"\n' $name "$work/calls" >"$work/stand-ins/$name"
done
printf '#!/bin/sh\necho install ok installed\n' >"$work/stand-ins/dpkg-query"
printf '#!/bin/sh\necho 0\n' >"$work/stand-ins/id"
chmod +x "$work"/stand-ins/*
top=""
for place in "$top/usr/local" "$top/usr/" "$work/own"; do
  : >"$work/calls"
  (PATH="$work/stand-ins:$PATH" "$work/tree/run" install "$place" >"$work/run.txt") || fail "run install"
  grep -qxF "cmake --install build --prefix $place" "$work/calls" || fail "$place: $(cat "$work/calls")"
  told=$(grep -c '^ldconfig' "$work/calls" || true)
  case $place in "$top"/usr*) [ "$told" = 1 ] ;; *) [ "$told" = 0 ] ;; esac ||
    fail "$place: ldconfig $told times"
done
libs=$(dirname "$(find "$prefix" -name libkerven.a)")
PATH="$prefix/bin:$PATH"
export PKG_CONFIG_PATH="$libs/pkgconfig" LD_LIBRARY_PATH="$libs"

cd "$work"
# shellcheck disable=SC2046,SC2086 # flags are words
"$cc" -std=c11 -Wall -Wextra -Werror $flags "$example" -o shared $(pkg-config --cflags --libs kerven)
# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 $flags "$example" -o static $(pkg-config --cflags kerven) \
  $(pkg-config --static --libs kerven | sed 's/-lkerven\b/-l:libkerven.a/')
ldd shared | grep -q "libkerven.so.0 => $libs" || fail "shared is not linked with the library installed"
ldd static | grep -q libkerven && fail "static is linked with the shared library"

mkdir consumer
cat >consumer/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(kerven 0.1 REQUIRED)
foreach(kind kerven kerven_static)
  add_executable(with_\${kind} $example)
  target_link_libraries(with_\${kind} PRIVATE kerven::\${kind})
endforeach()
END
cmake -G Ninja -S consumer -B consumer/build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_C_FLAGS="$flags" >consumer.log 2>&1 || { cat consumer.log; fail "the consumer does not configure"; }
cmake --build consumer/build >consumer.log 2>&1 || { cat consumer.log; fail "the consumer does not build"; }

# An office by the shared program, three workers by it and the others.
kerven-server init programme --listen 127.0.0.1:0 >init.txt
kerven-server run programme >run.txt 2>run.log &
server=$!
i=0
until grep -q '^listening' run.txt; do
  i=$((i + 1))
  [ $i -lt 600 ] || fail "the server does not listen"
  sleep 0.05
done
./shared office found "$(tail -n 1 init.txt)" >office.txt || fail "found"
grep -q '^recorded [0-9a-f]\{32\}$' office.txt || fail "the office records"
grep -q '^case [0-9a-f]\{32\} Aygul' office.txt || fail "the office lists"
grep -q '^synced: 1 up' office.txt || fail "the office syncs"

for program in shared static consumer/build/with_kerven consumer/build/with_kerven_static; do
  name=$(basename "$program")
  code=$(kerven --vault office invite --role worker --name "$name" | tail -n 1)
  "./$program" "vault_$name" join "$code" >joined.txt || fail "$name: join"
  grep -q '^waits for approval; check words: [a-z]' joined.txt || fail "$name: does not say that it waits"
  kerven --vault office sync >sync.txt
  kerven --vault office approve --all >approve.txt
  kerven --vault office sync >sync.txt
  "./$program" "vault_$name" >work.txt || fail "$name: work"
  grep -q '^synced: 1 up' work.txt || fail "$name: its case does not go up"
done
kerven --vault office sync >sync.txt
cases=$(kerven --vault office case list --json | grep -o '"case":' | wc -l)
[ "$cases" = 5 ] || fail "the office has $cases cases of 5"
echo "installed, 4 programs built, 5 cases"
