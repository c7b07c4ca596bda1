#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs clang-tidy over every source file of a build; any warning is a failure.
#
#   sh tests/lint/clang_tidy.sh BUILD-FOLDER [--brief] [--product | --tests | FILE...]
#
# --product: all but what is in tests/; --tests: only that. --brief follows the
# paths through a function a third as far as clang-analyzer would: every rule is
# applied, in a third of the time.
#
# A file that was clean, and of which nothing has changed since, its headers and
# the rules included, is not looked at again: BUILD-FOLDER/clang-tidy remembers.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
build=$1
shift
nodes=225000 # clang-analyzer's own
if [ "${1:-}" = --brief ]; then
    nodes=75000
    shift
fi
clean=$build/clang-tidy
mkdir -p "$clean"

# Only what was asked for lately is remembered.
find "$clean" -type f -mtime +30 -delete

rules=$({
    cat "$root/.clang-tidy"
    clang-tidy-14 --version
    echo "$nodes"
} | sha256sum)
export build clean nodes rules

# As command and file, one a line: what CMake writes needs no JSON reader.
commands=$(mktemp "$build/clang-tidy-commands.XXXXXX")
trap 'rm -f "$commands"' EXIT
sed -n -e 's/^  "command": "\(.*\)",$/\1/p' -e 's/^  "file": "\(.*\)",\{0,1\}$/\1/p' \
    "$build/compile_commands.json" | sed 's/\\"/"/g; s/\\\\/\\/g' | paste -d '\t' - - >"$commands"
if [ ! -s "$commands" ]; then
    echo "there are no compile commands in $build" >&2
    exit 1
fi

case ${1:-} in
--product) cut -f 2 "$commands" | sort -u | grep -v "^$root/tests/" ;;
--tests) cut -f 2 "$commands" | sort -u | grep "^$root/tests/" ;;
'') cut -f 2 "$commands" | sort -u ;;
*) printf '%s\n' "$@" ;;
esac | xargs -d '\n' -n 1 -P "$(nproc)" sh -eu -c '
    file=$2
    command=$(awk -F "\t" -v file="$file" "\$2 == file { print \$1; exit }" "$1")
    # The same text, comments and macros included, for the compiler means the
    # same warnings.
    command=$(printf "%s\n" "$command" | sed "s/ -o [^ ]* -c / -E -C -dD /")
    key=$({ printf "%s\n%s\n" "$rules" "$command"; cd "$build" && eval "$command"; } |
        sha256sum | cut -c 1-40)
    if [ -e "$clean/$key" ]; then
        touch "$clean/$key"
        exit 0
    fi
    if clang-tidy-14 --quiet -p "$build" --extra-arg=-Xclang --extra-arg=-analyzer-config \
        --extra-arg=-Xclang --extra-arg="max-nodes=$nodes" "$file" \
        2>"$clean/$key.err" >"$clean/$key.out"; then
        rm -f "$clean/$key.err" "$clean/$key.out"
        : >"$clean/$key"
    else
        cat "$clean/$key.out" "$clean/$key.err"
        rm -f "$clean/$key.err" "$clean/$key.out"
        exit 1
    fi' sh "$commands"
