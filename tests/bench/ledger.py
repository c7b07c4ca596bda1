# SPDX-License-Identifier: MIT
"""
What the ledger costs: made-up years of a desktop, a domain controller and a proxy, written and
asked. bench_ledger and bench_quiet measure, see bench.h; here are the budgets.

A million intervals of each machine; with --large also what the budgets speak of, 50 million of
the domain controller: 6 GB of disk and some ten minutes. What waits for the disk needs a machine
on which nothing else runs.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from figures import figure

MILLION = 1_000_000
LARGE = 50 * MILLION
QUIET_S = 4 * 3600
PLAIN_S = 600


class Bench:
    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder

    def run(self, part, machine, amount):
        """{name: value} of the lines that the program prints: name, value, unit."""
        return self.measure("bench_ledger", part, machine, amount)

    def measure(self, program, *words):
        command = [self.programs / program, *map(str, words), self.folder / "ledger.db"]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        lines = (re.match(r"(.*?)\s{2,}(-?[0-9.]+)", line) for line in out.splitlines())
        return {match[1].strip(): float(match[2]) for match in lines if match}

    def drop_cache(self):
        """The file leaves the system's memory: what is read next comes from the disk."""
        file = os.open(self.folder / "ledger.db", os.O_RDWR)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def write(bench, machine, intervals):
    name = f"ledger: {machine}, {intervals // MILLION} million"
    found = bench.run("write", machine, intervals)
    print(f"{name}: {found['days']:.1f} days, made in {found['making and writing it took']:.0f} s")
    figure(f"{name}: write a million", MILLION / found["write"], budget=6.67)
    figure(f"{name}: the processor's part", MILLION / found["write, the processor alone"])
    budget = 110 if machine == "domain controller" else None
    figure(f"{name}: an interval", found["size of an interval"], budget=budget, unit="B")
    return name


def ask(bench, name):
    bench.drop_cache()
    found = bench.run("ask", "domain controller", 0)
    figure(f"{name}: first state", found["first state"], budget=1000, unit="ms")
    for question, median, worst in (
        ("state, each moment once", 50, 250),
        ("state, asked again", 50, 250),
        ("difference", 100, None),
        ("who had a port in 30 days", 20, None),
    ):
        figure(f"{name}: {question}", found[f"{question}, median"], budget=median, unit="ms")
        figure(f"{name}: the worst", found[f"{question}, worst"], budget=worst, unit="ms")
    return found["state, asked again, median"]


def verify(bench, name):
    found = bench.run("verify", "domain controller", 0)
    figure(f"{name}: verify a million", MILLION / found["verify"], budget=1)


def stay_quiet(bench):
    found = bench.measure("bench_quiet", "domain controller", QUIET_S)
    print(f"ledger: a quiet day has {found['seals in a quiet day']:.0f} seals")
    figure("ledger: growth in a quiet day", found["growth in a quiet day"], budget=1e6, unit="B")
    written = found["written in a quiet day"]
    figure("ledger: written in a quiet day", written, budget=1e8, unit="B")


def read_along(bench):
    found = bench.run("readers", "domain controller", MILLION)
    late = found["commit done after it was due, worst"]
    figure("ledger: 8 readers, latest commit", late, budget=5000, unit="ms")
    figure("ledger: 8 readers, largest log", found["largest log"], budget=64 << 20, unit="B")


def retain(bench, name):
    """Takes days' worth from the ledger that is there, and then an eighth of it for its size."""
    found = bench.run("retain", "domain controller", 1)
    for how in ("age", "size"):
        lock = found[f"by {how}, write lock held, longest"]
        figure(f"{name}: retention by {how}, longest lock", lock, budget=100, unit="ms")
        figure(f"{name}: drop a million by {how}", MILLION / found[f"by {how}"])
        figure(
            f"{name}: profile rows of 1000 by {how}", found[f"by {how}, profile rows of 1000"],
            unit="",
        )


def compare(bench):
    found = bench.run("plain", "domain controller", PLAIN_S)
    for name, what, unit in (
        ("storing a second", "a second", "ms"),
        ("size of ten minutes", "size", "B"),
        ("state at a moment", "state", "ms"),
    ):
        figure(
            f"ledger: {name}", found[f"ledger: {what}"], found[f"plain: {what}"], unit=unit,
            peer_name="one row a poll",
        )


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=pathlib.Path(sys.argv[1]).parent) as folder:
        bench = Bench(pathlib.Path(sys.argv[1]), pathlib.Path(folder))
        for machine in ("desktop", "proxy"):
            write(bench, machine, MILLION)
        name = write(bench, "domain controller", MILLION)
        small = ask(bench, name)
        verify(bench, name)
        retain(bench, name)
        stay_quiet(bench)
        read_along(bench)
        compare(bench)
        if "--large" in sys.argv[2:]:
            name = write(bench, "domain controller", LARGE)
            large = ask(bench, name)
            verify(bench, name)
            retain(bench, name)
            figure("ledger: state again, against a million", large, small, budget=2, unit="ms")
    print(f"ledger: all of it took {time.monotonic() - began:.0f} s")


main()
