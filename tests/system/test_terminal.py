# SPDX-License-Identifier: MIT
"""Answers on terminals of several widths; on Windows in the console that Wine makes of them."""

import os
import pathlib
import re

import pytest

from conftest import machine_class
from machines import wait_until
from terminals import Terminal

WIDTHS = [60, 80, 200]
ROWS = 400  # nothing scrolls

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

# Commands that are asked of the fixture's ledger, and what must be there at every width.
PAGES = {
    "profile": (["profile", "--process", "{actor}"],
                ["{actor}", "Open %", "Out", "Listens on", "Peers", "127.0.0.1", "First seen",
                 "Last seen", "12-17h"]),
    "explain": (["explain", "{port}"],
                ["Held by {actor} (pid", "exact", "WHO STARTED IT", "MODULES TO LOOK AT",
                 "WHAT WAS WATCHED", "WHETHER THE RECORD CAN BE TRUSTED"]),
    "diff": (["diff", "{before}", "now", "--local-port", "{port}", "--limit", "1"],
             ["Port Statistics"]),
    "history": (["history", "--local-port", "{port}"],
                ["Opened", "PID", "{actor}", "{port}", "LISTENING"]),
    "status": (["status"], ["recording", "Last sample", "Watched in 24 h", "Size limit"]),
    "audit": (["audit"], ["127.0.0.1", "NOT LISTENING", "not held", "held"]),
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A ledger with a listener, a connection to it, and a job that asks for it."""
    programs = pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"])
    machine = machine_class()(tmp_path_factory.mktemp("watched"), programs)
    try:
        over = machine.folder / "over"
        actor = machine.act(
            "listen", "door", "127.0.0.1", "0", "accept", "in", "door", "await", over
        )
        machine.port = actor.port("door")
        machine.write_settings(ledger_commit="1s")
        with open(machine.settings, "a", encoding="utf-8") as file:
            file.write(JOB.format(port=machine.port))
        machine.install()
        machine.start()
        caller = machine.act("connect", "out", "127.0.0.1", str(machine.port), "await", over)
        caller.wait_for("out")
        machine.wait_for_sample()
        for enough, *words in (
            (f"Held by {machine.actor_name}", "explain", str(machine.port)),
            ("not held", "audit"),
        ):
            wait_until(
                lambda enough=enough, words=words: enough in machine.run(
                    "portledger", "--ledger", machine.ledger_name, "--wide", *words
                ).out,
                f"{enough} in the ledger",
            )
        yield machine
    finally:
        machine.close()


def shown(machine, *words, columns=80):
    """The lines that were on the terminal. Wine shows what makes a heading bold as characters."""
    terminal = Terminal(
        machine, "--ledger", machine.ledger_name, *words, "--no-pager", "--color", "never",
        columns=columns, rows=ROWS,
    )
    try:
        terminal.end()
        out = re.sub("\x1b\\[[?]?[0-9;]*[a-zA-Z]", "", terminal.shown)
        return [line.rstrip("\r") for line in out.split("\n")]
    finally:
        terminal.close()


def words_of(machine, words):
    names = {"port": machine.port, "actor": machine.actor_name, "before": "-1s"}
    return [word.format(**names) for word in words]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_an_answer_fits_the_terminal(watched, name, columns):
    words, parts = PAGES[name]
    lines = shown(watched, *words_of(watched, words), columns=columns)
    out = "\n".join(lines)
    # Where the test keeps its ledger is as long as it is: a path is shown whole.
    assert max(len(line) for line in lines if watched.ledger_name not in line) <= columns, out
    text = " ".join(line.strip() for line in lines)
    for part in words_of(watched, parts):
        assert part in text, out


def test_a_page_about_a_port_is_one_page(watched):
    lines = shown(watched, "explain", str(watched.port))
    assert 20 < len(lines) <= 60, "\n".join(lines)


def test_the_status_fits_on_a_screen_of_24_lines(watched):
    lines = shown(watched, "status")
    assert len(lines) <= 24, "\n".join(lines)


@pytest.mark.parametrize("columns", [60, 80])
def test_nothing_of_a_profile_is_left_out(watched, columns):
    lines = shown(watched, "profile", "--process", watched.actor_name, columns=columns)
    assert not any("no room" in line for line in lines), "\n".join(lines)
    # A group of six hours stands under its part of the ruler.
    heading = next(i for i, line in enumerate(lines) if "12-17h" in line)
    at = lines[heading].index("12-17h")
    assert re.fullmatch("[.?#1-9]{6}", lines[heading + 1][at:at + 6]), "\n".join(lines)
