# SPDX-License-Identifier: MIT
"""Whether a ledger was changed: by somebody with sqlite3, and by an older copy in its place."""

import shutil
import sqlite3
import time

import pytest


@pytest.fixture
def sealed(machine):
    """A service that has run twice: a seal is made at each stop."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    record(machine)
    shutil.copy(machine.ledger, machine.folder / "old.db")
    record(machine)
    return machine


def record(machine):
    machine.start()
    machine.wait_for_sample()
    machine.stop()


def verify(machine, *options, status=0):
    (found,) = machine.records("verify", *options, status=status)
    return found


def anchors(machine, *lines):
    file = machine.folder / "seals.txt"
    file.write_text("\n".join(lines))
    return "--anchor", machine.file_name(file)


def test_a_ledger_that_nobody_touched_holds(sealed):
    found = verify(sealed)
    assert found["status"] == "held" and found["proven"] == "nothing"
    assert found["seals"] >= 3 and found["lost_from"] is None
    found = verify(sealed, *anchors(sealed, found["newest_seal"]))
    assert found["status"] == "held" and found["proven"] == "anchors"


def test_an_edit_is_named(sealed):
    with sqlite3.connect(sealed.ledger) as db:
        db.execute("UPDATE run SET host = 'another' WHERE id = 1")
    db.close()
    found = verify(sealed, status=1)
    assert found["status"] == "changed" and found["damage"] == "edited or reordered"
    assert found["damaged_from"] < found["damaged_until"]


def test_an_older_copy_costs_one_stretch_that_is_named(sealed):
    lost = verify(sealed)
    shutil.copy(sealed.folder / "old.db", sealed.ledger)
    assert verify(sealed)["status"] == "held"  # without an anchor nobody can tell
    found = verify(sealed, *anchors(sealed, lost["newest_seal"]), status=1)
    assert found["status"] == "cut off" and found["lost_until"] is None

    record(sealed)
    found = verify(sealed, status=1)
    assert found["status"] == "cut off" and found["damaged_seals"] is None
    assert found["lost_from"] <= lost["sealed_until"] <= found["lost_until"]
    assert found["sealed_until"] > found["lost_until"]

    published = anchors(sealed, lost["newest_seal"], found["newest_seal"])
    assert verify(sealed, *published, status=1)["status"] == "cut off"
    time.sleep(1.1)
    assert verify(sealed, "--since", f"@{time.time():.0f}")["status"] == "held"
