#!/bin/sh
# Writes the lists "country" and "language" of builtin.json anew, with the names of Unicode CLDR:
#   proto/schema/tool/mknames.sh [TARBALL]
# Codes and aliases stay as they stand there; only the labels are made. names.json has the words
# that CLDR lacks, or has in a form that does not suit (null in it: as CLDR says). The package comes
# from the npm registry unless its file is given; its checksum decides whether it is the right one.
# Needs jq, and npm where no file is given. A build needs neither: builtin.json is in the tree.
set -eu

package=cldr-localenames-full
version=48.2.0
sum=e28d296980f3d145e17e10a101516499597608fd184d212a13a5ab0b47cd69f6
sum=${sum}920b9bb90c05e98711f7499d548dccdaae292bf034e82997e2a24e84a962dd35

tool=$(cd "$(dirname "$0")" && pwd)
document=$tool/../builtin.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
  cp "$1" "$work/names.tgz"
else
  (cd "$work" && npm pack --silent "$package@$version" >npm.out)
  mv "$work/$package-$version.tgz" "$work/names.tgz"
fi
echo "$sum  $work/names.tgz" | sha512sum -c --quiet -
tar -xzf "$work/names.tgz" -C "$work"

# names LIST KIND: a list with CLDR's names of that kind, each code a line as the document has it.
names() {
  for language in en ru tk; do
    jq ".main.$language.localeDisplayNames.$2" "$work/package/main/$language/$2.json"
  done >"$work/$2.json"
  jq -r --arg list "$1" --slurpfile cldr "$work/$2.json" --slurpfile own "$tool/names.json" '
    # An apostrophe that keyboards have; short forms written out.
    def plain:
      gsub("[\u2019\u02bc]"; "\u0027") | gsub(" & "; " and ")
      | sub("^St\\. "; "Saint ") | sub("^U\\.S\\. "; "United States ")
      | sub("^о-в "; "Остров ") | sub("^о-ва "; "Острова ") | sub(" о-ва"; " острова");
    .lists[$list][] | . as $code | .[0] as $name
    | (if (last | type) == "object" then last.alias else [] end) as $alias
    | ([$alias[] | select(length == 2)] + [$name]) as $tags
    | [range(3) as $i
       | $own[0][$list][$name][$i] // first($tags[] | $cldr[$i][.] // empty | plain)]
    | if length == 3 then . else error($name + ": CLDR lacks a name, and names.json too") end
    | ([$name, .[]] | map(tojson) | join(", ")) as $texts
    | ($alias | map(tojson) | join(", ")) as $others
    | "   [" + $texts + (if $others == "" then "" else ", {\"alias\": [" + $others + "]}" end) + "]"
  ' "$document" | sed '$!s/$/,/'
}
names country territories >"$work/country"
names language languages >"$work/language"

# A list begins at its name and ends at the first line that closes it.
awk -v work="$work" '
  /^  \]/ { inside = 0 }
  !inside { print }
  /^  "(country|language)": \[$/ {
    inside = 1
    split($0, parts, "\"")
    while ((getline line < (work "/" parts[2])) > 0) print line
  }' "$document" >"$work/builtin.json"
cp "$work/builtin.json" "$document"
