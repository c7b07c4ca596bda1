# SPDX-License-Identifier: MIT
"""
What a sample costs: CPU time (user and system) of the running service per sample, everything
included, against one run of each peer that is installed, over the same sockets in the same minute.
The budget is of `ss`; what the others cost is told without one. Once while nothing changes, once
while a hundredth of the sockets is replaced each second.
"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from figures import figure

SOCKETS = 20_000
HOLDERS = 2  # processes
SAMPLES = 15
PEER_RUNS = 5

# All name the process of every TCP and UDP socket, and look up no names of hosts.
PEERS = (["ss", "-tanpuH"], ["netstat", "-tunap"], ["lsof", "-nPi"])

STEP = 0.1  # seconds between changes, so that some fall into the taking of a sample
STEPS_TO_CHANGE_ALL = 1000  # a hundredth in a second

HOLDER = """
import resource, select, socket, sys
count, address, step, steps = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))

def open_one(i):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if i % 2 else socket.SOCK_STREAM)
    one.bind((address, 0))
    if i % 2 == 0:
        one.listen(1)
    return one

sockets = [open_one(i) for i in range(count)]
print("open", flush=True)
at = 0
while not select.select([sys.stdin], [], [], step if steps else None)[0]:
    part = range(at, at + count // steps)
    for i in part:
        sockets[i].close()
    for i in part:
        sockets[i] = open_one(i)
    at = (at + len(part)) % count
"""


def enter_namespace():
    """This process moves into a network of its own; it must not have threads yet."""
    if os.environ.get("PORTLEDGER_BENCH_NAMESPACE") != "1":
        os.environ["PORTLEDGER_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def hold(index, steps):
    """A process with its part of the sockets; `steps` to change all of them, 0: none changes."""
    count = str(SOCKETS // HOLDERS)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, count, f"127.0.0.{index + 2}", str(STEP), str(steps)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"open\n"
    return process


def cpu_of(pid):
    """Seconds of user and system time of a process that runs."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_peer(command, out):
    # netstat and lsof warn of what they cannot see even where it is no socket.
    return subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True).stdout


def cpu_of_peer(command):
    lines = run_peer(command, subprocess.PIPE).count(b"\n")
    assert lines >= SOCKETS * 0.95, f"{command[0]} shows {lines} lines"  # some are replaced just now
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(PEER_RUNS):
        run_peer(command, subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent / PEER_RUNS


def cpu_of_service(program, folder):
    settings = folder / "portledger.yaml"
    settings.write_text(f"ledger:\n  path: {folder / 'ledger.db'}\n")
    log = folder / "service.err"
    with open(log, "wb") as err:
        service = subprocess.Popen(
            [program, "run", "--config", settings], stdin=subprocess.DEVNULL, stderr=err
        )
    try:
        while " started: " not in log.read_text():
            assert service.poll() is None, log.read_text()
            time.sleep(0.1)
        time.sleep(2)  # the first samples learn what is there; what follows is steady
        before = cpu_of(service.pid)
        time.sleep(SAMPLES)
        return (cpu_of(service.pid) - before) / SAMPLES
    finally:
        service.terminate()
        service.wait()


def compare_with_peers(name, ours, budget):
    for command in PEERS:
        peer = command[0]
        if shutil.which(peer) is None:
            print(f"{name:<40} {peer} is not installed: not compared", flush=True)
            continue
        limit = budget if peer == "ss" else None
        figure(name, ours, cpu_of_peer(command), budget=limit, unit="s", peer_name=peer)


def compare(programs, name, steps, budget):
    holders = [hold(index, steps) for index in range(HOLDERS)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours = cpu_of_service(programs / "portledgerd", pathlib.Path(folder))
        compare_with_peers(name, ours, budget)
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()


def main():
    enter_namespace()
    programs = pathlib.Path(sys.argv[1])
    compare(programs, f"collector: steady sample, {SOCKETS} sockets", 0, 0.25)
    compare(programs, f"collector: 1 % changes, {SOCKETS} sockets", STEPS_TO_CHANGE_ALL, 0.5)


main()
