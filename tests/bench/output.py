# SPDX-License-Identifier: MIT
"""
What it costs to print: a million intervals as JSON lines, the first row of an answer out of five
million, and the live view of 2,000 sockets beside `ss`, which names the process of each, too.

Wall times need a machine on which nothing else runs; the processor's part is told beside them.
"""

import os
import pathlib
import select
import sqlite3
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
    ["--path", "*"],
    ["--path", "*\\Temp\\*"],
    ["--path", "*\\Temp\\*", "--port", "389"],
    ["--module", "*\\System32\\*"],
    ["--module", "*\\mod7.dll"],
    ["--module", "*\\hook.dll"],
    ["--service", "NTDS"],
    ["--started-since", "2023-12-19"],
    ["--local-address", "10.0.0.1"],
    ["--sort", "-opened_at", "--limit", "5"],
    ["--sort", "opened_at", "--limit", "5"],
    ["--process", "program7.exe", "--sort", "-opened_at", "--limit", "5"],
)

# None finds anything: the time is that to the end.
VAIN = (
    ["--port", "4711"],
    ["--remote-address", "203.0.113.0/24"],
    ["--process", "nobody.exe"],
    ["--path", "*\\nowhere\\*"],
    ["--module", "*\\nothing.dll"],
    ["--user", "nobody"],
    ["--service", "nothing"],
    ["--started-since", "2024-06-01"],
)

# What no index knows: all intervals are looked at.
SCANS = (
    ["--state", "syn-sent"],
    ["--local-address", "203.0.113.5"],
    ["--address", "203.0.113.5"],
)

# What a made-up year has not: a path for each program, some of them out of a folder for
# temporary files; thirty modules for each process, and one that few have.
FILES = """
CREATE TEMP TABLE base AS SELECT max(id) AS id FROM main.text;
INSERT INTO text SELECT base.id + t.id, 'C:\\Programs\\' || t.text FROM text AS t, base
 WHERE t.id IN (SELECT name FROM process);
UPDATE process SET path = name + (SELECT id FROM base);
DELETE FROM base; INSERT INTO base SELECT max(id) FROM text;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
 INSERT INTO text SELECT base.id + i, 'C:\\Windows\\System32\\mod' || i || '.dll' FROM n, base;
INSERT INTO text SELECT id + 61, 'C:\\Tools\\hook.dll' FROM base;
INSERT INTO text SELECT id + 62, 'C:\\Users\\u\\Temp\\setup.exe' FROM base;
UPDATE process SET path = (SELECT id + 62 FROM base) WHERE id % 3000 = 2999;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29)
 INSERT INTO module (process, path, base, size, flags, first_stretch, first_seen_at)
 SELECT p.id, base.id + 1 + (p.id * 7 + i) % 60, i * 65536, 65536, 0, p.first_stretch,
 p.first_seen_at FROM process AS p, n, base;
INSERT INTO module (process, path, base, size, flags, first_stretch, first_seen_at)
 SELECT p.id, base.id + 61, 1, 65536, 0, p.first_stretch, p.first_seen_at
 FROM process AS p, base WHERE p.id % 4000 = 3999;
"""

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


def first_row(command, finds):
    """Seconds until the first byte of an answer is there, or its end."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        select.select([process.stdout], [], [])
        wall = time.monotonic() - began
        found = len(os.read(process.stdout.fileno(), 1))
        process.kill()
    assert (found == 1) == finds, f"{command} found {'nothing' if finds else 'something'}"
    return wall


def ask(history, questions, finds, budget):
    for question in questions:
        command = [*history, *question]
        first_row(command, finds)
        name = f"{'first row' if finds else 'nothing'} of {' '.join(question) or 'all'}"
        wall = median([first_row(command, finds) for _ in range(5)])
        _, processor, _ = timed([*command, "--limit", "1"] if "--limit" not in command else command)
        figure(f"output: {name}", wall * 1000, budget=budget, unit="ms")
        figure("output: the processor's part", processor * 1000, unit="ms")


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
    with sqlite3.connect(ledger) as db:
        db.executescript(FILES)
    db.close()
    history = [portledger, "--ledger", ledger, "history", "--jsonl"]
    ask(history, QUESTIONS, True, 100)
    ask(history, VAIN, False, 100)
    ask(history, SCANS, False, None)


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
