# SPDX-License-Identifier: MIT
"""
What the ledger costs: a made-up machine of 2,000 sockets, until a million intervals are written.
bench_ledger.c measures; the budgets of more intervals than a million are asked of a million here.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from figures import figure

INTERVALS = 1_000_000


def measure(program):
    """{name: value} of the lines that the program prints: name, value, unit."""
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(
            [program, str(INTERVALS), pathlib.Path(folder) / "ledger.db"], stdout=subprocess.PIPE,
            text=True, check=True,
        ).stdout
    lines = (re.match(r"(.*?)\s{2,}([0-9.]+)", line) for line in out.splitlines())
    return {match[1].strip(): float(match[2]) for match in lines if match}


def main():
    found = measure(pathlib.Path(sys.argv[1]) / "bench_ledger")
    figure("ledger: write a million intervals", 1e6 / found["write, large commits"], budget=6.67)
    figure("ledger: size of an interval", found["size of an interval"], budget=110, unit="B")
    figure("ledger: growth in a quiet day", found["growth in a quiet day"], budget=1e6, unit="B")
    figure(
        "ledger: state at any moment, median", found["state at any moment, median"], budget=50,
        unit="ms",
    )
    figure(
        "ledger: state at any moment, worst", found["state at any moment, worst"], budget=250,
        unit="ms",
    )
    figure("ledger: who had a port, median", found["who had a port, median"], budget=20, unit="ms")


main()
