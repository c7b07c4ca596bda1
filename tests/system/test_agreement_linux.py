# SPDX-License-Identifier: MIT
"""
Under load our rows are those of `ss`. Each round asks ss before and after us: what both of its
answers have must be ours as well, with the same owners, and each of our rows must be in one of
them. What changed in the meantime is known by its difference in the two.

`portledger local` looks at every process each time; the service remembers what it saw. Its last
sample is compared while everybody stands still.
"""

import collections
import ipaddress
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

CHURN = pathlib.Path(__file__).parent / "churn_linux.py"
ACTORS = 4
ROUNDS = 20
STANDSTILLS = 8
LIFE = 3.0  # of what churn_linux.py opens: the three looks of a round must be nearer than that

# What churn_linux.py binds to.
ADDRESSES = ["127.0.0.1", "0.0.0.0", "127.1.2.3", "::1", "::", "::ffff:127.0.0.1", "fe80::7"]

# The words of ss for the states of TCP; ours are these.
STATES = {
    "ESTAB": "ESTABLISHED",
    "LISTEN": "LISTENING",
    "CLOSE-WAIT": "CLOSE WAIT",
    "FIN-WAIT-1": "FIN WAIT 1",
    "FIN-WAIT-2": "FIN WAIT 2",
    "TIME-WAIT": "TIME WAIT",
    "LAST-ACK": "LAST ACK",
    "SYN-SENT": "SYN SENT",
    "SYN-RECV": "SYN RECEIVED",
    "CLOSING": "CLOSING",
    "UNCONN": "CLOSED",
}

Row = collections.namedtuple("Row", "protocol local state remote pid")


def address_of(text):
    """The interface counts only for an address of one link, as in our rows."""
    text, _, interface = text.partition("%")
    address = ipaddress.ip_address("::" if text == "*" else text)
    return address, {"1": "lo"}.get(interface, interface) if address.is_link_local else ""


def end_of_ss(text):
    """127.0.0.1:80, 127.0.0.1%lo:80, [fe80::7]%lo:80, [::ffff:127.0.0.1]:80, *:80"""
    host, port = text.rsplit(":", 1)
    return (*address_of(host.replace("[", "").replace("]", "")), int(port))


def row_of_ss(line):
    """One row for each process; a process with two descriptors of a socket is named twice."""
    kind, state, _, _, local, remote, *users = line.split(maxsplit=6)
    pids = {int(pid) for pid in re.findall(r"\bpid=(\d+)", users[0])} if users else {None}
    connected = kind == "tcp" and state != "LISTEN"
    here = end_of_ss(local)
    there = end_of_ss(remote) if connected else None
    if connected and there[0].is_link_local:
        there = (there[0], here[1], there[2])  # ss names the interface at our end only
    return [
        Row(
            kind.upper(),
            here,
            STATES[state] if kind == "tcp" else None,
            there,
            pid,
        )
        for pid in pids
    ]


def rows_of_ss(text):
    return collections.Counter(row for line in text.splitlines() for row in row_of_ss(line))


def row_of_ours(record):
    remote = None
    if record["remote_address"] is not None:
        remote = (*address_of(record["remote_address"]), record["remote_port"])
    return Row(
        record["protocol"],
        (*address_of(record["local_address"]), record["local_port"]),
        record["state"],
        remote,
        record["pid"],
    )


def run(machine, *command):
    """What a command of the system says."""
    out = machine.folder / "said"
    assert machine.spawn(list(command), out, machine.folder / "complaints").wait(30) == 0
    return out.read_text()


def look(machine):
    """ss, ourselves, and ss once more, within the time in which nothing comes and goes unseen."""
    begin = time.monotonic()
    before = rows_of_ss(run(machine, "ss", "-tanpuH"))
    ours = machine.cli("--jsonl", "local").out.splitlines()
    after = rows_of_ss(run(machine, "ss", "-tanpuH"))
    assert time.monotonic() - begin < LIFE, "this machine is too slow for the test"
    return before, collections.Counter(row_of_ours(json.loads(line)) for line in ours), after


def ends(row):
    return row.protocol, row.local, row.remote


def changed(before, after):
    """The ends of sockets of which the two answers tell different things."""
    return {ends(row) for row in (before - after) + (after - before)}


@pytest.fixture(name="actors")
def churning_actors(machine):
    """Each with its child in a group of its own, so that a signal reaches both."""
    run(machine, "ip", "address", "add", "fe80::7/64", "dev", "lo", "nodad")
    actors = [
        machine.spawn(
            ["setsid", "/usr/bin/python3", str(CHURN), str(i)],
            machine.folder / f"churn-{i}.out",
            machine.folder / f"churn-{i}.err",
        )
        for i in range(ACTORS)
    ]
    try:
        time.sleep(2 * LIFE)
        yield actors
    finally:
        tell(actors, signal.SIGKILL)
        for actor in actors:
            actor.wait()


def tell(actors, number):
    for actor in actors:
        os.killpg(actor.pid, number)


def test_our_rows_are_those_of_ss(machine, actors):
    compare(machine, actors)


def rows_of_sample(machine):
    """The last sample; ss knows nobody whose connection waits."""
    records = machine.records("local", "--at", "now")
    for record in records:
        if record["attribution"] == "carried forward":
            record["pid"] = None
    return collections.Counter(row_of_ours(record) for record in records)


def compare_sample(machine, number):
    machine.wait_for_sample()
    before = rows_of_ss(run(machine, "ss", "-tanpuH"))
    ours = rows_of_sample(machine)
    after = rows_of_ss(run(machine, "ss", "-tanpuH"))
    moved = changed(before, after)  # what waits, or was half closed, ends by itself
    missing = {row for row in (before & after) - ours if ends(row) not in moved}
    assert not missing, f"round {number}: only ss has {missing}"
    strange = {
        row
        for row in ours - (before | after)
        if ends(row) not in moved and row.state not in ("TIME WAIT", "FIN WAIT 2")
    }
    assert not strange, f"round {number}: only the ledger has {strange}"
    return before


def test_the_rows_of_the_service_are_those_of_ss(machine, actors):
    machine.write_settings(collector_interval="1s", ledger_commit="1s")
    machine.start()
    seen = collections.Counter()
    for number in range(STANDSTILLS):
        time.sleep(1.5 + number % 3 / 2)
        tell(actors, signal.SIGSTOP)
        rows = compare_sample(machine, number)
        tell(actors, signal.SIGCONT)
        assert len(rows) > 200
        seen |= rows
    check_load(seen, len(seen))
    machine.stop()


def compare(machine, actors):
    seen = collections.Counter()
    changes = 0
    for number in range(ROUNDS):
        before, ours, after = look(machine)
        both = before & after
        known = before | after
        moved = changed(before, after)
        assert not both - ours, f"round {number}: only ss has {both - ours}"
        strange = {row for row in ours - known if ends(row) not in moved}
        assert not strange, f"round {number}: only we have {strange}"
        seen |= both
        changes += len(moved)
        assert len(both) > 200
        assert all(actor.poll() is None for actor in actors)
        time.sleep(0.3)
    check_load(seen, changes)


def check_load(seen, changes):
    """That there was something to compare."""
    assert changes > ROUNDS
    assert {row.state for row in seen} >= {
        "LISTENING",
        "ESTABLISHED",
        "CLOSE WAIT",
        "FIN WAIT 2",
        "TIME WAIT",
        None,
    }
    assert {row.protocol for row in seen} == {"TCP", "UDP"}
    assert {row.local[0] for row in seen} >= {ipaddress.ip_address(text) for text in ADDRESSES}
    owners = collections.defaultdict(set)
    for row in seen:
        owners[row._replace(pid=None)].add(row.pid)
    assert any(len(pids) > 1 for pids in owners.values())
    assert {None} in owners.values()  # a connection that waits belongs to nobody
