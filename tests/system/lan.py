# SPDX-License-Identifier: MIT
"""
A network for tests: a client, and as many hosts as a test wants, in namespaces of their own.

The client's namespace is the Lan's own, or that of a Machine (machines.py), so that the
programs under test can be the client. All are on one bridge there, with real ARP, ICMP and
source addresses; nothing of it is seen outside, and no packet leaves it. A host has
namespaces for its network, mounts and processes: when it is closed, or when the test's own
process ends in whatever way, the kernel ends all that runs in it and frees all it made.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import threading

from machines import ROOT, wait_until

SERVER_ROOT = ROOT / "build" / "servers" / "root"  # made by tools/server-root
CLIENT = 1  # the number of the client
SECOND = 0x0801  # and of its second address
CLONE_NEWNET = 0x40000000  # sched.h

NO_LIMITS = {
    "ipv4/icmp_ratelimit": 0,
    "ipv4/icmp_msgs_per_sec": 1000000,
    "ipv4/icmp_msgs_burst": 1000000,
    "ipv6/icmp/ratelimit": 0,
}

# Runs in the new namespaces of a host, with the machine's programs: makes a root of three
# layers (what the server writes, its settings, Debian's packages) and goes there. `cat` is
# the first process: it ends when the pipe from the test does, and takes the rest along.
MAKE_ROOT = """
set -eu
folder=$1 root=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs "$folder/mount"
cd "$folder/mount"
mkdir written work root
mount -t overlay -o "lowerdir=$root,upperdir=written,workdir=work" overlay root
cp -a "$folder/settings/." root/
mount -t proc proc root/proc
mount -t tmpfs -o mode=1777 tmpfs root/tmp
mount -t tmpfs -o mode=755 tmpfs root/run
mount -t tmpfs -o mode=755 tmpfs root/dev
mkdir root/dev/pts root/dev/shm root/old root/shared
for device in null zero full random urandom tty; do
    touch "root/dev/$device"
    mount --bind "/dev/$device" "root/dev/$device"
done
mount --bind "$folder/shared" root/shared
cd root
pivot_root . old
exec chroot . /bin/sh -euc 'umount -l /old; rmdir /old; "$@"; echo up; exec cat' sh "$@"
"""


def _namespace(path):
    """Moves the calling thread, and no other, into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(path, "rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


@contextlib.contextmanager
def network_of(pid):
    """Sockets that this thread opens within are in the network of the process `pid`."""
    _namespace(f"/proc/{pid}/ns/net")
    try:
        yield
    finally:
        _namespace(f"/proc/{os.getpid()}/ns/net")


def address_of(number):
    """The host's IPv4 address; all are of 10.77.0.0/16."""
    return f"10.77.{number >> 8}.{number & 255}"


def address6_of(number):
    return f"fd77::{number:x}"


def need_server_root():
    """A test that cannot start its servers fails: it must not be skipped in silence."""
    if not SERVER_ROOT.is_dir():
        raise AssertionError("the servers are not there: run 'sh tools/setup test' first")
    return SERVER_ROOT.resolve()


class Lan:
    """One bridge in the client's network namespace; closes its hosts with itself."""

    def __init__(self, folder, client=None):
        """
        `client` is a process in the namespace to use, say machine.network(). The Lan has to be
        closed before that machine.
        """
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.hosts = []
        self.last = CLIENT
        self.lock = threading.Lock()
        self.holder = None
        if client is None:
            self.holder = subprocess.Popen(
                ["unshare", "-n", "sh", "-euc", "ip link set lo up; echo up; exec cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert self.holder.stdout.readline() == b"up\n"
            client = self.holder.pid
        self.client = client
        self.addresses = [address_of(CLIENT), address_of(SECOND)]
        self.address = self.addresses[0]
        self.address6 = address6_of(CLIENT)
        self.ip("link", "add", "lan", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        for address in self.addresses:
            self.ip("addr", "add", address + "/16", "dev", "lan")
        self.ip("addr", "add", self.address6 + "/64", "dev", "lan", "nodad")
        self.ip("link", "set", "lan", "up")

    def run(self, *command, **options):
        """Runs a program as the client, to its end."""
        return subprocess.run(
            ["nsenter", "-t", str(self.client), "-n", "--", *command],
            stdin=subprocess.DEVNULL,
            check=True,
            **options,
        )

    def ip(self, *words):
        self.run("ip", *words)

    def inside(self):
        """with lan.inside(): sockets opened here are the client's."""
        return network_of(self.client)

    def host(self, name, number=None, **options):
        """
        A new host, with the next free number, or with `number`, from 200 on. Several threads may
        start hosts.
        """
        with self.lock:
            if number is None:
                self.last += 1
                number = self.last
            host = Host(self, name, number, **options)
            self.hosts.append(host)
            return host

    def close(self):
        for host in self.hosts:
            host.close()
        if self.holder is not None:
            _end(self.holder)
        else:
            self.ip("link", "del", "lan")


class Host:
    """
    A machine on the Lan: `address`, `address6`, programs that run in it. Its root is the one
    that tools/server-root made; `settings` ({path: text or bytes}) are files on top of it, and
    /shared there is `folder / "shared"` here. `more` are the numbers of more IPv4 addresses,
    from 256 on.
    """

    def __init__(self, lan, name, number, settings=None, more=(), hostname=None):
        self.lan = lan
        self.name = name
        self.folder = lan.folder / f"{len(lan.hosts)}-{name}"
        self.addresses = [address_of(each) for each in (number, *more)]
        self.address = self.addresses[0]
        self.address6 = address6_of(number)
        self.processes = []
        self.closed = False
        for part in ("settings", "shared", "mount"):
            (self.folder / part).mkdir(parents=True)
        self.hostname = hostname or name
        known = f"127.0.0.1 localhost\n{self.address} {self.hostname}\n"
        for path, content in {"/etc/hosts": known, **(settings or {})}.items():
            self._put_setting(path, content)
        self._start(number)

    def _put_setting(self, path, content):
        file = self.folder / "settings" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        file.write_bytes(data)
        file.chmod(0o755 if data.startswith(b"#!") else 0o644)

    def _start(self, number):
        setup = ["unshare", "-n", "-m", "-p", "-u", "-i", "-f", "--kill-child", "sh", "-c"]
        with open(self.folder / "setup.err", "wb") as err:
            self.holder = subprocess.Popen(
                [*setup, MAKE_ROOT, "sh", str(self.folder), str(need_server_root()), "true"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
            )
        if self.holder.stdout.readline() != b"up\n":
            raise AssertionError((self.folder / "setup.err").read_text())
        port = f"lan{number}"
        there = str(self.holder.pid)
        self.lan.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", there)
        self.lan.ip("link", "set", port, "master", "lan", "up")
        lines = [f"addr add {address}/16 dev eth0" for address in self.addresses]
        lines += [
            f"addr add {self.address6}/64 dev eth0 nodad",
            "link set lo up",
            "link set eth0 up",
            f"route add default via {self.lan.address}",
        ]
        self.run("ip", "-batch", "-", input="\n".join(lines) + "\n")
        self._answer_every_time()

    def _answer_every_time(self):
        """
        Linux sends few ICMP errors a second otherwise, and tests would see silence. An older
        kernel has one limit for all namespaces, which is not ours to change.
        """
        lines = [f"echo {value} >{path}" for path, value in NO_LIMITS.items()]
        self.run(
            "/bin/sh", "-uc", "cd /proc/sys/net\n{\n" + "\n".join(lines) + "\n} 2>/dev/null\n:"
        )

    def _enter(self, command):
        pid = self.holder.pid
        pids = f"--pid=/proc/{pid}/ns/pid_for_children"
        return ["nsenter", "-t", str(pid), "-n", "-m", "-u", "-i", pids, "--", *command]

    def run(self, *command, input=None, timeout=120):
        """Runs a program in the host to its end, and returns what it wrote."""
        result = subprocess.run(
            self._enter(command),
            input=b"" if input is None else input.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            env=self.environment(),
        )
        text = result.stdout.decode(errors="replace")
        assert result.returncode == 0, f"{command}: status {result.returncode}\n{text}"
        return text

    def start(self, *command):
        """Starts a program that runs until the host is closed. Its output is in log()."""
        with open(self.folder / f"{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                self._enter(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment(),
            )
        self.processes.append(process)
        return process

    @staticmethod
    def environment():
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}

    def log(self):
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')}" for file in files)

    def inside(self):
        """with host.inside(): sockets opened here are the host's."""
        return network_of(self.holder.pid)

    def filter(self, rules, sets=""):
        """Rules of nftables, in the chain of all that comes in; `sets` are what they use."""
        chain = "type filter hook input priority 0;\n" + rules + "\n"
        text = "table inet filter {\n" + sets + "\nchain input {\n" + chain + "}\n}\n"
        self.run("nft", "-f", "-", input=text)

    def wait_for(self, true, what):
        """As wait_until(), but ends early where a program of the host has ended."""

        def there():
            for process in self.processes:
                if process.poll() is not None:
                    raise AssertionError(
                        f"{process.args[-1]} has ended: {process.poll()}\n{self.log()}"
                    )
            return true()

        return wait_until(there, f"{what} of {self.name}")

    def listens(self, protocol, port):
        """Whether the port is open, as the host's own kernel says: nobody is bothered for it."""
        found = False
        for family in ("", "6"):
            with open(f"/proc/{self.holder.pid}/net/{protocol}{family}", encoding="ascii") as table:
                rows = [line.split() for line in table.readlines()[1:]]
            states = {"tcp": "0A", "udp": "07"}
            ends = f":{port:04X}"
            found = found or any(
                row[1].endswith(ends) and row[3] == states[protocol] for row in rows
            )
        return found

    def wait_for_ports(self, ports):
        for protocol, port in ports:
            self.wait_for(lambda p=protocol, n=port: self.listens(p, n), f"{protocol} port {port}")

    def close(self):
        if self.closed:
            return
        self.closed = True
        _end(self.holder)
        for process in self.processes:
            process.wait(30)
        shutil.rmtree(self.folder / "shared", ignore_errors=True)


def _end(holder):
    """The end of the pipe is the end of all in the namespaces."""
    holder.stdin.close()
    try:
        holder.wait(30)
    except subprocess.TimeoutExpired:
        holder.kill()
        holder.wait()
    holder.stdout.close()
