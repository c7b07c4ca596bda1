# SPDX-License-Identifier: MIT
"""
Uses process ids again, in a namespace of them of its own:

    unshare --pid --fork --mount-proc python3 reuse_linux.py PORTLEDGERD SETTINGS

It runs the service there, and processes one after the other that have the same id, because the
kernel is told which one it gave last. Each lives as long as LIFE, within which there is a sample.
"""

import os
import signal
import socket
import subprocess
import sys
import time

LIFE = 2.2  # seconds; the service looks every second
ROUNDS = 2
PID = 500
WAITING_PID = 700
FIRST_PORT = 6000
DOOR_PORT = 6300


def listen(port):
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", port))
    door.listen()
    return door


def become(pid, name, what):
    """A child with this id and name that has what what() gives, for as long as LIFE."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as last:
        last.write(str(pid - 1))
    child = os.fork()
    if child == 0:
        with open("/proc/self/comm", "w", encoding="ascii") as own:
            own.write(name)
        held = what()
        time.sleep(LIFE)
        held.close()
        os._exit(0)
    assert child == pid, f"the system gave {child}"
    return child


def listen_in_turn():
    for i in range(2 * ROUNDS):
        port = FIRST_PORT + i
        os.waitpid(become(PID, f"owner{i}", lambda port=port: listen(port)), 0)


def leave_a_connection():
    """Who connects lets go first, so that its end waits; then another one has its id."""
    door = listen(DOOR_PORT)
    visitor = become(
        WAITING_PID, "visitor", lambda: socket.create_connection(("127.0.0.1", DOOR_PORT))
    )
    guest, (_, port) = door.accept()
    os.waitpid(visitor, 0)
    guest.close()
    print(port, flush=True)
    os.waitpid(become(WAITING_PID, "newcomer", lambda: listen(DOOR_PORT + 1)), 0)


def main():
    service = subprocess.Popen([sys.argv[1], "run", "--config", sys.argv[2]])
    time.sleep(LIFE)
    listen_in_turn()
    leave_a_connection()
    service.send_signal(signal.SIGTERM)
    sys.exit(service.wait())


if __name__ == "__main__":
    main()
