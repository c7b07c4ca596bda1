# SPDX-License-Identifier: MIT
"""A service that is killed again and again: each ledger that it leaves is sound, and says so."""

import os
import random
import shutil
import sqlite3
import time

import pytest

KILLS = int(os.environ.get("PORTLEDGER_KILLS", "15"))
HELD, UNDECIDED = 0, 2


@pytest.fixture
def service(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.install()
    return machine


def copy_of_ledger(machine, number):
    """The files as the kill left them, under another name: what SQLite makes of them stays ours."""
    copy = machine.folder / f"killed-{number}.db"
    for suffix in ("", "-wal"):
        source = machine.ledger.with_name(machine.ledger.name + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))
    return copy


def look_through(copy):
    """What the ledger says of its newest stretch and of how many samples there are."""
    connection = sqlite3.connect(copy)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(
            "SELECT ended, last_sample, end_at FROM stretch ORDER BY id DESC LIMIT 1"
        ).fetchone()
    finally:
        connection.close()


def check_gaps(machine):
    """Each stretch ends before the next begins, by no more than a start takes."""
    connection = sqlite3.connect(machine.ledger)
    stretches = connection.execute("SELECT begin_at, end_at FROM stretch ORDER BY id").fetchall()
    connection.close()
    for (_, end_at), (begin_at, _) in zip(stretches, stretches[1:]):
        assert 0 <= begin_at - end_at < 30000, (end_at, begin_at)


def test_a_service_that_is_killed_again_and_again_leaves_sound_ledgers(service):
    chance = random.Random(1)
    samples = 0
    for number in range(KILLS):
        service.start()
        service.wait_for_sample()
        (before,) = service.records("status")
        time.sleep(chance.random() * 0.5)  # anywhere between two commits, or within one
        service.kill_service()
        copy = copy_of_ledger(service, number)
        result = service.run("portledger", "--ledger", service.file_name(copy), "verify")
        assert result.status in (HELD, UNDECIDED), result  # the run's end is not sealed
        ended, last_sample, end_at = look_through(copy)
        for file in copy.parent.glob(copy.name + "*"):
            file.unlink()
        assert ended == 0  # it did not say why: nobody asked it to end
        assert last_sample > samples
        assert last_sample >= before["samples"]
        samples = last_sample
    service.start()
    service.wait_for_sample()
    result = service.run("portledger", "--ledger", service.ledger_name, "history")
    assert "service crashed" in result.err
    service.stop()
    verified = service.run("portledger", "--ledger", service.ledger_name, "verify")
    assert verified.status == HELD, verified
    check_gaps(service)
    connection = sqlite3.connect(service.ledger)
    gaps = connection.execute("SELECT ended FROM stretch ORDER BY id").fetchall()
    runs = connection.execute("SELECT ended FROM run ORDER BY id").fetchall()
    connection.close()
    assert [ended for (ended,) in runs] == KILLS * [2] + [1]  # crashed, and stopped
    assert [ended for (ended,) in gaps].count(2) == KILLS
    assert not list(service.ledger.parent.glob("*.damaged-*"))


def test_a_service_that_is_killed_while_it_starts_starts_again(service):
    chance = random.Random(2)
    for _ in range(KILLS if service.system == "linux" else 0):
        process = service.spawn(
            [service.program("portledgerd"), "run", "--config", str(service.settings)],
            service.folder / "killed.out",
            service.folder / "killed.err",
        )
        time.sleep(chance.random() * 0.08)
        process.kill()
        process.wait()
    service.start()
    service.wait_for_sample()
    service.stop()
    assert look_through(service.ledger)[0] == 1
    assert not list(service.ledger.parent.glob("*.damaged-*"))


def write_garbage(path):
    """Over all pages but the first one, of which a ledger is recognized."""
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def test_a_damaged_ledger_is_kept_and_the_service_watches_on(service):
    service.start()
    service.wait_for_sample()
    service.stop()
    write_garbage(service.ledger)
    damaged = service.ledger.read_bytes()
    service.start()
    service.wait_for_sample()
    (status,) = service.records("status")
    assert status["state"] == "recording"
    (kept,) = (
        path
        for path in service.ledger.parent.glob("ledger.db.damaged-*")
        if not path.name.endswith(("-wal", "-shm"))
    )
    assert kept.read_bytes() == damaged
    service.stop()
