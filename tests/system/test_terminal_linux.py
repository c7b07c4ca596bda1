# SPDX-License-Identifier: MIT
"""What a person sees on terminals of several widths, and page by page."""

import re

import pytest

from terminals import Terminal

SOCKETS = 40
QUESTION = "-- more: "
WIDTHS = [(60, ["PID", "Process", "Proto", "Port", "State"]),
          (80, ["PID", "Process", "Owner", "Proto", "Port", "Local IP", "State"]),
          (200, ["PID", "Process", "Owner", "Proto", "Port", "Local IP", "State", "Path"])]


@pytest.fixture
def busy(machine):
    """A machine with more sockets than a terminal has rows."""
    script = [word for i in range(SOCKETS) for word in ("listen", f"p{i}", "127.0.0.1", "0")]
    actor = machine.act(*script, "await", machine.folder / "over")
    actor.port(f"p{SOCKETS - 1}")
    yield machine
    (machine.folder / "over").touch()
    actor.wait()


def shown(machine, *command, columns=80, rows=24, keys=()):
    """All that was on the terminal, and the exit status; a key for each question."""
    terminal = Terminal(machine, *command, columns=columns, rows=rows)
    try:
        for i, key in enumerate(keys):
            terminal.wait_for(QUESTION, i + 1)
            terminal.type(key)
        status = terminal.end()
        return terminal.shown, status
    finally:
        terminal.close()


@pytest.mark.parametrize("columns,headings", WIDTHS)
def test_a_table_fits_the_terminal_and_keeps_what_matters(busy, columns, headings):
    out, status = shown(busy, "local", "--no-pager", "--quiet", columns=columns)
    assert status == 0
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in out.split("\r\n")]
    assert max(len(line) for line in lines) <= columns
    heading = re.split(" {2,}", lines[0].strip()) if columns == 200 else lines[0]
    for word in headings:
        assert word in heading, lines[0]
    assert sum("LISTENING" in line or "127.0.0.1" in line for line in lines) >= SOCKETS


def test_a_long_table_waits_for_a_key(busy):
    out, status = shown(busy, "local", rows=12, keys=[b" ", b"\r", b"q"])
    assert status == 5
    assert out.count(QUESTION) == 3
    assert out.count("LISTENING") == 11 + 11 + 1 - 1  # pages, a line, and no heading


def test_ctrl_c_at_the_question_leaves_the_terminal_as_it_was(busy):
    out, status = shown(busy, "local", rows=12, keys=[b"\x03"])
    assert status == 5 and out.count(QUESTION) == 1


def test_nothing_waits_where_nobody_reads(busy):
    result = busy.run("portledger", "local")
    assert result.status == 0 and QUESTION not in result.out
    assert result.out.count("LISTENING") >= SOCKETS
