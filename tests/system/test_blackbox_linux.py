# SPDX-License-Identifier: MIT
"""
Jobs beside prometheus-blackbox-exporter (Debian's package): both ask the same TCP, HTTP and DNS
targets, and come to the same verdict. Ours says why.
"""

import json
import subprocess
import urllib.parse
import urllib.request

import pytest

from certificates import Authority
from lan import SERVER_ROOT, Lan, need_server_root
from machines import wait_until
from played_servers import Filtered
from servers import Bind, Web

BLACKBOX = SERVER_ROOT / "usr/bin/prometheus-blackbox-exporter"
PORT = 9115
MODULES = {
    "modules": {
        "tcp": {"prober": "tcp", "timeout": "2s"},
        "http": {
            "prober": "http",
            "timeout": "2s",
            "http": {"preferred_ip_protocol": "ip4", "follow_redirects": False,
                     "valid_status_codes": [200, 301]},
        },
        "dns": {
            "prober": "dns",
            "timeout": "2s",
            "dns": {"query_name": "www.example.test", "query_type": "A",
                    "preferred_ip_protocol": "ip4", "transport_protocol": "udp"},
        },
    }
}

JOB = """
    - name: {name}
      targets: [{target}]
      ports: ["{port}"]
      protocol: {protocol}
      dns_name: www.example.test
      every: 1d
      timeout: 1s
      attempts: 2
      expect: listening
"""


@pytest.fixture
def lan(machine):
    there = Lan(machine.folder / "lan", machine.network())
    try:
        yield there
    finally:
        there.close()


@pytest.fixture
def blackbox(machine, lan):
    need_server_root()
    assert BLACKBOX.exists(), "run 'sh tools/setup test' first"
    config = machine.folder / "blackbox.yml"
    config.write_text(json.dumps(MODULES))
    with open(machine.folder / "blackbox.log", "wb") as log:
        process = subprocess.Popen(
            ["nsenter", "-t", str(machine.network()), "-n", "--", BLACKBOX,
             f"--config.file={config}", f"--web.listen-address=127.0.0.1:{PORT}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )

    def probe(module, target):
        query = urllib.parse.urlencode({"module": module, "target": target})
        with lan.inside():
            url = f"http://127.0.0.1:{PORT}/probe?{query}"
            with urllib.request.urlopen(url, timeout=20) as reply:
                text = reply.read().decode()
        return "\nprobe_success 1\n" in text

    def there():
        try:
            return probe("tcp", f"127.0.0.1:{PORT}")
        except OSError:
            return False

    try:
        wait_until(there, "the exporter answers")
        yield probe
    finally:
        process.kill()
        process.wait()


def test_both_come_to_the_same_verdict(machine, lan, blackbox, tmp_path):
    authority = Authority(tmp_path / "authority")
    with Web(lan, authority) as web, Bind(lan, authority) as bind, Filtered(lan) as filtered:
        nobody = lan.host("nobody")
        # name: module, what the exporter asks, and target, port, protocol and cause of ours
        asked = {
            "tcp open": ("tcp", f"{web.address}:80", web.address, "tcp/80", "http", "answered"),
            "tcp closed": ("tcp", f"{web.address}:81", web.address, "tcp/81", "http", "reset"),
            "tcp dropped": (
                "tcp", f"{filtered.address}:{filtered.port('drop')}", filtered.address,
                f"tcp/{filtered.port('drop')}", "http", "timeout",
            ),
            "tcp prohibited": (
                "tcp", f"{filtered.address}:{filtered.port('admin-prohibited')}",
                filtered.address, f"tcp/{filtered.port('admin-prohibited')}", "http",
                "ICMP administratively prohibited",
            ),
            "http": ("http", f"http://{web.address}/", web.address, "tcp/80", "http", "answered"),
            "http redirect": (
                "http", f"http://{web.address}:8080/", web.address, "tcp/8080", "http", "answered",
            ),
            "http closed": (
                "http", f"http://{nobody.address}/", nobody.address, "tcp/80", "http", "reset",
            ),
            "dns": ("dns", bind.address, bind.address, "udp/53", "dns", "answered"),
            "dns closed": (
                "dns", nobody.address, nobody.address, "udp/53", "dns", "ICMP port unreachable",
            ),
        }
        with open(machine.settings, "a", encoding="utf-8") as file:
            file.write("probes:\n  jobs:" + "".join(
                JOB.format(name=name, target=row[2], port=row[3], protocol=row[4])
                for name, row in asked.items()
            ))
        for name, (module, theirs, *_, cause) in asked.items():
            success = blackbox(module, theirs)
            (row,) = machine.records(
                "audit", "--run", name, "--config", str(machine.settings),
                status=0 if success else 1,
            )
            assert (row["status"] == "LISTENING") == success, (name, row)
            assert row["cause"] == cause, (name, row)
