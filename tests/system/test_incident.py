# SPDX-License-Identifier: MIT
"""What the real programs say when somebody looks into an incident."""

import json
import os

import jsonschema
import pytest

from machines import ROOT, wait_until

SCHEMA = json.loads((ROOT / "docs" / "output.schema.json").read_text())


@pytest.fixture
def night(machine):
    """A listener with a connection to it, both of one program, in a ledger."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    over = machine.folder / "over"
    actor = machine.act("listen", "door", "127.0.0.1", "0", "accept", "in", "door", "await", over)
    port = actor.port("door")
    caller = machine.act("connect", "out", "127.0.0.1", str(port), "await", over)
    caller.wait_for("out")
    actor.wait_for("in")
    machine.actor, machine.port = actor, port
    machine.wait_for_sample()
    wait_until(
        lambda: machine.run(
            "portledger", "--ledger", machine.ledger_name, "explain", str(machine.port)
        ).status == 0,
        "the listener is in the ledger",
    )
    yield machine
    over.touch()
    actor.wait()
    caller.wait()
    machine.stop()


def check(records, name):
    assert records
    for record in records:
        jsonschema.validate(
            record, {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]},
            cls=jsonschema.Draft202012Validator,
        )


def test_one_page_tells_who_held_a_port(night):
    page = night.cli("explain", str(night.port)).out
    assert f"(pid {night.actor.pid()})" in page
    assert "exact: the system named it" in page
    assert night.actor_name in page
    assert max(len(line) for line in page.splitlines()) <= 78
    records = night.records("explain", f"tcp/127.0.0.1:{night.port}")
    check(records, "explained")
    holder = next(
        row for row in records if row["part"] == "holder" and row["label"] == "program"
    )
    assert holder["pid"] == night.actor.pid()
    assert holder["words"].endswith(night.actor_name)
    free = 1 if night.port != 1 else 2
    nothing = night.cli("explain", str(free), status=1)
    assert "Nothing was there, and the moment was watched." in nothing.out
    assert night.cli("explain", str(night.port), "--at", "2001-01-01", status=2)


def test_a_profile_tells_in_from_out(night):
    records = night.records("profile", "--process", night.actor_name)
    check(records, "activity")
    (row,) = records
    assert row["outbound"] == 1, row
    assert list(row["listens"]) == [f"tcp/{night.port}"]
    assert "127.0.0.1" in row["peers"]
    # Under Wine an accepted socket has no owner: of the port it is all the same.
    ports = night.records("profile", "--by", "port", "--port", str(night.port))
    sides = {port["side"]: (port["inbound"], port["outbound"]) for port in ports}
    assert sides == {"here": (1, 0), "elsewhere": (0, 1)}, ports
    mark = night.folder / "list.txt"
    mark.write_text(f"port {night.port}\n")
    (row,) = night.records(
        "profile", "--interest", night.file_name(mark), "--flagged", "--process",
        night.actor_name,
    )
    assert f"port {night.port} (line 1)" in row["interest"]


def test_processes_and_modules_have_a_time(night):
    pid = str(night.actor.pid())
    runs = night.records("processes", "--since", "-1h", "--pid", pid)
    check(runs, "run")
    (run,) = runs
    assert run["ending"] == "open" and run["path"].endswith(night.actor_name)
    tree = night.records("processes", "--since", "-1h", "--tree", "--pid", pid)
    check(tree, "run")
    assert [row["pid"] for row in tree if row["chosen"]] == [int(pid)]
    loaded = wait_until(
        lambda: [
            row for row in night.records("modules", "--since", "-1h", "--pid", pid)
            if row["image_sha256"]
        ],
        "the modules are read",
    )
    check(loaded, "loaded")
    own = [row for row in loaded if row["path"] == run["path"]]
    assert len(own) == 1, os.linesep.join(row["path"] for row in loaded)
    again = night.records("modules", "--since", "-1h", "--sha256", own[0]["image_sha256"])
    assert pid in [str(row["pid"]) for row in again]
