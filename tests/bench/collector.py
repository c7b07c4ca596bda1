# SPDX-License-Identifier: MIT
"""
What a sample costs: CPU time (user and system) of the running service per sample, everything
included, against one `ss -tanpuH` of the same sockets in the same minute.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from figures import figure

SOCKETS = 20_000
HOLDERS = 2  # processes
SAMPLES = 15
PEER_RUNS = 5

HOLDER = """
import resource, socket, sys
count = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
sockets = []
for i in range(count):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if i % 2 else socket.SOCK_STREAM)
    one.bind((sys.argv[2], 0))
    if i % 2 == 0:
        one.listen(1)
    sockets.append(one)
print("open", flush=True)
sys.stdin.read()
"""


def enter_namespace():
    """This process moves into a network of its own; it must not have threads yet."""
    if os.environ.get("PORTLEDGER_BENCH_NAMESPACE") != "1":
        os.environ["PORTLEDGER_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def hold(index):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(SOCKETS // HOLDERS), f"127.0.0.{index + 2}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"open\n"
    return process


def cpu_of(pid):
    """Seconds of user and system time of a process that runs."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_ss():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(PEER_RUNS):
        subprocess.run(["ss", "-tanpuH"], stdout=subprocess.DEVNULL, check=True)
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


def main():
    enter_namespace()
    programs = pathlib.Path(sys.argv[1])
    holders = [hold(index) for index in range(HOLDERS)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours = cpu_of_service(programs / "portledgerd", pathlib.Path(folder))
        figure(
            f"collector: steady sample, {SOCKETS} sockets", ours, cpu_of_ss(), budget=0.25,
            unit="s", peer_name="ss",
        )
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()


main()
