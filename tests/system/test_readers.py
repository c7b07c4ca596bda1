# SPDX-License-Identifier: MIT
"""Reading and taking away: what is asked, copied and exported, and that no byte of a ledger changes."""

import hashlib
import json
import shutil
import signal
import sqlite3
import time
import zipfile

import pytest

from machines import wait_until

LEDGER = 4

# Every command that reads a ledger.
COMMANDS = [
    ("local", "--at", "now"),
    ("processes", "--at", "now"),
    ("modules", "--at", "now"),
    ("history",),
    ("diff", "BEFORE", "now"),
    ("status",),
    ("status", "--gaps"),
    ("status", "--stretches"),
    ("verify",),
    ("export", "--sqlite", "OUT"),
    ("export", "--evidence", "OUT"),
]


@pytest.fixture
def recorded(machine):
    """A service that writes, and something that it has seen."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    machine.stop()
    machine.start()  # what is in the log now is not all that there is
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    actor.port("door")
    machine.wait_for_sample()
    machine.before = f"@{time.time():.3f}"
    time.sleep(1.2)
    machine.wait_for_sample()
    yield machine
    (machine.folder / "over").touch()
    actor.wait()


def hashes(folder, but=()):
    """What a folder holds, with names, bytes and write times."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
        if not path.name.endswith(tuple(but))
    }


def ask_everything(machine, ledger):
    for i, words in enumerate(COMMANDS):
        out = machine.folder / f"made-{i}"
        if out.exists():
            out.unlink()
        names = {"BEFORE": machine.before, "OUT": machine.file_name(out)}
        result = machine.run(
            "portledger", "--ledger", machine.file_name(ledger), *[names.get(w, w) for w in words]
        )
        assert result.status in (0, 1, 2), result


def copied(machine, name, *suffixes):
    folder = machine.folder / name
    folder.mkdir()
    for suffix in ("", *suffixes):
        source = machine.ledger.with_name(machine.ledger.name + suffix)
        shutil.copyfile(source, folder / ("copy.db" + suffix))
    return folder


def test_no_command_changes_a_byte(recorded):
    with_log = copied(recorded, "with-log", "-wal")
    with_index = copied(recorded, "with-index", "-wal", "-shm")
    without_log = copied(recorded, "without-log")
    recorded.kill_service()
    time.sleep(0.5)
    crashed = recorded.ledger.parent
    states = [with_log, with_index, without_log, crashed]
    for folder in states:
        ledger = folder / ("copy.db" if folder != crashed else recorded.ledger.name)
        before = hashes(folder)
        assert (ledger.name + "-wal" in before) == (folder != without_log)
        ask_everything(recorded, ledger)
        assert hashes(folder) == before, folder
    recorded.start()
    recorded.wait_for_sample()
    recorded.stop()
    before = hashes(crashed)
    ask_everything(recorded, recorded.ledger)
    assert hashes(crashed) == before


def test_a_live_ledger_is_not_changed_by_readers(recorded):
    if recorded.system != "linux":
        pytest.skip("a service under Wine cannot be held still")
    recorded.foreground.send_signal(signal.SIGSTOP)
    try:
        # The index is shared memory: readers note in it what they read.
        before = hashes(recorded.ledger.parent, but=["-shm"])
        ask_everything(recorded, recorded.ledger)
        assert hashes(recorded.ledger.parent, but=["-shm"]) == before
    finally:
        recorded.foreground.send_signal(signal.SIGCONT)
    recorded.stop()


def test_a_copy_without_its_log_says_what_is_missing(recorded):
    if recorded.system != "linux":
        pytest.skip("a program outside of Wine does not see its locks; check_ledger does the same")
    with sqlite3.connect(recorded.ledger) as db:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    folder = copied(recorded, "without-log")
    result = recorded.run("portledger", "--ledger", recorded.file_name(folder / "copy.db"), "status")
    assert "copy.db-wal" in result.err and "newest part is missing" in result.err
    recorded.stop()
    assert "-wal" not in recorded.cli("status", status=1).err


def test_an_exported_copy_is_whole_and_asks_for_nothing(recorded):
    out = recorded.folder / "out.db"
    (record,) = recorded.records("export", "--sqlite", recorded.file_name(out))
    assert record["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert record["bytes"] == out.stat().st_size
    assert record["command_lines"] is False
    with sqlite3.connect(f"file:{out}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert db.execute("SELECT count(*) > 0, count(command_line) FROM process").fetchall() == [(1, 0)]
    result = recorded.run("portledger", "--ledger", recorded.file_name(out), "history")
    assert result.status == 0 and "-wal" not in result.err, result
    again = recorded.run(
        "portledger", "--ledger", recorded.ledger_name, "export", "--sqlite", recorded.file_name(out)
    )
    assert again.status == 3 and "not overwritten" in again.err
    recorded.stop()


def test_evidence_holds_the_ledger_its_hashes_and_its_machine(recorded):
    out = recorded.folder / "out.zip"
    (record,) = recorded.records(
        "export", "--with-command-lines", "--evidence", recorded.file_name(out)
    )
    recorded.stop()
    assert record["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {"ledger.db", "README.txt", "manifest.json", "SHA256SUMS"}
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    for name in set(files) - {"SHA256SUMS"}:
        assert sums[name] == hashlib.sha256(files[name]).hexdigest()
    manifest = json.loads(files["manifest.json"])
    assert manifest["ledger"]["ledger_id"] == record["ledger_id"]
    assert manifest["ledger"]["command_lines"] is True
    assert manifest["runs"][0]["program"].startswith("portledgerd ")
    assert manifest["runs"][0]["host"]
    assert manifest["boots"][0]["name"]
    assert "ledger.commit: 1s" in manifest["settings"][0]["text"]
    assert [gap["reason"] for gap in manifest["coverage"]["gaps"]] == ["service stopped"]
    assert manifest["files"][0]["sha256"] == sums["ledger.db"]
    assert manifest["verify"]["status"] == "held"
    assert manifest["verify"]["damage"] is None and manifest["verify"]["damaged_from"] is None
    assert record["ledger_id"] in manifest["verify"]["newest_seal"]
    (recorded.folder / "taken.db").write_bytes(files["ledger.db"])
    taken = recorded.run(
        "portledger", "--ledger", recorded.file_name(recorded.folder / "taken.db"), "--json", "status"
    )
    assert taken.json()[0]["ledger_id"] == record["ledger_id"]
    assert not (recorded.folder / "out.zip-ledger").exists()


def test_what_cannot_be_made_leaves_nothing(recorded):
    for option in ("--sqlite", "--evidence"):
        result = recorded.run(
            "portledger", "--ledger", recorded.ledger_name, "export", option,
            recorded.file_name(recorded.folder / "missing" / "out"),
        )
        assert result.status in (4, 5), result
        assert "missing" in result.err and result.out == ""
    result = recorded.run("portledger", "--ledger", recorded.ledger_name, "export")
    assert result.status == 3
    recorded.stop()


def test_others_get_a_copy_that_the_service_makes(machine):
    shared = machine.ledger.parent.with_name("shared")
    name = machine.file_name(shared) if machine.system == "linux" else "C:\\ProgramData\\shared"
    machine.write_settings(ledger_commit="1s", ledger_share=f"{{folder: '{name}'}}")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    copy = shared / "portledger-copy.db"
    wait_until(copy.exists, "the copy for others", patience=60)
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(command_line) FROM process").fetchall() == [(0,)]
    assert [path.name for path in shared.iterdir()] == ["portledger-copy.db"]
    if machine.system == "windows":  # by the settings of the machine
        (record,) = machine.run("portledger", "--json", "status").json()
        assert record["shared_copy"] == name + "\\portledger-copy.db"
        assert record["shared_copy_at"] is not None and record["shared_copy_age"] >= 0
    machine.stop()
