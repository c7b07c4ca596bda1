# SPDX-License-Identifier: MIT
"""
Servers for test_query.py, on loopback. Prints a line "NAME PORT" for each, then waits.

    accepts   TCP: accepts and says nothing      echoes    UDP: sends back what came
    backlog   TCP: listens, and never accepts    mute      UDP: says nothing
    l2tp      UDP: prints each L2TP message that comes, and opens a tunnel when a line is there to
              be read
"""

import socket
import struct
import sys
import threading


def bind(kind, family=socket.AF_INET):
    there = socket.socket(family, kind)
    there.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    return there


def accept(there):
    kept = []
    while True:
        kept.append(there.accept()[0])


def echo(there):
    while True:
        said, who = there.recvfrom(65535)
        there.sendto(said, who)


MESSAGES = {1: "SCCRQ", 4: "StopCCN"}
ASSIGNED_TUNNEL = 9


def avp(kind, value):
    return struct.pack(">HHHH", 0x8008, 0, kind, value)


def attributes(message):
    """Those of two bytes, by their kinds (RFC 2661 section 4.1)."""
    found, at = {}, 12
    while at + 6 <= len(message):
        size, _, kind = struct.unpack_from(">HHH", message, at)
        if size & 0x3FF == 8:
            (found[kind],) = struct.unpack_from(">H", message, at + 6)
        at += max(size & 0x3FF, 6)
    return found


def open_tunnels(there):
    while True:
        message, who = there.recvfrom(65535)
        told = attributes(message)
        (tunnel,) = struct.unpack_from(">H", message, 4)
        print(MESSAGES.get(told.get(0), told.get(0)), tunnel, flush=True)
        if told.get(0) == 1:
            sys.stdin.readline()
            reply = avp(0, 2) + avp(2, 0x0100) + avp(ASSIGNED_TUNNEL, 4711)
            ours = told[ASSIGNED_TUNNEL]
            there.sendto(struct.pack(">HHHHHH", 0xC802, 12 + len(reply), ours, 0, 0, 1) + reply, who)


def main():
    accepts = bind(socket.SOCK_STREAM)
    accepts6 = bind(socket.SOCK_STREAM, socket.AF_INET6)
    backlog = bind(socket.SOCK_STREAM)
    echoes = bind(socket.SOCK_DGRAM)
    mute = bind(socket.SOCK_DGRAM)
    l2tp = bind(socket.SOCK_DGRAM)
    for listener in (accepts, accepts6, backlog):
        listener.listen(64)
    bodies = ((accept, accepts), (accept, accepts6), (echo, echoes), (open_tunnels, l2tp))
    for body, there in bodies:
        threading.Thread(target=body, args=(there,), daemon=True).start()
    names = {
        "accepts": accepts, "accepts6": accepts6, "backlog": backlog, "echoes": echoes,
        "mute": mute, "l2tp": l2tp,
    }
    for name, there in names.items():
        print(name, there.getsockname()[1])
    # Nobody is at a port of TCP and one of UDP that were somebody's a moment ago.
    for name, kind in (("closed", socket.SOCK_STREAM), ("closed_udp", socket.SOCK_DGRAM)):
        gone = bind(kind)
        print(name, gone.getsockname()[1])
        gone.close()
    print("ready", 0, flush=True)
    threading.Event().wait()


main()
