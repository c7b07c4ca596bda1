# SPDX-License-Identifier: MIT
"""
Servers for test_query.py, on loopback. Prints a line "NAME PORT" for each, then waits.

    accepts   TCP: accepts and says nothing      echoes    UDP: sends back what came
    backlog   TCP: listens, and never accepts    mute      UDP: says nothing
"""

import socket
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


def main():
    accepts = bind(socket.SOCK_STREAM)
    accepts6 = bind(socket.SOCK_STREAM, socket.AF_INET6)
    backlog = bind(socket.SOCK_STREAM)
    echoes = bind(socket.SOCK_DGRAM)
    mute = bind(socket.SOCK_DGRAM)
    for listener in (accepts, accepts6, backlog):
        listener.listen(64)
    for body, there in ((accept, accepts), (accept, accepts6), (echo, echoes)):
        threading.Thread(target=body, args=(there,), daemon=True).start()
    names = {
        "accepts": accepts, "accepts6": accepts6, "backlog": backlog, "echoes": echoes,
        "mute": mute,
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
