#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs a program in a network of its own, where nobody else opens or closes a socket.
#
#   sh tests/in_network.sh [--in-memory] PROGRAM [ARGUMENT...]
#
# --in-memory: the current folder is an empty one in memory, so that a test that writes hundreds
# of ledgers does not wait for a disk each time. What must outlast a power cut has other tests.
set -eu
mounts=
begin='ip link set lo up && exec "$@"'
if [ "$1" = --in-memory ]; then
    shift
    mounts=-m
    begin='mount -t tmpfs tmpfs "$PWD" && cd "$PWD" && '$begin
fi
user=
if [ "$(id -u)" -ne 0 ]; then
    user=--map-root-user # an ordinary user makes a network only in a user namespace
fi
# shellcheck disable=SC2086 # empty, or one word
exec unshare -n $mounts $user sh -c "$begin" sh "$@"
