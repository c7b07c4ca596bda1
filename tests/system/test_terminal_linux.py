# SPDX-License-Identifier: MIT
"""What a person sees on terminals of several widths, and page by page."""

import os
import pathlib
import re

import pytest

from machines import LinuxMachine, wait_until
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


JOB = """probes:
  jobs:
    - name: front doors of the shop
      targets: [127.0.0.1]
      ports: [tcp/{port}, tcp/1]
      every: 1s
      spread: 0s
      timeout: 300ms
      attempts: 1
      expect: listening
"""

# Whole pages that are asked of the fixture's ledger, and what must be there at every width.
PAGES = {
    "profile": (["profile", "--process", "port_actor"],
                ["port_actor", "In", "Out", "Listens on", "Peers", "127.0.0.1", "First seen"]),
    "explain": (["explain", "{port}"],
                ["Held by port_actor (pid", "exact", "WHO STARTED IT", "MODULES TO LOOK AT",
                 "WHAT WAS WATCHED", "WHETHER THE RECORD CAN BE TRUSTED"]),
    "diff": (["diff", "-1h", "now", "--local-port", "{port}"], []),
    "history": (["history", "--local-port", "{port}"],
                ["Opened", "PID", "port_actor", "{port}", "LISTENING"]),
    "status": (["status"], ["recording", "Last sample", "Watched in 24 h", "Size limit"]),
    "audit": (["audit"], ["127.0.0.1", "NOT LISTENING", "not held", "held"]),
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory, programs_of_module):
    """A ledger with a listener, two connections to it, and a job that asks for it."""
    machine = LinuxMachine(tmp_path_factory.mktemp("watched"), programs_of_module)
    try:
        over = machine.folder / "over"
        actor = machine.act(
            "listen", "door", "127.0.0.1", "0", "accept", "in", "door", "await", over
        )
        machine.port = actor.port("door")
        machine.write_settings(ledger_commit="1s")
        with open(machine.settings, "a", encoding="utf-8") as file:
            file.write(JOB.format(port=machine.port))
        machine.start()
        caller = machine.act("connect", "out", "127.0.0.1", str(machine.port), "await", over)
        caller.wait_for("out")
        machine.wait_for_sample()
        for command, enough in (("explain", "Held by port_actor"), ("audit", "not held")):
            wait_until(
                lambda command=command, enough=enough: enough in machine.run(
                    "portledger", "--ledger", machine.ledger_name, "--wide", command,
                    *([str(machine.port)] if command == "explain" else []),
                ).out,
                f"{enough} in the ledger",
            )
        yield machine
    finally:
        machine.close()


@pytest.fixture(scope="module")
def programs_of_module():
    return pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"])


def lines_of(out):
    return [re.sub("\x1b\\[[0-9;]*m", "", line) for line in out.split("\r\n")]


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("name", PAGES)
def test_an_answer_fits_the_terminal(watched, name, columns):
    words, parts = PAGES[name]
    command = [word.format(port=watched.port) for word in words]
    out, _ = shown(
        watched, "--ledger", watched.ledger_name, *command, "--no-pager", columns=columns
    )
    lines = lines_of(out)
    assert max(len(line) for line in lines) <= columns, out
    text = " ".join(line.strip() for line in lines)
    for part in parts:
        assert part.format(port=watched.port) in text, out


def test_a_page_about_a_port_is_one_page(watched):
    out, status = shown(
        watched, "--ledger", watched.ledger_name, "explain", str(watched.port), "--no-pager"
    )
    assert status == 0
    assert len(lines_of(out)) <= 60, out


def test_the_status_fits_on_a_screen_of_24_lines(watched):
    out, _ = shown(watched, "--ledger", watched.ledger_name, "status", "--no-pager")
    assert len(lines_of(out)) <= 24, out


@pytest.mark.parametrize("columns", [60, 80])
def test_nothing_of_a_profile_is_left_out(watched, columns):
    out, _ = shown(
        watched, "--ledger", watched.ledger_name, "profile", "--process", "port_actor",
        "--no-pager", columns=columns,
    )
    assert "no room" not in out and "Last seen" in out
    # A group of six hours stands under its part of the ruler.
    lines = lines_of(out)
    at = lines[0].index("12-17h")
    assert re.fullmatch("[.?#1-9]{6}", lines[1][at:at + 6]), out
