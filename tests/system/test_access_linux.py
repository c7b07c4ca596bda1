# SPDX-License-Identifier: MIT
"""What an ordinary user sees: what the system denies is marked or said, and nothing fails."""

import os
import shutil
import tempfile

import pytest

from machines import Result

LEDGER = 4
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


@pytest.fixture
def as_nobody(machine):
    """Runs a copy of portledger as an ordinary user, in a folder that such a user may enter."""
    with tempfile.TemporaryDirectory(prefix="portledger-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy(machine.program("portledger"), folder)

        def run(*arguments):
            out = machine.folder / "nobody.out"
            err = machine.folder / "nobody.err"
            process = machine.spawn([*NOBODY, copy, *arguments], out, err)
            return Result(process.wait(30), out.read_text(), err.read_text())

        yield run


def test_owners_that_are_hidden_are_marked_and_said(machine, as_nobody):
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    port = actor.port("door")
    result = as_nobody("--json", "local")
    assert result.status == 0, result
    (row,) = [row for row in result.json() if row["local_port"] == port]
    assert row["attribution"] == "denied"
    assert (row["pid"], row["process"]) == (None, None)
    assert "may not see" in result.err
    (machine.folder / "over").touch()
    actor.wait()


def test_a_ledger_that_may_not_be_read_is_said(machine, as_nobody):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    machine.wait_for_sample()
    for state in ("running", "stopped"):
        result = as_nobody("--ledger", machine.ledger_name, "status")
        assert result.status == LEDGER, (state, result)
        assert result.out == ""
        assert "denied" in result.err and "ledger.db" in result.err
        if state == "running":
            machine.stop()


def test_settings_that_others_can_change_are_refused(machine):
    machine.write_settings(ledger_commit="1s")
    machine.settings.chmod(0o666)
    result = machine.run("portledgerd", "--config", machine.settings, "check-config")
    assert result.status == LEDGER, result
    assert "is not safe: others can change it; chmod go-w" in result.err
    machine.settings.chmod(0o644)
    result = machine.run("portledgerd", "--config", machine.settings, "check-config")
    assert result.status == 0, result
