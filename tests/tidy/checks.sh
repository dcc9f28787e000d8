# shellcheck shell=sh disable=SC2016 # backticks of Markdown
# The checks of test_tidy.sh. Each is a function that gets the root of a tree, prints one line for
# each thing that is wrong there, and nothing else. `twin_<check> ROOT` spoils a copy in one place.

# What the tree says, without what others made: vectors are data, embedded files are built.
sources() {
  find "$1/proto" "$1/client" "$1/server" "$1/tests" -name '*.[ch]' ! -path '*/vectors/*' | sort
}
product() {
  find "$1/proto" "$1/client" "$1/server" -name '*.[ch]' | sort
}
texts() {
  sources "$1"
  find "$1/proto" "$1/client" "$1/server" "$1/tests" "$1/docs" "$1/README.md" \
    \( -name '*.md' -o -name '*.sh' -o -name '*.cmake' -o -name '*.py' -o -name 'CMakeLists.txt' \) | sort
}
# including HEADER < names: of these files, those that include it.
including() {
  xargs grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$1[>\"]" || true
}
# Fails nothing when there is no line left: grep's 1 is not an error here.
without() { grep -vE "$1" || true; }

# shellcheck disable=SC2034 # test_tidy.sh runs them
CHECKS="file_length line_width function_length include_form uv_only sqlite_only msgpack_only sodium_only
  proto_pure header_names listed readmes readmes_whole layers_told names_told messages_coded messages_golden messages_told
  rules_tested example_short paths ports unfinished"

# --- lengths

# One header is all that is installed, so kerven.h is as long as what it offers.
check_file_length() {
  sources "$1" | without '/kerven/kerven\.h$' | xargs awk '
    FNR == 1 && NR > 1 && lines > 600 { print name ": " lines " lines" }
    { lines = FNR; name = FILENAME }
    END { if (lines > 600) print name ": " lines " lines" }'
}
twin_file_length() { yes '/* line */' | head -n 601 >"$1/proto/base/long.c"; }

# In characters, not bytes.
check_line_width() {
  sources "$1" | LC_ALL=C.UTF-8 xargs grep -nE '^.{101,}' || true
}
twin_line_width() {
  printf '%101s\n' '' | tr ' ' '/' >"$1/proto/base/wide.c"
}

# A function begins at the last line at the margin that has a "(", and ends with a "}" alone at the
# margin. Parameters that go on are indented; tables end with "};".
check_function_length() {
  sources "$1" | xargs awk '
    FNR == 1 { start = 0 }
    /^[A-Za-z_].*\(/ { start = FNR }
    /^}[[:space:]]*$/ && start {
      count++
      if (FNR - start + 1 > 70) print FILENAME ":" start ": " FNR - start + 1 " lines"
      start = 0
    }
    END { if (count < 20) print "only " count + 0 " functions seen: nothing was measured" }'
}
twin_function_length() {
  {
    echo 'static int long_one(int a,'
    echo '                    int b) {'
    yes '  a += b;' | head -n 68
    echo '}'
  } >"$1/proto/base/long.c"
}

check_example_short() {
  [ "$(wc -l <"$1/docs/example.c")" -lt 100 ] || echo "docs/example.c: 100 lines or more"
}
twin_example_short() { yes '' | head -n 100 >>"$1/docs/example.c"; }

# --- who may include what (the layers among ourselves are held by the compiler: layer.cmake)

# Our own headers are named bare and in quotes; only libkerven's users write <kerven/kerven.h>.
check_include_form() {
  sources "$1" | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*/' || true
  names=$(mktemp)
  sources "$1" | grep '\.h$' | sed 's|.*/||' | without '^kerven\.h$' | sort -u >"$names"
  sources "$1" | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' |
    awk -v names="$names" '
      BEGIN { while ((getline line < names) > 0) own[line] = 1 }
      { header = $0; sub(/.*</, "", header); sub(/>.*/, "", header)
        base = header; sub(/.*\//, "", base)
        if ((base in own && header !~ /^sys\//) || (base == "kerven.h" && header != "kerven/kerven.h")) print }'
  rm -f "$names"
}
twin_include_form() { sed -i '1i #include <krv_own.h>' "$1/proto/base/buf.c"; echo >"$1/proto/base/krv_own.h"; }

# client/host is the other door to the platform; node_in.h is what the *_uv.c files of one folder
# share, and nobody else includes it.
check_uv_only() {
  sources "$1" | including uv.h | without '_uv\.[ch]$|/client/host/|/server/node/node_in\.h$'
  sources "$1" | including node_in.h | without '_uv\.c$'
}
twin_uv_only() { echo '#include "node_in.h"' >>"$1/server/node/admin.c"; }

# Of the tests, the disks beneath SQLite (its VFS), what bounds its heap, a row that must be gone, and the
# bench's floor.
check_sqlite_only() {
  sources "$1" | including sqlite3.h |
    without '/client/vault/store_[a-z]+\.c$|/server/store/store_sqlite(_[a-z]+)?\.c$|/tests/support/[a-z]+vfs\.c$|/tests/unit/test_vault_faults\.c$|/tests/rules/test_r13_seed\.c$|/tests/scenario/test_one_damaged_case\.c$|/tests/bench/bench_floor\.c$'
}
twin_sqlite_only() { echo '#include <sqlite3.h>' >>"$1/client/work/edit.c"; }

# The second client shares nothing with ours, so it has its own ciphers.
SECOND='/tests/adversary/second/'
check_msgpack_only() { sources "$1" | including 'msgpack(/.*)?\.h' | without "/proto/base/mp\.c\$|$SECOND"; }
twin_msgpack_only() { echo '#include <msgpack.h>' >>"$1/proto/merge/op.c"; }

check_sodium_only() { sources "$1" | including 'sodium(/.*)?\.h' | without "/proto/crypto/|$SECOND"; }
twin_sodium_only() { echo '#include <sodium.h>' >>"$1/proto/seal/commit.c"; }

# proto reaches the world through struct krv_env only. Its tools run at build time; secret.c lends
# hosts the generator that they put into their env.
check_proto_pure() {
  find "$1/proto" -name '*.[ch]' ! -path '*/tool/*' | sort | xargs grep -nE \
    '(^|[^A-Za-z0-9_>.])(fopen|freopen|open|openat|creat|read|pread|pwrite|close|unlink|rename|stat|mkdir|fsync|time|clock|clock_gettime|gettimeofday|localtime|gmtime|strftime|socket|connect|bind|listen|accept|sendto|recv|recvfrom|poll|select|getrandom|rand|random|srand|randombytes_buf|randombytes_random|malloc|calloc|realloc|free|strdup|printf|fprintf|puts|perror|getenv|setlocale|fork|exec[lv]p?|system|signal|sleep|usleep|nanosleep|pthread_[a-z_]+|exit|abort|krv_random_bytes)\(' |
    without ':[[:space:]]*(\*|/\*|//)|/proto/crypto/secret\.[ch]:'
  find "$1/proto" -name '*.[ch]' ! -path '*/tool/*' | sort | xargs grep -nE \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(time|unistd|fcntl|errno|signal|pthread|threads|locale|sys/.*|netinet/.*|netdb|poll)\.h>' || true
}
twin_proto_pure() { sed -i 's/^#include.*/&\nlong when(void) { return time(0); }/' "$1/proto/merge/op.c"; }

check_header_names() { sources "$1" | grep '\.h$' | sed 's|.*/||' | sort | uniq -d; }
twin_header_names() { cp "$1/proto/base/buf.h" "$1/server/node/buf.h"; }

# --- nothing lies about unbuilt or untold

check_listed() {
  product "$1" | grep '\.c$' | while read -r file; do
    top=$(echo "${file#"$1"/}" | cut -d/ -f1)
    cat "$1/$top/CMakeLists.txt" "$1/tests/support/layer.cmake" | grep -qE "(^|[ /])$(basename "$file")( |\)|$)" ||
      echo "$file: in no CMakeLists.txt"
  done
}
twin_listed() { echo 'int krv_nobody;' >"$1/client/work/nobody.c"; }

# Each directory of sources has a README that ends with "Code structure".
check_readmes() {
  sources "$1" | without '/tool/|/include/' | xargs -n 1 dirname | sort -u | while read -r dir; do
    case $dir in "$1"/tests/*) readme=$1/tests/README.md ;; *) readme=$dir/README.md ;; esac
    if [ ! -f "$readme" ]; then echo "$dir: no README.md"
    elif [ "$(grep '^## ' "$readme" | tail -n 1)" != "## Code structure" ]; then
      echo "$readme: does not end with Code structure"
    fi
  done
}
twin_readmes() { rm "$1/client/vault/README.md"; }

# And it tells of each file, but of the commands, which are one a file.
check_readmes_whole() {
  product "$1" | without '/tool/|/include/|/cmd_' | while read -r file; do
    stem=$(basename "$file" | sed 's/\.[ch]$//')
    grep -sqE "(^|[^a-z0-9_])$stem([^a-z0-9_]|\$)" "$(dirname "$file")/README.md" ||
      echo "$file: not told of in its README.md"
  done
}
twin_readmes_whole() { touch "$1/proto/base/untold.h"; }

# docs/architecture.md has a row for each layer: | `name` | may include |
check_layers_told() {
  cat "$1/proto/CMakeLists.txt" "$1/client/CMakeLists.txt" "$1/server/CMakeLists.txt" | tr '\n' ' ' |
    grep -oE 'krv_layer\([a-z_]+( DIR [a-z]+)?( MAY( [a-z_]+)+)?' |
    sed -E 's/krv_layer\(([a-z_]+)( DIR [a-z]+)?( MAY)? ?/\1:/' | while IFS=: read -r layer may; do
      grep -qE "^\| .?$layer.? \| ${may:--} \|" "$1/docs/architecture.md" ||
        echo "docs/architecture.md: no row '| \`$layer\` | ${may:--} |'"
    done
}
twin_layers_told() { sed -i 's/^krv_layer(merge MAY base/& trust/' "$1/proto/CMakeLists.txt"; }

# What a page calls by name exists: functions, structs, files of CMake.
check_names_told() {
  names=$(mktemp)
  find "$1/proto" "$1/client" "$1/server" "$1/tests" \( -name '*.[ch]' -o -name '*.cmake' -o -name CMakeLists.txt \) \
    -print0 | xargs -0 grep -ohE '(krv|kerven)_[a-z0-9_]+' | sort -u >"$names"
  for page in "$1"/README.md "$1"/docs/*.md "$1"/docs/decisions/*.md $(find "$1/proto" "$1/client" "$1/server" "$1/tests" -name README.md); do
    grep -ohE '`(struct )?(krv|kerven)_[a-z0-9_]+[`(]' "$page" | grep -oE '(krv|kerven)_[a-z0-9_]+' | sort -u |
      grep -vxF -f "$names" | sed "s|^|$page: there is no |" || true
  done
  rm -f "$names"
}
twin_names_told() { echo 'By `krv_no_such_thing`.' >>"$1/docs/merge.md"; }

# --- messages

# Rows of the table as "NAME codec".
messages() {
  sed -nE 's/^ *X\([0-9]+, ([A-Z_]+), .*, ([a-z_]+)\).*/\1 \2/p' "$1/proto/wire/messages.h"
}
check_messages_coded() {
  [ "$(messages "$1" | wc -l)" -ge 20 ] || echo "proto/wire/messages.h: the table is not seen"
  messages "$1" | without ' none$' | while read -r name codec; do
    for verb in encode decode; do
      cat "$1"/proto/wire/msg_*.c | grep -qE "krv_msg_${codec}_$verb\(|CODEC\($codec\b" ||
        echo "proto/wire: $name has no krv_msg_${codec}_$verb"
    done
  done
}
twin_messages_coded() { new_message "$1"; }

check_messages_golden() {
  messages "$1" | while read -r name codec; do
    grep -qE "^$name ([0-9a-f]+|-)$" "$1/tests/vectors/messages.txt" ||
      echo "tests/vectors/messages.txt: no vector of $name"
  done
}
twin_messages_golden() { sed -i '/^GRANT /d' "$1/tests/vectors/messages.txt"; }

check_messages_told() {
  sed -nE 's/^ *X\(([0-9]+), ([A-Z_]+), .*/\1 \2/p' "$1/proto/wire/messages.h" | while read -r number name; do
    grep -qE "^\| $number \| $name \|" "$1/docs/protocol.md" || echo "docs/protocol.md: no row of $name"
  done
}
twin_messages_told() { new_message "$1"; }

new_message() {
  sed -i -E 's/^( *)X\(1, OPEN, .*/&\n\1X(99, NOVEL, '"'b'"', 8, novel) \\/' "$1/proto/wire/messages.h"
}

# --- rules

# Rules whose code comes later have no test yet.
LATER=" 15 16 18 20 25 27 30 "
check_rules_tested() {
  rule=1
  while [ $rule -le 38 ]; do
    number=$(printf '%02d' $rule)
    case $LATER in
    *" $rule "*) ;;
    *)
      found=$(find "$1/tests" -name "test_r${number}.*" -o -name "test_r${number}_*" | head -n 1)
      if [ -z "$found" ]; then
        echo "tests: no test names R$rule"
      else
        stem=$(basename "$found")
        cat "$1/tests/CMakeLists.txt" "$1"/tests/*/CMakeLists.txt 2>/dev/null | grep -q "${stem%.*}" ||
          echo "$found: declared in no CMakeLists.txt"
      fi
      ;;
    esac
    rule=$((rule + 1))
  done
}
twin_rules_tested() { rm "$1"/tests/rules/test_r22*; }

# --- tests run anywhere, beside each other

test_code() {
  find "$1/tests" \( -name '*.[ch]' -o -name '*.sh' -o -name 'CMakeLists.txt' \) ! -path '*/tidy/*' | sort
}
check_paths() {
  test_code "$1" | xargs grep -nE '(^|[^A-Za-z0-9_./}$*-])/(tmp/[^"]|(home|usr|var|work|etc|root|opt|srv|mnt)/)' |
    without ':#!|:[[:space:]]*(\*|/\*|#)|XXXXXX' || true # mkdtemp names a folder of its own
}
twin_paths() { echo 'cp x "/tmp/krv-fixed"' >>"$1/tests/scenario/test_readme.sh"; }

# Port 0, always; and a test that never listens needs no address.
check_ports() {
  test_code "$1" | xargs grep -nE '(127\.0\.0\.1|0\.0\.0\.0|localhost|::1\]):[1-9]|htons\([1-9]' || true
}
twin_ports() { echo 'kerven-server init x --listen 127.0.0.1:7440' >>"$1/tests/scenario/test_readme.sh"; }

# --- words of unfinished work (this file and its twin spell them in halves)

WORDS="TO""DO|FIX""ME|XX""X|HA""CK|TB""D|WI""P|unimple""mented|not imple""mented|not yet imple""mented|for no""w|coming so""on|place""holder"
check_unfinished() { texts "$1" | xargs grep -nwiE "($WORDS)" || true; }
twin_unfinished() { echo "/* TO""DO: later */" >>"$1/proto/base/buf.h"; }
