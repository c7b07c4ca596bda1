# SPDX-License-Identifier: MIT
"""Whether a ledger was changed: by somebody with sqlite3, and by an older copy in its place."""

import json
import shutil
import signal
import sqlite3
import time
import zipfile

import pytest

from machines import wait_until

MEGABYTES = 150  # an export of so much takes some time on any disk


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
    since = "--since", f"@{time.time():.0f}"
    assert verify(sealed, *since, status=2)["status"] == "undecided"  # nothing is sealed yet
    record(sealed)
    assert verify(sealed, *since)["status"] == "held"


def first_key(machine, status=0):
    result = machine.run("portledgerd", "first-key", "--config", machine.file_name(machine.settings))
    assert result.status == status, result
    return result.out


def test_a_key_that_nobody_saw_waits_and_proves(sealed):
    (sealed.ledger.parent / (sealed.ledger.name + ".key")).unlink()
    record(sealed)
    told = first_key(sealed)
    lines = [line for line in told.splitlines() if line.startswith("portledger seal key of ledger ")]
    assert lines and "not shown again" in told
    first_key(sealed, status=1)  # it was
    assert not list(sealed.ledger.parent.glob("*.first-key"))

    key = sealed.folder / "key.txt"
    key.write_text(told)
    whole = "from seal 0:" in told  # on Windows install has shown that one
    found = verify(sealed, "--key", sealed.file_name(key), status=0 if whole else 2)
    assert found["proven"] == ("key" if whole else "partly")

    evidence = sealed.folder / "evidence.zip"
    sealed.cli("export", "--evidence", sealed.file_name(evidence), "--key", sealed.file_name(key))
    with zipfile.ZipFile(evidence) as packed:
        manifest = json.loads(packed.read("manifest.json"))
    assert manifest["verify"]["proven"] == found["proven"]
    assert manifest["verify"]["status"] == found["status"]
    assert told.splitlines()[0].split()[-1] not in json.dumps(manifest)


@pytest.mark.parametrize("kind", ["--sqlite", "--evidence"])
def test_an_export_that_is_stopped_leaves_nothing(sealed, kind):
    with sqlite3.connect(sealed.ledger) as db:
        db.executemany(
            "INSERT INTO text (text) SELECT hex(randomblob(500000))", [()] * MEGABYTES
        )
    db.close()
    stops = [signal.SIGINT] + ([signal.SIGTERM] if sealed.system == "linux" else [])
    for number, stop in enumerate(stops):
        folder = sealed.folder / f"export-{number}"
        folder.mkdir()
        err = sealed.folder / f"export-{number}.err"
        process = sealed.spawn(
            [sealed.program("portledger"), "--ledger", sealed.ledger_name, "export", kind,
             sealed.file_name(folder / "made")],
            sealed.folder / f"export-{number}.out", err,
        )
        wait_until(lambda: list(folder.iterdir()), "the export has begun")
        process.send_signal(stop)
        assert process.wait(60) not in (0, None)
        assert "stopped: nothing was made" in err.read_text()
        assert not list(folder.iterdir())
    assert verify(sealed)["status"] == "held"


def test_evidence_that_was_killed_is_made_by_the_next_try(sealed):
    with sqlite3.connect(sealed.ledger) as db:
        db.executemany(
            "INSERT INTO text (text) SELECT hex(randomblob(500000))", [()] * MEGABYTES
        )
    db.close()
    folder = sealed.folder / "export"
    folder.mkdir()
    made = folder / "made.zip"
    process = sealed.spawn(
        [sealed.program("portledger"), "--ledger", sealed.ledger_name, "export", "--evidence",
         sealed.file_name(made)],
        sealed.folder / "export.out", sealed.folder / "export.err",
    )
    wait_until(lambda: list(folder.glob("made.zip-part*")), "the export has begun")
    process.kill()
    assert process.wait(60) != 0
    assert not made.exists()
    sealed.cli("export", "--evidence", sealed.file_name(made))
    assert [file.name for file in folder.iterdir()] == ["made.zip"]
    assert zipfile.ZipFile(made).testzip() is None
