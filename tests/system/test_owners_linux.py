# SPDX-License-Identifier: MIT
"""What only Linux can show here: the owners of accepted sockets, in both families."""

import os
import signal
import subprocess
import sys

import pytest


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_ends_of_a_connection_have_their_owners(machine, address):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    server = machine.act(
        "listen", "door", address, "0", "accept", "guest", "door", "await", machine.folder / "over"
    )
    port = server.port("door")
    client = machine.act(
        "connect", "visitor", address, str(port), "await", machine.folder / "over"
    )
    server.wait_for("guest")
    machine.wait_for_sample()

    rows = [r for r in machine.records("history", "--port", str(port)) if r["state"] == "ESTABLISHED"]
    owners = {row["local_port"] == port: row["pid"] for row in rows}
    assert owners == {True: server.pid(), False: client.pid()}
    assert {row["attribution"] for row in rows} == {"exact"}
    assert {row["local_address"] for row in rows} == {address}
    (machine.folder / "over").touch()
    server.wait()
    client.wait()
    machine.stop()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_udp_sockets_have_their_owners(machine, address):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    actor = machine.act("udp", "names", address, "0", "await", machine.folder / "over")
    port = actor.port("names")
    machine.wait_for_sample()
    (row,) = machine.records("history", "--port", str(port))
    assert (row["protocol"], row["local_address"], row["pid"]) == ("UDP", address, actor.pid())
    assert row["state"] is None
    (machine.folder / "over").touch()
    actor.wait()
    machine.stop()


LEAVE_TIME_WAIT = """
import socket, sys, time
door = socket.socket()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("127.0.0.1", 0))
door.listen(1)
guest = socket.create_connection(door.getsockname())
inside, _ = door.accept()
print(guest.getsockname()[1], flush=True)
sys.stdin.readline()
guest.close()
inside.close()
"""

HAND_ON = """
import os, socket, sys, time
door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(1)
child = os.fork()
if child == 0:
    time.sleep(60)
    sys.exit()
print(door.getsockname()[1], os.getpid(), child, flush=True)
sys.stdin.readline()
"""


def spawn_python(machine, script):
    """A Python program in the machine's network, with pipes to talk to it."""
    return subprocess.Popen(
        ["nsenter", "-t", str(machine.holder.pid), "-n", "--", sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_connection_keeps_its_owner_when_that_has_ended(machine):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    program = spawn_python(machine, LEAVE_TIME_WAIT)
    port = int(program.stdout.readline())
    machine.wait_for_sample()
    program.communicate(b"\n")
    machine.wait_for_sample()
    machine.wait_for_sample()
    waiting = [
        row
        for row in machine.records("history", "--local-port", str(port))
        if row["state"] == "TIME WAIT"
    ]
    assert {row["attribution"] for row in waiting} == {"carried forward"}
    assert {row["pid"] for row in waiting} == {program.pid}
    (row,) = [row for row in machine.records("local", "--at", "now") if row["local_port"] == port]
    assert (row["pid"], row["attribution"]) == (program.pid, "carried forward")
    machine.stop()


def test_a_listener_that_was_handed_on_belongs_to_whoever_has_it(machine):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    program = spawn_python(machine, HAND_ON)
    port, parent, child = map(int, program.stdout.readline().split())
    machine.wait_for_sample()
    program.stdin.close()
    program.wait()  # its child goes on, and keeps the other pipe
    machine.wait_for_sample()
    machine.wait_for_sample()
    rows = [row for row in machine.records("local", "--at", "now") if row["local_port"] == port]
    assert [(row["pid"], row["attribution"]) for row in rows] == [(child, "exact")]
    (process,) = machine.records("processes", "--at", "now", "--pid", str(child))
    assert process["parent_pid"] == parent
    os.kill(child, signal.SIGKILL)
    program.stdout.close()
    machine.stop()
