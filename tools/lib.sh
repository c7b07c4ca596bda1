# SPDX-License-Identifier: MIT
#
# What the scripts in this folder share. Each of them begins with
#
#   tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
#   . "$tools/lib.sh"

root=${tools%/*}
build=$root/build
name=tools/${0##*/}

# The variables of the caller that may matter. Everything else is what is said below.
kept_variables='TERM NO_COLOR http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY
    SOURCE_DATE_EPOCH PORTLEDGER_RELEASE'

say()
{
    printf '%s\n' "$*"
}

complain()
{
    printf '%s: %s\n' "$name" "$*" >&2
}

fail()
{
    complain "$*"
    exit 1
}

# Starts the calling script once more in an environment of its own, so that no
# compiler flag, Wine prefix or library path of a person can change the result.
start_clean()
{
    umask 022
    if [ "${PORTLEDGER_CLEAN:-}" = "$root" ]; then
        return
    fi
    mkdir -p "$build/home"
    set -- sh "$0" "$@"
    for kept in $kept_variables; do
        eval "value=\${$kept-}"
        if [ -n "$value" ]; then
            set -- "$kept=$value" "$@"
        fi
    done
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$build/home" LANG=C.UTF-8 \
        PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 PORTLEDGER_CLEAN="$root" "$@"
}

# Takes the lock $1 for as long as this script lives. What it leaves running in
# the background must not keep descriptor 9, or the next run would wait for it.
start_alone()
{
    mkdir -p "$build"
    exec 9>"$build/.lock-$1"
    if ! flock -n 9; then
        say "$name: waiting for another run of it to end"
        flock 9
    fi
}

# The first 12 digits of the SHA-256 of standard input.
key_of_input()
{
    sha256sum | cut -c 1-12
}

# Runs a command with its output in build/log/$1.log, which is shown where it fails.
logged()
{
    log=$build/log/$1.log
    shift
    mkdir -p "$build/log"
    if "$@" >"$log" 2>&1 </dev/null; then
        return 0
    fi
    complain "this failed: $*"
    cat "$log" >&2
    return 1
}

# Wine without the distribution's wrappers, which start other programs and a
# server that ends too early. Sets `wine` and `wineserver`.
find_wine()
{
    wine=/usr/lib/wine/wine64
    wineserver=/usr/lib/wine/wineserver64
    if [ ! -x "$wine" ] || [ ! -x "$wineserver" ]; then
        wine=$(command -v wine) || fail "there is no Wine here: run 'sh tools/setup' first"
        wineserver=$(command -v wineserver) || fail "there is no wineserver here"
    fi
}

# use_prefix PREFIX HOME: the environment that Wine works in.
use_prefix()
{
    unset DISPLAY WAYLAND_DISPLAY WINEARCH WINEDLLPATH WINEPATH WINE_HOST_XDG_SESSION_TYPE
    unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR LC_ALL
    export WINEPREFIX="$1" HOME="$2" LANG=C.UTF-8 WINEDEBUG=-all
    export WINELOADER="$wine" WINESERVER="$wineserver"
    export WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
}

# Name, size and time of each file below the folder $1.
list_of_files()
{
    ( cd "$1" && find . -type f -printf '%p %s %T@\n' | LC_ALL=C sort )
}

# What a configured build folder depends on beyond the files that CMake watches.
configuration_key()
{
    {
        printf '%s\n' "$root" "$1"
        cat "$root/CMakePresets.json" "$root"/cmake/*
        dpkg-query -W cmake gcc clang-14 gcc-mingw-w64-x86-64-win32 libc6-dev libsqlite3-dev \
            libssl-dev libyaml-dev check 2>/dev/null || true
        readlink "$build/sysroot/windows-x64" || true
    } | key_of_input
}

# configure PRESET: makes build/PRESET ready to be built. A folder that was made
# from other inputs, or by a copy of this tree elsewhere, is begun anew.
configure()
{
    configuration=$(configuration_key "$1")
    if [ -f "$build/$1/build.ninja" ] && [ -f "$build/$1/CMakeCache.txt" ] &&
        [ -d "$build/$1/CMakeFiles" ] &&
        [ "$(cat "$build/$1/.configuration" 2>/dev/null)" = "$configuration" ]; then
        return 0
    fi
    rm -rf "${build:?}/$1"
    (cd "$root" && logged "configure-$1" cmake --preset "$1" \
        -D CMAKE_IGNORE_PREFIX_PATH=/usr/local) || return 1
    printf '%s\n' "$configuration" >"$build/$1/.configuration"
}
