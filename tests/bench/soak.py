# SPDX-License-Identifier: MIT
"""
The service for long: nothing grows. A day of simulated time at 1 s on a made-up domain controller;
the real service on Linux with 2,000 sockets and 20 changes a second; and the real service under
Wine with 40 sockets, its descriptors counted from outside. The two real ones run at the same time,
2 minutes each, with --large 20. Ends with 1 where a budget was missed.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import figures
from figures import figure

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))

from machines import LinuxMachine, WindowsMachine  # noqa: E402

MIB = 1 << 20
DAY = 86400
SHORT_DAY = 7200
NAME = 44  # characters of a figure's name: bench.c
MACHINE = "domain controller"

# What memory may grow by once all is warm: buffers of the library of C move a little. The cache of
# the ledger's pages, of 8 MiB, is full only after half a simulated day: the last third is looked at,
# and in the real runs what was written to the ledger meanwhile is taken off.
MOST_GROWTH = 2 * MIB
MOST_HANDLES = 3  # a file that is hashed, a folder that is read: open only just then

HOLDER = """
import resource, select, socket, sys
count, changes = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))

def open_one():
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen(1)
    return one

sockets = [open_one() for _ in range(count)]
at = 0
while not select.select([sys.stdin], [], [], 1.0)[0]:
    for _ in range(changes // 2):  # one goes, one comes
        sockets[at].close()
        sockets[at] = open_one()
        at = (at + 1) % count
"""


def simulate(programs, seconds):
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(
            [programs / "bench_soak", MACHINE, str(seconds), folder],
            stdout=subprocess.PIPE, check=True, text=True,
        ).stdout
    values = {}
    for line in out.splitlines():
        values[line[:NAME].strip()] = float(line[NAME:].split()[0])
    hours = seconds / 3600
    figure(f"soak: memory after {hours:g} simulated hours", values["memory at the end"] / MIB,
           budget=64, unit="MiB")
    figure("soak: its growth in the last third", values["growth of memory"] / MIB,
           budget=MOST_GROWTH / MIB, unit="MiB")
    figure("soak: growth of descriptors", values["growth of handles"], budget=MOST_HANDLES, unit="")
    figure("soak: gaps", values["gaps"], budget=0, unit="")
    figure("soak: processor time a sample", values["cpu a sample"] / 1000, unit="ms")


class Look:
    """A process, from outside."""

    def __init__(self, pid, ledger):
        folder = pathlib.Path(f"/proc/{pid}")
        stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        self.at = time.monotonic()
        self.cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        self.memory = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        self.files = len(os.listdir(folder / "fd"))
        self.ledger = sum(
            path.stat().st_size for path in (ledger, ledger.with_name(ledger.name + "-wal"))
            if path.exists()
        )


def least(looks, name):
    return min(getattr(look, name) for look in looks)


def soak(name, machine, pid, minutes, sockets, changes, budgets):
    """`budgets`: of the memory in MiB and of the share of a core, or none."""
    holder = machine.native(
        [sys.executable, "-c", HOLDER, str(sockets), str(changes)], stdin=subprocess.PIPE
    )
    try:
        looks = []
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(2.0)
            looks.append(Look(pid, machine.ledger))
    finally:
        holder.stdin.close()
        holder.wait()
    fifth = len(looks) // 5
    first, last = looks[fifth : 2 * fifth], looks[-fifth:]
    memory, core = budgets
    share = (looks[-1].cpu - looks[fifth].cpu) / (looks[-1].at - looks[fifth].at)
    figure(f"{name}: memory, {sockets} sockets, {minutes:g} min", looks[-1].memory / MIB,
           budget=memory, unit="MiB")
    grown = least(last, "memory") - least(first, "memory")
    cached = min(8 * MIB, least(last, "ledger") - least(first, "ledger"))
    figure(f"{name}: growth in the last 4/5", grown / MIB, unit="MiB")
    figure(f"{name}: without pages of the ledger", (grown - cached) / MIB,
           budget=MOST_GROWTH / MIB, unit="MiB")
    figure(f"{name}: growth of descriptors", least(last, "files") - least(first, "files"),
           budget=0, unit="")
    figure(f"{name}: share of a core, {changes} changes/s", 100 * share, budget=core, unit="%")


def soak_linux(programs, folder, minutes):
    machine = LinuxMachine(folder, programs)
    try:
        machine.start()
        soak("linux", machine, machine.service_pid(), minutes, 2000, 20, (32, 1.0))
        machine.stop()
    finally:
        machine.close()


def soak_wine(programs, folder, minutes):
    machine = WindowsMachine(folder, programs)
    try:
        machine.install()
        machine.start()
        (pid,) = machine.processes_of("portledgerd.exe")
        soak("wine", machine, pid, minutes, 40, 4, (None, None))
        machine.stop()
    finally:
        machine.close()


def soak_both(programs, minutes):
    """Only growth counts under Wine, so that it may run beside."""
    windows = programs.parent.parent / "windows-x64" / "bin"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portledger-soak-"))
    runs = [(soak_linux, programs, folder / "linux")]
    if (windows / "portledgerd.exe").exists():
        runs.append((soak_wine, windows, folder / "wine"))
    else:
        print("wine: the Windows programs are not built: not measured", flush=True)
    failed = []

    def guard(run, where, its):
        try:
            its.mkdir()
            run(where, its, minutes)
        except Exception as error:  # the other one goes on
            failed.append(error)
            print(f"{run.__name__}: {error}", flush=True)

    threads = [threading.Thread(target=guard, args=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shutil.rmtree(folder, ignore_errors=True)
    return not failed


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    large = "--large" in sys.argv
    simulate(programs, DAY if large else SHORT_DAY)
    ok = soak_both(programs, 20 if large else 2)
    sys.exit(0 if ok and not figures.missed else 1)


main()
