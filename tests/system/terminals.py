# SPDX-License-Identifier: MIT
"""A program in a pseudo-terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

from machines import wait_until


class Terminal:
    """A program in a pseudo-terminal of its own, as its foreground."""

    def __init__(self, machine, *command, columns=80, rows=24):
        self.main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(other)
        self.other = other
        self.shown = ""
        self.process = subprocess.Popen(
            [*machine.around, "setsid", "-c", "-w",
             *machine.interactive(machine.program("portledger"), *command)],
            stdin=other, stdout=other, stderr=other, cwd=machine.folder,
        )
        os.set_blocking(self.main, False)

    def read(self):
        try:
            while more := os.read(self.main, 65536):
                self.shown += more.decode()
        except BlockingIOError:
            pass
        return self.shown

    def wait_for(self, part, times=1):
        wait_until(lambda: self.read().count(part) >= times, f'"{part}" on the terminal')

    def type(self, keys):
        os.write(self.main, keys)

    def end(self):
        def ended():
            self.read()  # a full terminal would keep it from its end
            return self.process.poll() is not None

        try:
            wait_until(ended, "the end of the program")
        except AssertionError as late:
            raise AssertionError(f"{late}; shown: {self.shown!r}") from None
        status = self.process.returncode
        self.read()
        assert termios.tcgetattr(self.other) == self.before
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)
        os.close(self.other)
