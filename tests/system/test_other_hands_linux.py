# SPDX-License-Identifier: MIT
"""Somebody links, moves or deletes the ledger's files while the service writes: said, never silent."""

import os
import shutil

import pytest

from machines import wait_until

LEDGER, REFUSED = 4, 5


@pytest.fixture
def running(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start()
    machine.wait_for_sample()
    return machine


def second_service(machine, ledger):
    settings = machine.folder / "second.yaml"
    settings.write_text(f"ledger:\n  path: {ledger}\n")
    return machine.run("portledgerd", "run", "--config", str(settings))


def wait_for_failure(machine):
    """The service ends by itself, with a failure; what it said last."""
    wait_until(lambda: machine.foreground.poll() is not None, "the end of the service")
    assert machine.foreground.returncode not in (0, None)
    return machine.foreground_log().read_text().splitlines()[-1]


def test_a_symbolic_link_leads_to_the_same_ledger(running):
    link = running.folder / "link.db"
    link.symlink_to(running.ledger)
    result = second_service(running, link)
    assert result.status == REFUSED
    assert "another portledgerd" in result.err
    running.wait_for_sample()
    by_link = running.run("portledger", "--ledger", str(link), "--json", "status")
    assert by_link.status == 0, by_link
    assert by_link.json()[0]["state"] == "recording"
    running.stop()


def test_a_ledger_with_two_names_is_refused(running):
    running.stop()
    os.link(running.ledger, running.folder / "second-name.db")
    for name in (running.ledger, running.folder / "second-name.db"):
        result = second_service(running, name)
        assert result.status == LEDGER
        assert "hard links" in result.err


def test_a_deleted_ledger_ends_the_service_with_a_failure(running):
    shutil.rmtree(running.ledger.parent)
    assert "deleted or moved" in wait_for_failure(running)


def test_a_moved_ledger_ends_the_service_with_a_failure(running):
    running.ledger.rename(running.ledger.parent / "elsewhere.db")
    assert "deleted or moved" in wait_for_failure(running)


def test_who_gets_past_a_deleted_lock_ends_the_first_service(running):
    (running.ledger.parent / "ledger.db-lock").unlink()
    first = running.foreground
    first_log = running.foreground_log()
    running.start_foreground()
    wait_until(lambda: first.poll() is not None, "the end of the first service")
    assert first.returncode != 0
    assert "another portledgerd" in first_log.read_text().splitlines()[-1]
    running.wait_for_sample()  # and the second one goes on
    running.stop()


@pytest.mark.parametrize("program", ["portledger", "portledgerd"])
def test_a_pipe_is_no_file(machine, program):
    pipe = machine.folder / "pipe"
    os.mkfifo(pipe)
    words = ["--ledger", str(pipe), "status"]
    if program == "portledgerd":
        words = ["check-config", "--config", str(pipe)]
    result = machine.run(program, *words)
    assert result.status == LEDGER
    assert "no regular file" in result.err
