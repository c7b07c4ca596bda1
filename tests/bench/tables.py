# SPDX-License-Identifier: MIT
"""
What a sample and its comparison with the one before cost on Windows, where there are very many
sockets: bench_tables.c measures, on a Wine machine. A quarter of the sockets shows whether the time
grows faster than their number.
"""

import pathlib
import re
import subprocess

from figures import figure

SOCKETS = 100_000
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "windows-x64"


def wine_machine(*arguments):
    command = ["sh", ROOT / "tools" / "wine-machine", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def measure(machine, sockets):
    """{name: value} of the lines that the program prints: name, value, unit."""
    program = BUILD / "bin" / "bench_tables.exe"
    out = wine_machine("run", machine, "--", program, str(sockets))
    lines = (re.match(r"(.*?)\s{2,}([0-9.]+)", line) for line in out.splitlines())
    return {match[1].strip(): float(match[2]) for match in lines if match}


def time_of(found):
    return found["sample, median"] + found["compare, median"]


def main():
    machine = BUILD / "wine-bench"
    wine_machine("start", machine)
    try:
        part = measure(machine, SOCKETS // 4)
        whole = measure(machine, SOCKETS)
    finally:
        wine_machine("remove", machine)
    name = f"tables: {SOCKETS} sockets, Windows"
    figure(f"{name}, time", time_of(whole), budget=150, unit="ms")
    figure(f"{name}, memory", whole["peak memory"], budget=64, unit="MiB")
    figure(
        "tables: the same, against a quarter of it", time_of(whole), time_of(part), budget=6,
        unit="ms", peer_name="quarter",
    )


main()
