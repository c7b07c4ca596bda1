# SPDX-License-Identifier: MIT
"""A watch in a terminal: Escape ends it, arrows do not, and the terminal is left as it was."""

import subprocess

import pytest

from terminals import Terminal


@pytest.fixture
def watch(machine):
    terminal = Terminal(machine, "wport", "9", "-wt", "1200")
    try:
        terminal.wait_for("nothing holds it")
        yield terminal
    finally:
        terminal.close()


def test_escape_ends_a_watch_at_once(watch):
    watch.type(b"\x1b")
    assert watch.end() == 0
    assert "escape key pressed: stopped watching port 9" in watch.shown


def test_ctrl_c_ends_a_watch_at_once(watch):
    watch.type(b"\x03")
    assert watch.end() == 0
    assert "interrupted: stopped watching port 9" in watch.shown


def test_other_keys_are_no_escape_and_are_not_shown(watch):
    watch.type(b"\x1b[A")
    watch.type(b"q")
    with pytest.raises(subprocess.TimeoutExpired):
        watch.process.wait(0.5)
    assert watch.shown == watch.read()
    assert "[A" not in watch.shown and "q" not in watch.shown.splitlines()[-1]
    watch.type(b"\x1b")
    assert watch.end() == 0


def test_a_log_on_a_full_disk_gives_the_reason(machine):
    result = machine.run("portledger", "local", "-wt", "1", "--log", "/dev/full", "--overwrite")
    assert result.status == 5
    assert "cannot write to /dev/full: No space left on device" in result.err


def test_a_process_has_one_start(machine):
    """However often one asks: two clocks are read, and never together."""
    starts = {machine.run("portledger", "processes", "--jsonl", "--quiet", "--columns",
                          "pid,started_at").out.splitlines()[0] for _ in range(12)}
    assert len(starts) == 1
