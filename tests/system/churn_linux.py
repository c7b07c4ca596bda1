# SPDX-License-Identifier: MIT
"""
A process that opens, shares and closes sockets all the time, until it is killed:

    python3 churn_linux.py SEED

What it opens stays for LIFE seconds at least, and changes in steps that are as far apart, so that
whoever looks twice within that time misses nothing.
"""

import os
import random
import socket
import sys
import time

LIFE = 3.0  # seconds
STEP = 0.01  # seconds between two changes
MOST = 90  # things of which each is one to three sockets

ADDRESSES = [
    (socket.AF_INET, "127.0.0.1"),
    (socket.AF_INET, "0.0.0.0"),
    (socket.AF_INET, "127.1.2.3"),
    (socket.AF_INET6, "::1"),
    (socket.AF_INET6, "::"),
    (socket.AF_INET6, "::ffff:127.0.0.1"),
    (socket.AF_INET6, "fe80::7%lo"),
]


def bound(kind):
    family, address = random.choice(ADDRESSES)
    new = socket.socket(family, kind)
    if family == socket.AF_INET6 and "ffff" not in address and random.random() < 0.5:
        new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if address == "127.0.0.1" and random.random() < 0.3:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    new.bind(socket.getaddrinfo(address, 0, family, kind)[0][4])
    return new


def listener():
    door = bound(socket.SOCK_STREAM)
    door.listen(8)
    return [door]


def udp():
    name = bound(socket.SOCK_DGRAM)
    if random.random() < 0.3:
        name.connect(name.getsockname())
    return [name]


def connection():
    """Both ends and their listener; sometimes nobody accepts."""
    (door,) = listener()
    visitor = socket.socket(door.family, door.type)
    visitor.connect(door.getsockname())
    if random.random() < 0.2:
        return [visitor, door]
    guest, _ = door.accept()
    return [visitor, guest, door]


class Holder:
    """A child that has what it was born with, and what it is sent, until it is told to let go."""

    def __init__(self):
        self.count = 0
        self.string, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            self.string.close()
            self.hold(other)
            os._exit(0)
        other.close()

    @staticmethod
    def hold(string):
        held = {}
        while True:
            number, descriptors, _, _ = socket.recv_fds(string, 16, 1)
            if not number:
                return
            if descriptors:
                held[number] = descriptors[0]
            else:
                os.close(held.pop(number))
            string.send(number)

    def tell(self, number, descriptors):
        socket.send_fds(self.string, [str(number).encode()], descriptors)
        self.string.recv(16)

    def take(self, what):
        """Something whose close() makes the child let go."""
        self.count += 1
        self.tell(self.count, [what.fileno()])
        return Held(self, self.count)


class Held:
    def __init__(self, holder, number):
        self.holder = holder
        self.number = number

    def close(self):
        self.holder.tell(self.number, [])


def shared():
    """Another process has it too, and keeps it when this one has let it go."""
    parts = random.choice([listener, udp])()
    return [*parts, holder.take(parts[0])]


class Thing:
    def __init__(self, parts):
        self.parts = parts
        self.due = 0.0
        self.rest()

    def rest(self):
        self.due = time.monotonic() + LIFE * (1 + random.random())

    def step(self):
        """Lets go of one part; the other end of a connection goes LIFE seconds later."""
        self.parts.pop(0).close()
        self.rest()


things = []
holder = None


def main():
    global holder
    random.seed(int(sys.argv[1]))
    inherited = [*listener(), *listener(), *udp()]  # they stay, and are the child's as well
    holder = Holder()
    while inherited:
        now = time.monotonic()
        due = [thing for thing in things if thing.due < now]
        if due and (len(things) >= MOST or random.random() < 0.5):
            thing = random.choice(due)
            thing.step()
            if not thing.parts:
                things.remove(thing)
        elif len(things) < MOST:
            makers = [listener, udp, connection, connection, shared]
            things.append(Thing(random.choice(makers)()))
        time.sleep(STEP)


if __name__ == "__main__":
    main()
