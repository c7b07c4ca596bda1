# SPDX-License-Identifier: MIT
"""A watch in a terminal: Escape ends it, arrows do not, and the terminal is left as it was."""

import os
import pty
import subprocess
import termios

import pytest

from machines import PATIENCE, wait_until


class Terminal:
    """A program in a pseudo-terminal of its own, as its foreground."""

    def __init__(self, machine, *command):
        self.main, other = pty.openpty()
        self.before = termios.tcgetattr(other)
        self.other = other
        self.shown = ""
        self.process = subprocess.Popen(
            ["nsenter", "-t", str(machine.holder.pid), "-n", "--", "setsid", "-c", "-w",
             machine.program("portledger"), *command],
            stdin=other, stdout=other, stderr=other, cwd=machine.folder,
        )
        os.set_blocking(self.main, False)

    def read(self):
        try:
            self.shown += os.read(self.main, 65536).decode()
        except BlockingIOError:
            pass
        return self.shown

    def wait_for(self, part):
        wait_until(lambda: part in self.read(), f'"{part}" on the terminal')

    def type(self, keys):
        os.write(self.main, keys)

    def end(self):
        status = self.process.wait(PATIENCE)
        self.read()
        assert termios.tcgetattr(self.other) == self.before
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)
        os.close(self.other)


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
