# SPDX-License-Identifier: MIT
"""Jobs that ask real hosts, which are stopped, started, filtered and made slow meanwhile."""


import socket

import pytest

from lan import Lan
from machines import wait_until
from played_servers import SYN_SET
from servers import start
from servers_udp import RADIUS_SECRET

SETTINGS = """
probes:
  jobs:
    - name: hosts
      targets: [{first}, {second}]
      ports: [tcp/18080, udp/9]
      every: 1s
      spread: 0s
      timeout: 300ms
      attempts: 1
      expect: listening
    - name: quick
      targets: [{first}]
      ports: [tcp/18080]
      every: 1s
      spread: 0s
      timeout: 300ms
      attempts: 1
    - name: patient
      targets: [{first}]
      ports: [tcp/18080]
      every: 2s
      spread: 0s
      timeout: 3s
      attempts: 1
"""


def serve(host):
    """A listener of this process in the host's network; its kernel accepts."""
    with host.inside():
        return socket.create_server(("0.0.0.0", 18080), backlog=512)


@pytest.fixture
def lan(machine):
    there = Lan(machine.folder / "lan", machine.network())
    try:
        yield there
    finally:
        there.close()


@pytest.fixture
def hosts(machine, lan):
    first, second = lan.host("first"), lan.host("second")
    machine.write_settings(ledger_commit="1s")
    with open(machine.settings, "a", encoding="utf-8") as file:
        file.write(SETTINGS.format(first=first.address, second=second.address))
    return first, second


def state(machine, host, port=18080, job="hosts"):
    result = machine.run("portledger", "--ledger", machine.ledger_name, "--json", "audit")
    if result.status not in (0, 1):
        return None
    for row in result.json():
        if (row["host"], row["port"], row["job"]) == (host.address, port, job):
            return row
    return None


def wait_for(machine, host, status, cause, **more):
    def there():
        row = state(machine, host, **more)
        return row if row and (row["status"], row["cause"]) == (status, cause) else None

    return wait_until(there, f"{host.address} is {status} ({cause})")


def test_hosts_that_filter_and_come_back(machine, hosts):
    first, second = hosts
    machine.start()
    wait_for(machine, first, "NOT LISTENING", "reset")
    wait_for(machine, first, "NOT LISTENING", "ICMP port unreachable", port=9)

    def wait_for_event(change):
        """Which comes when a second run has found the same."""
        words = f"{first.address}:18080/tcp {change} since "
        wait_until(lambda: words in machine.foreground_log().read_text(), words)

    server = serve(first)
    row = wait_for(machine, first, "LISTENING", "accepted")
    assert row["status_before"] == "NOT LISTENING"
    wait_for_event("NOT LISTENING -> LISTENING (accepted)")

    first.filter("tcp dport 18080 drop")
    row = wait_for(machine, first, "FILTERED", "timeout")
    assert row["expectation"] == "not held"
    wait_for_event("LISTENING -> FILTERED (timeout)")

    first.run("nft", "flush", "ruleset")
    first.filter("tcp dport 18080 reject with icmp admin-prohibited")
    wait_for(machine, first, "FILTERED", "ICMP administratively prohibited")
    first.run("nft", "flush", "ruleset")
    wait_for(machine, first, "LISTENING", "accepted")

    changes = machine.records("audit", "--changes", "--job", "hosts")
    seen = [
        change["status"]
        for change in changes
        if (change["host"], change["port"]) == (first.address, 18080)
    ]
    assert seen == ["NOT LISTENING", "LISTENING", "FILTERED", "FILTERED", "LISTENING"]
    server.close()
    machine.stop()
    machine.cli("verify", status=0)


def test_a_dead_host_delays_nobody(machine, hosts):
    first, second = hosts
    server = serve(first)
    second.close()
    machine.start()
    wait_for(machine, first, "LISTENING", "accepted", job="quick")
    for _ in range(4):
        machine.wait_for_sample()
    (quick,) = machine.records("audit", "--job", "quick")
    assert quick["covered"] == 100
    assert quick["asked"] >= 3
    server.close()
    machine.stop()


def test_a_slow_host_is_slow_in_the_figures(machine, hosts):
    """The first SYN of each connection is lost; the kernel sends another one a second later."""
    first, _ = hosts
    server = serve(first)
    machine.start()
    quick = wait_for(machine, first, "LISTENING", "accepted", job="patient")["median"]
    first.filter(
        "tcp dport 18080 tcp sport @seen accept\ntcp dport 18080 add @seen { tcp sport } drop",
        sets=SYN_SET,
    )

    def slower():
        row = state(machine, first, job="patient")
        return row if row and row["slowest"] and row["slowest"] >= 900 else None

    row = wait_until(slower, "the slow host is seen")
    assert quick < 900
    assert (row["status"], row["expectation"]) == ("LISTENING", "held")
    server.close()
    machine.stop()


RADIUS_SETTINGS = """
probes:
  jobs:
    - name: radius
      targets: [{address}]
      ports: [udp/1812]
      protocol: radius
      secret_file: {secret}
      every: 1h
      timeout: 500ms
      expect:
        status: listening
        answer:
          - field: code
            equals: Access-Accept
"""

FORGETFUL = """
    - name: forgetful
      targets: [{address}]
      ports: [udp/1812]
      protocol: radius
      every: 1h
"""


def test_a_job_asks_radius_with_its_secret(machine, lan):
    config = machine.file_name(machine.settings)
    secret = machine.folder / "secret"
    secret.write_text(RADIUS_SECRET + "\n")
    secret.chmod(0o600)
    with start("radius", lan, None) as server:
        with open(machine.settings, "a", encoding="utf-8") as file:
            file.write(RADIUS_SETTINGS.format(address=server.address, secret=secret))
        (row,) = machine.records("audit", "--run", "radius", "--config", config)
        assert (row["status"], row["cause"]) == ("LISTENING", "answered"), row
        assert row["expectation"] == "held"
        secret.write_text("another\n")
        (row,) = machine.records("audit", "--run", "radius", "--config", config, status=2)
        assert row["status"] == "LISTENING or FILTERED", row
        secret.chmod(0o640)
        machine.cli("audit", "--run", "radius", "--config", config, status=4)
        with open(machine.settings, "a", encoding="utf-8") as file:
            file.write(FORGETFUL.format(address=server.address))
        refused = machine.cli("audit", "--run", "forgetful", "--config", config, status=4)
        assert "probes.jobs[2].protocol: radius cannot be asked without" in refused.err
