# SPDX-License-Identifier: MIT
"""
Every server of servers.py at once, and a machine that can reach them: they are started in
parallel, and once for all tests that ask them.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import threading

import jsonschema

from certificates import NAME, Authority
from lan import Lan
from machines import ROOT, Result, wait_until
from servers import DOMAIN, SERVERS, start

SCHEMA = json.loads((ROOT / "docs" / "output.schema.json").read_text())
AT_ONCE = 6  # starting a server is waiting, but for the domain controller


def network_name(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def processes_in(network):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if network_name(entry.name) == network:
                    found.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    return found


def mounts_below(folder):
    return [
        line
        for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        if str(folder) in line
    ]


EXITS = {
    "LISTENING": 0,
    "NOT LISTENING": 1,
    "FILTERED": 2,
    "LISTENING or FILTERED": 2,
    "NOT ASKED": 5,
}

# The client's names for the hosts, and the authority that it trusts.
KNOWING = 'mount --bind "$1" /etc/hosts; export SSL_CERT_FILE="$2"; shift 2; exec "$@"'


class ServerRoom:
    """`servers` is {name: server}; `machine` is their client, on `lan`, and knows their names."""

    def __init__(self, folder, machine):
        self.folder = pathlib.Path(folder)
        self.machine = machine
        self.authority = Authority(self.folder / "authority")
        self.lan = Lan(self.folder / "lan", client=machine.network())
        self.servers = {}
        try:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as starters:
                made = {name: starters.submit(self._start, name) for name in SERVERS}
            self.servers = {name: future.result() for name, future in made.items()}
        except BaseException:
            self.lan.close()
            raise
        self.validator = jsonschema.Draft202012Validator(
            {
                "type": "array",
                "items": {"$ref": "#/$defs/outcome"},
                "$defs": SCHEMA["$defs"],
            }
        )
        self.calls = 0
        self.lock = threading.Lock()
        self._tell_names()

    def _tell_names(self):
        hosts = self.folder / "hosts"
        lines = [f"{server.address} {name}.{DOMAIN}" for name, server in self.servers.items()]
        lines += ["127.0.0.1 localhost", f"{self['web'].address} {NAME}"]
        hosts.write_text("".join(line + "\n" for line in lines))
        root = str(self.authority.path("root.pem"))
        self.machine.around = ["unshare", "-m", "sh", "-euc", KNOWING, "sh", str(hosts), root]

    def query(self, *words):
        """Runs `portledger query` to its end; any thread may. `memory` is its peak in KiB."""
        with self.lock:
            self.calls += 1
            out, err = (self.folder / f"query-{self.calls}.{end}" for end in ("out", "err"))
        program = self.machine.program("portledger")
        process = self.machine.spawn([program, "query", *map(str, words)], out, err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        result = Result(process.returncode, out.read_text(), err.read_text())
        result.memory = usage.ru_maxrss
        return result

    def ask(self, *words):
        """The records of a query, which are as the schema has them, and as its status says."""
        result = self.query("--json", *words)
        assert result.status in (0, 1, 2, 5), (words, result)
        records = result.json()
        self.validator.validate(records)
        highest = max(EXITS[record["status"]] for record in records)
        assert result.status == highest, (words, result)
        return records

    def _start(self, name):
        return start(name, self.lan, self.authority)

    def __getitem__(self, name):
        return self.servers[name]

    def close(self):
        """Fails where a server leaves anything behind, after all of them are gone."""
        left = []
        for name, server in self.servers.items():
            network = network_name(server.host.holder.pid)
            server.stop()
            with contextlib.suppress(AssertionError):
                wait_until(lambda at=network: not processes_in(at), "the end of the server")
            left += [(name, line) for line in processes_in(network)]
        left += [("mount", line) for line in mounts_below(self.lan.folder)]
        self.lan.close()
        assert not left, left
