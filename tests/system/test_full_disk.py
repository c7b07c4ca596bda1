# SPDX-License-Identifier: MIT
"""
A disk that is full, or a ledger that is locked, and then no more: the service says so,
waits, and loses nothing. A disk that may only be read.
"""

import sqlite3
import subprocess
import time

import pytest

from machines import milliseconds, wait_until


@pytest.fixture
def small_disk(machine):
    folder = machine.ledger.parent
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass


def test_a_full_disk_is_said_and_what_waited_is_stored_later(machine, small_disk):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start_foreground()
    early = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    early_port = early.port("door")
    machine.wait_for_sample()
    fill(small_disk)
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    port = actor.port("door")
    opened = time.time() * 1000
    log = machine.foreground_log()
    wait_until(lambda: "commit_failed" in log.read_text(), "the full disk is said")
    time.sleep(1.0)
    assert log.read_text().count("commit_failed") == 1
    assert machine.foreground.poll() is None
    machine.cli("history", "--port", str(early_port))  # and readers still read

    def status():
        return machine.run("portledger", "--ledger", machine.ledger_name, "--json", "status")

    wait_until(lambda: status().json()[0]["state"] == "silent", "status misses samples")
    result = status()
    assert result.json()[0]["disk_room"] < 4096 and "disk is full" in result.err

    (small_disk / "ballast").unlink()
    wait_until(lambda: "commit_recovered" in log.read_text(), "the recovery is said")
    machine.wait_for_sample()
    (row,) = machine.records("history", "--port", str(port))
    assert abs(milliseconds(row["opened_at"]) - opened) < 1500
    (machine.folder / "over").touch()
    early.wait()
    actor.wait()
    machine.interrupt_foreground()


def watch_through(machine, begin, end):
    """A port that is opened while the ledger cannot be written is in it later."""
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start_foreground()
    machine.wait_for_sample()
    begin()
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    port = actor.port("door")
    opened = time.time() * 1000
    log = machine.foreground_log()
    wait_until(lambda: "commit_failed" in log.read_text(), "the failure is said")
    time.sleep(1.0)
    end()
    wait_until(lambda: "commit_recovered" in log.read_text(), "the recovery is said")
    machine.wait_for_sample()
    (row,) = machine.records("history", "--port", str(port))
    assert abs(milliseconds(row["opened_at"]) - opened) < 1500
    (machine.folder / "over").touch()
    actor.wait()
    machine.interrupt_foreground()


def test_a_ledger_that_somebody_has_locked_is_waited_for(machine):
    connections = []

    def lock():
        connections.append(sqlite3.connect(machine.ledger, isolation_level=None))
        connections[0].execute("BEGIN IMMEDIATE")

    watch_through(machine, lock, lambda: connections[0].close())


def test_a_disk_that_may_only_be_read_keeps_out_the_service_and_no_reader(machine, small_disk):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start_foreground()
    machine.wait_for_sample()
    machine.interrupt_foreground()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = machine.ledger.read_bytes()
    result = machine.run("portledgerd", "run", "--config", machine.file_name(machine.settings))
    assert result.status in (4, 5)
    assert "ledger.db" in result.err.splitlines()[-1]
    (status,) = machine.records("status", status=1)
    assert status["stopped_because"] == "service stopped"
    assert machine.ledger.read_bytes() == before


def test_a_disk_that_is_full_from_the_start(machine, small_disk):
    machine.write_settings()
    fill(small_disk)
    result = machine.run("portledgerd", "run", "--config", machine.file_name(machine.settings))
    assert result.status in (4, 5)
    assert "ledger.db" in result.err.splitlines()[-1]


def test_a_disk_without_room_for_a_copy_is_no_bad_ledger(machine, small_disk):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start_foreground()
    machine.wait_for_sample()
    machine.interrupt_foreground()
    before = machine.ledger.read_bytes()
    fill(small_disk)
    for kind in "--sqlite", "--evidence":
        made = small_disk / "made"
        result = machine.run(
            "portledger", "--ledger", machine.ledger_name, "export", kind, machine.file_name(made)
        )
        assert result.status == 5 and "disk is full" in result.err, result
        assert not list(small_disk.glob("made*"))
    assert machine.ledger.read_bytes() == before
