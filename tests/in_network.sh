#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs a program in a network of its own, where nobody else opens or closes a socket.
#
#   sh tests/in_network.sh PROGRAM [ARGUMENT...]
set -eu
user=
if [ "$(id -u)" -ne 0 ]; then
    user=--map-root-user # an ordinary user makes a network only in a user namespace
fi
# shellcheck disable=SC2086 # empty, or one word
exec unshare -n $user sh -c 'ip link set lo up && exec "$@"' sh "$@"
