# SPDX-License-Identifier: MIT
"""
How long sweeps take, against nmap on the same network in the same run: two network namespaces,
joined by a cable. In the far one every address of 10.9.1.0/24 is there; nftables drops what is said
to the odd ones.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from figures import figure

NEAR = "10.9.0.1"
FAR = "10.9.0.2"
PREFIX = "10.9.1.0/24"
SILENT = "10.9.1.1"
ATTEMPTS = 3  # of a second each
IN_FLIGHT = 16384
TABLE = """table inet bench {
  chain in {
    type filter hook input priority 0;
    ip daddr & 0.0.0.1 == 0.0.0.1 ip daddr 10.9.1.0/24 drop
  }
}
"""


class Network:
    """Two namespaces, held by a process each."""

    def __init__(self):
        self.near = self.hold()
        self.far = self.hold()
        ip = ["ip"]
        self.inside(self.near, *ip, "link", "add", "near", "type", "veth", "peer", "name", "far")
        self.inside(self.near, *ip, "link", "set", "far", "netns", str(self.far.pid))
        self.inside(self.near, *ip, "address", "add", f"{NEAR}/24", "dev", "near")
        self.inside(self.near, *ip, "link", "set", "near", "up")
        self.inside(self.far, *ip, "address", "add", f"{FAR}/24", "dev", "far")
        self.inside(self.far, *ip, "link", "set", "far", "up")
        self.inside(self.near, *ip, "route", "add", PREFIX, "via", FAR)
        self.inside(self.far, *ip, "route", "add", "local", PREFIX, "dev", "lo")
        self.inside(self.far, "nft", "-f", "-", input=TABLE)
        # Otherwise the far side tells of one closed UDP port in a second.
        self.set(self.far, "net.ipv4.icmp_ratelimit", "0")
        self.set(self.far, "net.ipv4.icmp_msgs_per_sec", "100000")
        self.set(self.far, "net.ipv4.icmp_msgs_burst", "100000")
        self.set(self.near, "net.ipv4.ip_local_port_range", "1024 65535")

    @staticmethod
    def hold():
        holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert holder.stdout.readline() == b"up\n"
        return holder

    @staticmethod
    def inside(holder, *command, **options):
        subprocess.run(
            ["nsenter", "-t", str(holder.pid), "-n", "--", *command],
            check=True, text=True, **options,
        )

    def set(self, holder, name, value):
        path = "/proc/sys/" + name.replace(".", "/")
        self.inside(holder, "sh", "-c", f"echo {value} > {path}")

    def run(self, *command, statuses=(0,)):
        """Seconds, and MiB at the most, of a program in the near namespace."""
        with tempfile.TemporaryFile() as out:
            begin = time.monotonic()
            process = subprocess.Popen(
                ["nsenter", "-t", str(self.near.pid), "-n", "--", *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - begin
            out.seek(0)
            said = out.read().decode()
        assert process.returncode in statuses, said
        return seconds, usage.ru_maxrss / 1024, said

    def close(self):
        for holder in (self.near, self.far):
            holder.kill()
            holder.wait()
            holder.stdout.close()


def measure(network, portledger):
    query = (portledger, "query", "--no-ask")

    # The best of three each, in turn: what else the machine does must not count for one alone.
    nmap = []
    runs = []
    for _ in range(3):
        nmap.append(network.run("nmap", "-sT", "-Pn", "-n", "-T5", "-p-", "127.0.0.1")[0])
        runs.append(network.run(*query, "127.0.0.1", "-r", "1:65535", statuses=(1,)))
    assert all("65535 NOT LISTENING" in said for _, _, said in runs), runs
    figure(
        "probes: 65,535 closed ports, loopback", min(run[0] for run in runs), min(nmap), 1.0,
        peer_name="nmap",
    )
    figure("probes: the same, memory", max(run[1] for run in runs), unit="MiB")

    seconds, _, said = network.run(*query, SILENT, "-r", "1:1000", statuses=(2,))
    assert "1000 FILTERED" in said, said
    figure(f"probes: 1,000 filtered ports, {ATTEMPTS} x 1 s", seconds, budget=3.5)

    seconds, _, said = network.run(
        portledger, "query", PREFIX, "--group", "domains-and-trusts", statuses=(2,)
    )
    # 12 ports, 3 of them of both protocols. 127 hosts say nothing, 127 refuse all.
    assert f"{127 * 15} NOT LISTENING" in said, said
    figure("probes: 254 hosts x 12 ports, half silent", seconds, ATTEMPTS * 1.0, 1.3,
           peer_name="attempts x timeout")

    hosts = [f"10.9.1.{last}" for last in range(1, 32, 2)]
    seconds, memory, said = network.run(
        *query, *hosts, "-r", f"1:{IN_FLIGHT // len(hosts)}", "--attempts", "3",
        "--in-flight", str(IN_FLIGHT), "--per-target", str(IN_FLIGHT), "--json", "--open",
        statuses=(2,),
    )
    # Fewer than asked for: the ports of a machine do not suffice. The figure is for all of them.
    most = IN_FLIGHT
    if "at once instead of" in said:
        most = int(said.split('"text":"')[1].split(" ")[0])
    figure("probes: 16,384 in flight, memory", memory * IN_FLIGHT / most, budget=128, unit="MiB")
    figure("probes: the same, time", seconds, budget=None)


def main():
    portledger = str(pathlib.Path(sys.argv[1]) / "portledger")
    network = Network()
    try:
        measure(network, portledger)
    finally:
        network.close()


main()
