# SPDX-License-Identifier: MIT
"""
What it costs to print: a million intervals as JSON lines, the first row of an answer out of five
million, and the live view of 2,000 sockets beside `ss`, which names the process of each, too.

Wall times need a machine on which nothing else runs; the processor's part is told beside them.
"""

import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

from figures import figure

MILLION = 1_000_000
ROWS = MILLION
INTERVALS = 5 * MILLION
SOCKETS = 2000
RUNS = 15

# Each finds something, somewhere in the ledger.
QUESTIONS = (
    [],
    ["--port", "389"],
    ["--state", "listening"],
    ["--process", "program7.exe"],
    ["--remote-address", "10.0.1.0/24"],
    ["--since", "2023-12-20", "--until", "2023-12-21"],
    ["--port", "389", "--since", "2023-12-20"],
)

HOLDER = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000))
sockets = []
for i in range(int(sys.argv[1])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if i % 2 else socket.SOCK_STREAM)
    one.bind(("127.0.0.1", 0))
    if i % 2 == 0:
        one.listen(1)
    sockets.append(one)
print("open", flush=True)
sys.stdin.read()
"""


def timed(command):
    """Wall time and processor's time in seconds, and the most memory in bytes, of one run."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def median(values):
    return sorted(values)[len(values) // 2]


def first_row(command):
    """Seconds until the first byte of an answer is there."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        select.select([process.stdout], [], [])
        wall = time.monotonic() - began
        found = len(os.read(process.stdout.fileno(), 1))
        process.kill()
    assert found == 1, f"{command} found nothing"
    return wall


def print_many(portledger, ledger):
    history = [portledger, "--ledger", ledger, "history", "--quiet"]
    for form in ("jsonl", "json", "csv", "table"):
        wall, processor, memory = timed([*history, "--format", form, "--limit", str(ROWS)])
        _, _, less = timed([*history, "--format", form, "--limit", str(ROWS // 10)])
        budget = 2 if form == "jsonl" else None
        figure(f"output: a million rows as {form}", wall, budget=budget)
        figure("output: the processor's part", processor)
        figure("output: its memory beside a tenth's", memory, less, budget=1.1, unit="B",
               peer_name="a tenth")


def answer_soon(portledger, ledger):
    for question in QUESTIONS:
        command = [portledger, "--ledger", ledger, "history", "--jsonl", *question]
        first_row(command)
        name = " ".join(question) or "all"
        figure(f"output: first row of {name}", median([first_row(command) for _ in range(5)]) * 1000,
               budget=100, unit="ms")


def look(portledger):
    """Alternately, so that what else the machine does meets both."""
    ours = [portledger, "local", "--quiet"]
    peer = ["ss", "-tanpu"]
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(SOCKETS)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        pairs = [(timed(ours), timed(peer)) for _ in range(RUNS)]
        holder.stdin.close()
    for i, name in ((0, "live view of 2,000 sockets"), (1, "the processor's part")):
        figure(f"output: {name}", median([a[i] for a, _ in pairs]) * 1000,
               median([b[i] for _, b in pairs]) * 1000, budget=1 if i == 0 else None, unit="ms",
               peer_name="ss -tanpu")


def main():
    folder = pathlib.Path(sys.argv[1])
    portledger = folder / "portledger"
    look(portledger)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        ledger = pathlib.Path(made) / "ledger.db"
        subprocess.run(
            [folder / "bench_ledger", "write", "domain controller", str(INTERVALS), ledger],
            stdout=subprocess.DEVNULL, check=True,
        )
        print_many(portledger, ledger)
        answer_soon(portledger, ledger)


main()
