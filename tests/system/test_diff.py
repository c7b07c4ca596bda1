# SPDX-License-Identifier: MIT
"""Differences of a real machine: a port that opens and closes, a program that is replaced, a
file that is loaded; against a baseline, and between two moments of the ledger."""

import hashlib
import os
import pathlib
import shutil
import time

import pytest

from machines import milliseconds, wait_until


def library(machine):
    """A file that the actor has not loaded: its path for the actor, and the end of its name."""
    if hasattr(machine, "install_folder"):
        return "winmm.dll", "winmm.dll"
    for folder in ("/lib/x86_64-linux-gnu", "/lib64", "/usr/lib", "/lib/aarch64-linux-gnu"):
        source = pathlib.Path(folder) / "libutil.so.1"
        if source.exists():
            return str(shutil.copy2(source, machine.folder / "inject.so")), "inject.so"
    return pytest.skip("no library to load")


def program_file(machine, name):
    folder = getattr(machine, "install_folder", machine.folder)
    return folder / (name + (".exe" if folder != machine.folder else ""))


def save(machine, name, *words):
    file = machine.file_name(machine.folder / name)
    (made,) = machine.records("baseline", "save", file, *words)
    return file, made


def changes(machine, *words, status=1):
    """change, local port and module of each difference of our actors."""
    return [
        (row["change"], row["local_port"], row["module"])
        for row in machine.records("--quiet", "diff", *words, status=status)
    ]


def test_against_a_baseline_without_a_service(machine):
    name = f"actor{os.getpid()}"
    machine.copy_actor(name)
    file, end_of_name = library(machine)
    go, loaded, over = (machine.folder / word for word in ("go", "loaded", "over"))
    actor = machine.act(
        "listen", "door", "127.0.0.1", "0", "await", machine.file_name(go), "load", file,
        "touch", machine.file_name(loaded), "await", machine.file_name(over), name=name,
    )
    port = actor.port("door")
    base, made = save(machine, "before.json")
    assert made["basis"] == "live" and made["sockets"] >= 1
    only = "--process", name + ("" if program_file(machine, name).name == name else ".exe")
    assert changes(machine, base, *only, status=0) == []

    go.touch()
    wait_until(loaded.exists, "the file is loaded")
    new = changes(machine, base, *only)
    assert {row[:2] for row in new} == {("module", None)}, new
    assert any(row[2].lower().endswith(end_of_name) for row in new), new

    over.touch()
    actor.wait()
    assert ("closed", port, None) in changes(machine, base, "--local-port", str(port))

    program = program_file(machine, name)
    with open(program, "ab") as grown:
        grown.write(b"another file")
    over.unlink()
    again = machine.act(
        "listen", "door", "127.0.0.1", str(port), "await", machine.file_name(over), name=name
    )
    assert again.port("door") == port
    rows = machine.records("--quiet", "diff", base, "--local-port", str(port), status=1)
    assert [row["change"] for row in rows] == ["reopened", "image"], rows
    assert rows[1]["image_sha256"] == hashlib.sha256(program.read_bytes()).hexdigest()
    assert rows[1]["image_sha256_before"] not in (None, rows[1]["image_sha256"])
    assert (rows[0]["pid"], rows[0]["pid_before"]) == (again.pid(), actor.pid())
    over.touch()
    again.wait()


def moment(machine):
    """A time of which the ledger has a sample."""
    machine.wait_for_sample()
    at = round(milliseconds(machine.records("status")[0]["last_sample_at"]))
    return f"@{at // 1000}.{at % 1000:03d}"


def test_between_moments_of_the_ledger(machine):
    machine.write_settings(ledger_commit="1s", collector_interval="500ms")
    machine.install()
    machine.start()
    over = machine.folder / "over"
    before = moment(machine)
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.file_name(over))
    port = str(actor.port("door"))
    wait_until(lambda: machine.run("portledger", "--ledger", machine.ledger_name, "history",
                                   "--local-port", port).status == 0, "the port is recorded")
    during = moment(machine)
    over.touch()
    actor.wait()
    time.sleep(0.6)
    after = moment(machine)
    only = "--local-port", port
    assert changes(machine, before, during, *only) == [("opened", int(port), None)]
    assert changes(machine, during, after, *only) == [("closed", int(port), None)]
    assert changes(machine, before, after, *only, status=0) == []
    table = machine.cli("diff", before, during, *only, status=1).out
    assert "1 difference: 1 opened" in table and "Port Statistics" in table

    base, made = save(machine, "during.json", "--at", during)
    assert made["basis"] in ("sealed", "not sealed yet")
    assert changes(machine, base, after, *only) == [("closed", int(port), None)]
    machine.stop()  # seals the rest
    base, made = save(machine, "sealed.json", "--at", during)
    assert made["basis"] == "sealed"
    verified = machine.cli("verify", "--anchor", base)
    assert "held" in verified.out
    copy = machine.folder / "copy.db"
    machine.cli("export", "--sqlite", machine.file_name(copy))
    assert changes(machine, f"{machine.file_name(copy)}@{during}", base, status=0) == []

    edited = machine.folder / "edited.json"
    edited.write_bytes((machine.folder / "sealed.json").read_bytes().replace(b"TCP", b"UDP"))
    refused = machine.cli("baseline", "show", machine.file_name(edited), status=1)
    assert "was changed since it was written" in refused.err
    machine.cli("diff", machine.file_name(edited), after, status=2)
