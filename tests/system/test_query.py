# SPDX-License-Identifier: MIT
"""`portledger query` against servers on loopback."""

import csv
import io
import json
import pathlib
import signal
import subprocess
import time

import jsonschema
import pytest

from machines import ROOT, wait_until

SCHEMA = json.loads((ROOT / "docs" / "output.schema.json").read_text())
SERVER = pathlib.Path(__file__).with_name("query_server.py")
HOST = "127.0.0.1"


@pytest.fixture(name="net", scope="module")
def servers(command_line):
    """The machine, with the ports of the servers."""
    process = command_line.native(
        ["/usr/bin/python3", str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    command_line.servers = process
    command_line.at = {}
    while "ready" not in command_line.at:
        name, port = process.stdout.readline().split()
        command_line.at[name] = int(port)
    yield command_line
    process.kill()
    process.wait()
    process.stdout.close()
    process.stdin.close()


def query(machine, *arguments, status):
    result = machine.run("portledger", "query", *map(str, arguments))
    assert result.status == status, result
    return result


def outcomes(machine, *arguments, status):
    records = query(machine, *arguments, "--json", status=status).json()
    for record in records:
        jsonschema.validate(
            record, {"$ref": "#/$defs/outcome", "$defs": SCHEMA["$defs"]},
            cls=jsonschema.Draft202012Validator,
        )
    return records


def test_a_port_is_what_it_is(net):
    for port, which, status, cause, end in (
        ("accepts", "tcp", "LISTENING", "accepted", 0),
        ("backlog", "tcp", "LISTENING", "accepted", 0),
        ("closed", "tcp", "NOT LISTENING", "reset", 1),
        ("echoes", "udp", "LISTENING", "answered", 0),
        ("mute", "udp", "LISTENING or FILTERED", "timeout", 2),
    ):
        (record,) = outcomes(net, HOST, "-e", net.at[port], "-p", which, status=end)
        assert (record["status"], record["cause"]) == (status, cause), record
        assert record["host"] == record["address"] == HOST
        assert record["port"] == net.at[port]
        assert record["protocol"] == which.upper()
        assert record["total_time"] >= 0
        assert record["asked"] is None and record["answer"] is None


def test_names_and_ipv6_are_asked(net):
    (record,) = outcomes(net, "localhost", "-e", net.at["accepts"], "--ipv4", status=0)
    assert record["host"] == "localhost" and record["address"] == HOST
    assert record["name_time"] is not None
    (record,) = outcomes(net, "::1", "-e", net.at["accepts6"], status=0)
    assert record["status"] == "LISTENING" and record["address"] == "::1"
    (record,) = outcomes(net, "no-such-host.invalid", "-e", 1, status=5)
    assert (record["status"], record["cause"]) == ("NOT ASKED", "name not resolved")
    assert record["address"] is None and record["detail"]


def test_the_worst_port_decides_the_status_and_the_order_is_kept(net):
    ports = f"{net.at['closed']},{net.at['accepts']},{net.at['backlog']}"
    result = query(net, HOST, "-o", ports, status=1)
    assert [line.split()[2] for line in result.out.splitlines()[1:]] == ports.split(",")
    rows = list(csv.DictReader(io.StringIO(query(net, HOST, "-o", ports, "--csv", status=1).out)))
    lines = query(net, HOST, "-o", ports, "--jsonl", status=1).out.splitlines()
    for records in (rows, [json.loads(line) for line in lines]):
        assert sorted(str(record["port"]) for record in records) == sorted(ports.split(","))


def test_a_sweep_shows_what_listens_and_counts_the_rest(net):
    first = min(net.at["accepts"], 65000)
    ports = f"{first}:{first + 99}"
    result = query(net, HOST, "-r", ports, status=1)
    found = [int(line.split()[2]) for line in result.out.splitlines()[1:]]
    assert net.at["accepts"] in found and net.at["closed"] not in found
    assert f"note: not shown: {100 - len(found)} NOT LISTENING" in result.err
    assert len(query(net, HOST, "-r", ports, "--all", status=1).out.splitlines()) == 101
    assert len(query(net, HOST, "-r", ports, "--jsonl", status=1).out.splitlines()) == 100
    shown = query(net, HOST, "-r", ports, "--jsonl", "--open", status=1).out.splitlines()
    assert [json.loads(line)["status"] for line in shown] == ["LISTENING"] * len(found)


def test_attempts_and_timeout_are_as_asked(net):
    begin = time.monotonic()
    (record,) = outcomes(
        net, HOST, "-e", net.at["mute"], "-p", "udp", "--attempts", 3, "--timeout", "200ms",
        status=2,
    )
    assert record["attempts"] == 3 and 600 <= record["total_time"] < 1500
    assert time.monotonic() - begin < 20


def test_ctrl_c_ends_with_what_is_known(net):
    out = net.folder / "interrupted.out"
    err = net.folder / "interrupted.err"
    ports = f"tcp/{net.at['closed']},udp/{net.at['mute']}"
    process = net.spawn(
        [net.program("portledger"), "query", HOST, "-o", ports, "--timeout", "1m", "--jsonl"],
        out, err,
    )
    wait_until(lambda: "NOT LISTENING" in out.read_text(), "the closed port is told at once")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 2, err.read_text()
    assert "stopped" in err.read_text()
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["port"] for record in records] == [net.at["closed"]]


SILENT = f"""
import socket, sys
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("{HOST}", 1812))
print("ready", flush=True)
sys.stdin.read()
"""


def test_each_protocol_that_is_not_asked_is_named(net):
    silent = net.native(
        ["/usr/bin/python3", "-c", SILENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert silent.stdout.readline() == "ready\n", "somebody has the port of RADIUS"
    result = query(
        net, HOST, "-o", "1701,1812", "-p", "udp", "--timeout", "300ms", "--jsonl", status=2
    )
    silent.communicate()
    for name in ("l2tp", "radius"):
        assert f"not asked in {name}, only reached" in result.err
    details = {
        record["port"]: record["detail"]
        for record in map(json.loads, result.out.splitlines())
    }
    assert details[1812] == "not asked in radius, which takes --as radius"


def test_ctrl_c_closes_what_was_opened(net):
    """The answer without which an L2TP tunnel cannot be closed comes after Ctrl-C."""
    out = net.folder / "farewell.out"
    err = net.folder / "farewell.err"
    process = net.spawn(
        [net.program("portledger"), "query", HOST, "-e", f"udp/{net.at['l2tp']}", "--as", "l2tp",
         "--timeout", "1m", "--jsonl"],
        out, err,
    )
    assert net.servers.stdout.readline() == "SCCRQ 0\n"
    process.send_signal(signal.SIGINT)
    net.servers.stdin.write("\n")
    net.servers.stdin.flush()
    assert net.servers.stdout.readline() == "StopCCN 4711\n"
    assert process.wait(20) == 0, err.read_text()
    (record,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (record["status"], record["answer"]["message"]) == ("LISTENING", "SCCRP")
    assert "stopped" not in err.read_text()


@pytest.mark.parametrize(
    "arguments, words",
    (
        ([], "something is missing"),
        (["-4"], "a host is missing"),
        ([HOST, "-e", "0"], "no port"),
        ([HOST, "-e", "no-such-service"], "no port, service or group"),
        ([HOST, "--as", "gopher"], "no protocol"),
        ([HOST, "--as", "smpt"], 'did you mean "smtp"'),
        ([HOST, "--as", "ntp"], "its own port is -e udp/123"),
        ([HOST, "--as", "ssh", "-p", "udp"], "its own port is -e tcp/22"),
        (["0.0.0.0"], "no address of a host"),
        (["::"], "no address of a host"),
        (["224.0.0.251"], "no address of a host"),
        (["255.255.255.255"], "no address of a host"),
        ([HOST, "--dns-name", "a..b"], "--dns-name: no name that can be asked for"),
        ([HOST, "--group", "nobody"], "no port, service or group"),
        (["10.0.0.0/8"], "--large"),
        (["10.0.0.0/8", "--ipv4", "--ipv6"], "--large"),
        ([HOST, "--ipv4", "--ipv6"], "leave nothing"),
        ([HOST, "-6", "-4"], "leave nothing"),
        ([HOST, "-4", "-4", "-6"], "leave nothing"),
        (["fe80::1"], "zone is missing"),
        ([HOST, "--source-address", "::1", "-4"], "other family"),
        ([HOST, "10.0.0.0/30", "--source-address", "::1"], "other family"),
        (["::1", "--source-address", HOST], "other family than ::1"),
        ([HOST, "--source-address", "192.0.2.1"], "no such address"),
    ),
)
def test_a_wrong_command_line_is_refused_in_words(net, arguments, words):
    assert words in query(net, *arguments, status=3).err


def test_a_group_of_the_settings_is_asked(net):
    if net.system == "linux":
        return  # where its settings are, is not a test's to write
    net.write_settings(probes_groups=f"{{mine: [tcp/{net.at['accepts']}, udp/{net.at['echoes']}]}}")
    records = outcomes(net, HOST, "--group", "mine", status=0)
    assert {record["protocol"] for record in records} == {"TCP", "UDP"}
    net.write_settings(probes_gruops="{}")
    assert "gruops" in query(net, HOST, "--group", "mine", status=3).err
    query(net, HOST, "-e", net.at["accepts"], status=0)
