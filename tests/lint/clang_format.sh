#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails where clang-format would change a source file.
#
#   sh tests/lint/clang_format.sh          says where
#   sh tests/lint/clang_format.sh --fix    changes it
set -eu
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --fix ]; then
    set -- -i
else
    set -- --dry-run -Werror
fi
for folder in base collector probes store service reportcli installer tests; do
    if [ -d "$folder" ]; then
        find "$folder" -type f -name '*.[ch]' -print0
    fi
done | xargs -0 -r clang-format-14 --style=file "$@"
