# SPDX-License-Identifier: MIT
"""
The servers that portledger's probes are tested with work, before a probe is blamed: what they
are made of here; that each answers and leaves nothing, where all are there (test_query_servers).
"""

import errno
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

import pytest

import expectations
import raw_requests as raw
from asking import ask_tcp, ask_udp
from certificates import NAME, Authority
from exchanges import EXCHANGES, right
from lan import Lan
from machines import LinuxMachine, wait_until
from played_servers import (
    DROPPED_RANGE,
    FILTERS,
    FIXTURES,
    LATE_RESET,
    TCP,
    UDP,
    Crowd,
    Filtered,
    Played,
)
from server_room import processes_in
from servers import SERVERS, Web, start

IP_RECVERR = 11  # linux/in.h
IPV6_RECVERR = 25  # linux/in6.h


@pytest.fixture(name="authority", scope="module")
def authority_of_all(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="lan")
def lan_of_one_test(tmp_path):
    lan = Lan(tmp_path / "lan")
    try:
        yield lan
    finally:
        lan.close()


def test_a_server_does_not_outlive_the_test(tmp_path):
    """Not even when the test's own process has no chance to stop it."""
    script = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from lan import Lan; from servers import Snmp; lan = Lan(sys.argv[2])\n"
        "print(os.readlink(f'/proc/{Snmp(lan).host.holder.pid}/ns/net'), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    here = str(pathlib.Path(__file__).parent)
    result = subprocess.run(
        [sys.executable, "-c", script, here, str(tmp_path / "lan")],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert result.returncode == -signal.SIGKILL
    network = result.stdout.decode().strip()
    assert network.startswith("net:[")
    wait_until(lambda: not processes_in(network), "the end of the server")


def test_a_machine_of_the_system_tests_can_be_the_client(tmp_path):
    (tmp_path / "machine").mkdir()
    machine = LinuxMachine(tmp_path / "machine", tmp_path)
    lan = Lan(tmp_path / "lan", client=machine.network())
    try:
        with start("ssh", lan, None) as server:
            assert ask_tcp(lan, server.address, 22, (b"",))[0].startswith(b"SSH-")
            out, err = tmp_path / "out", tmp_path / "err"
            assert machine.spawn(["ip", "-o", "route", "get", server.address], out, err).wait() == 0
            assert f"src {lan.address}" in out.read_text()
    finally:
        lan.close()
        machine.close()


def test_xl2tpd_takes_the_farewell(lan):
    """So that a probe that ends its tunnel can be told from one that does not."""
    with start("l2tp", lan, None) as server:
        with lan.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect((server.address, 1701))
            client.send(raw.l2tp_start())
            reply = client.recv(512)
            assigned = reply.index(b"\x80\x08\0\0\0\x09") + 6
            client.send(raw.l2tp_stop(int.from_bytes(reply[assigned : assigned + 2], "big")))
            server.host.wait_for(lambda: "Connection closed" in server.host.log(), "farewell")


def test_a_crowd_answers_by_halves(lan):
    with Crowd(lan) as crowd:
        assert len(crowd.refusing) == len(crowd.silent) == 127
        for address in (crowd.refusing[0], crowd.refusing[-1]):
            assert what_comes_back(lan, address, 389, socket.SOCK_STREAM)[0] == errno.ECONNREFUSED
        for address in (crowd.silent[0], crowd.silent[-1]):
            assert what_comes_back(lan, address, 389, socket.SOCK_STREAM) == (None, None)


def test_the_client_has_two_addresses(lan):
    with Played(lan) as played:
        for source in lan.addresses:
            target = (played.address, TCP["who"][0])
            with lan.inside():
                client = socket.create_connection(target, 10, source_address=(source, 4321))
            with client:
                assert client.recv(100) == f"220 {source} 4321\r\n".encode()
        wait_until(lambda: played.open_now == 0, "the end of the connections")
        assert (played.accepted, played.most_open) == (2, 1)


def fixtures_of(exchange):
    found = sorted(FIXTURES.glob(f"{exchange.fixture}.bin"))
    return found or sorted(FIXTURES.glob(f"{exchange.fixture}.[0-9].bin"))


# What servers say to portledger's own requests, of which there is no raw one.
OF_PORTLEDGER = ("smb2-smbd-negotiated.bin",)


def test_every_fixture_is_the_answer_of_one_exchange():
    kept = []
    for exchange in EXCHANGES:
        files = fixtures_of(exchange)
        assert files, f"{exchange.fixture}: capture.py has not been run"
        for file in files:
            assert right(exchange, file.read_bytes()), file.name
        kept += files
    kept += [FIXTURES / name for name in OF_PORTLEDGER]
    assert sorted(kept) == sorted(FIXTURES.glob("*.bin"))


def test_what_is_expected_is_of_servers_that_there_are():
    for answer in expectations.ANSWERS:
        kind = SERVERS[answer.server]
        ports = UDP if kind is Played else kind.ports
        assert answer.port in ports, answer
    played = expectations.TCP_BEHAVIOURS + expectations.ENDLESS + expectations.HALVES
    assert {row.port for row in played} <= TCP.keys()
    assert {
        row.port for row in expectations.UDP_BEHAVIOURS + expectations.UDP_ANSWERED
    } <= UDP.keys()
    assert expectations.FILTER_STATUS.keys() == FILTERS.keys()


def test_no_exchange_takes_nothing_or_its_own_request_for_an_answer():
    for exchange in EXCHANGES:
        if callable(exchange.check):
            for data in (exchange.requests[-1], bytes(64)):
                assert (
                    callable(data) or len(data) < 12 or not right(exchange, data)
                ), exchange.fixture


# TLS: what a client that checks everything finds.

VERDICTS = {
    "https": None,
    "https-rsa": None,
    "https-tls12": None,
    "https-ed25519": None,
    "https-client-certificate": None,  # the server wants one, and says so after the handshake
    "https-expired": "certificate has expired",
    "https-future": "certificate is not yet valid",
    "https-wrong-name": "Hostname mismatch",
    "https-self-signed": "self-signed certificate",
    "https-no-chain": "unable to get local issuer certificate",
}


def verdict_of(lan, server, port, authority):
    context = ssl.create_default_context(cafile=authority.path("root.pem"))
    with lan.inside():
        plain = socket.create_connection((server.address, port), 10)
    try:
        with context.wrap_socket(plain, server_hostname=NAME) as secured:
            return None, secured.version()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message, None
    finally:
        plain.close()


def test_certificates_are_what_their_ports_say(lan, authority):
    assert VERDICTS.keys() == Web.TLS.keys()
    with Web(lan, authority) as server:
        for name, wanted in VERDICTS.items():
            said, version = verdict_of(lan, server, server.port(name), authority)
            if wanted is None:
                assert said is None, f"{name}: {said}"
                assert version == ("TLSv1.2" if name == "https-tls12" else "TLSv1.3")
            else:
                assert wanted in said, f"{name}: {said}"


# Filtered ports: what the client's own kernel was told.


def open_socket(address, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = socket.socket(family, kind)
    if family == socket.AF_INET6:
        client.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    else:
        client.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    client.settimeout(0.5)
    return client


def what_comes_back(lan, address, port, kind):
    """The error of the system, and type and code of the ICMP behind it where there was one."""
    with lan.inside():
        client = open_socket(address, kind)
    with client:
        try:
            client.connect((address, port))
            client.send(b"x")
            client.recv(1)
            number = 0
        except socket.timeout:
            return None, None
        except OSError as error:
            number = error.errno
        client.setblocking(False)
        try:
            _, messages, _, _ = client.recvmsg(1, 1024, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return number, None
        return number, struct.unpack_from("IBBB", messages[0][2])[2:]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_filtered_ports_say_what_their_rules_say(kind, lan):
    with Filtered(lan) as host:
        for name, row in FILTERS.items():
            if row.icmp:
                assert what_comes_back(lan, host.address, row.port, kind)[1] == row.icmp, name
            if row.icmp6:
                assert what_comes_back(lan, host.address6, row.port, kind)[1] == row.icmp6, name
        silent = (FILTERS["drop"].port, *DROPPED_RANGE)
        for port in silent:
            assert what_comes_back(lan, host.address, port, kind) == (None, None)
        closed = what_comes_back(lan, host.address, 9, kind)
        assert closed == (errno.ECONNREFUSED, None if kind == socket.SOCK_STREAM else (3, 3))
        reset = what_comes_back(lan, host.address, FILTERS["tcp-reset"].port, socket.SOCK_STREAM)
        assert reset == (errno.ECONNREFUSED, None)


def test_a_refusal_can_come_late(lan):
    with Filtered(lan) as host, lan.inside():
        began = time.monotonic()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host.address, LATE_RESET), 10)
        assert 0.9 < time.monotonic() - began < 5


def test_errors_of_icmp_are_not_rationed(lan):
    with Filtered(lan) as host:
        for _ in range(30):
            assert what_comes_back(lan, host.address, 9, socket.SOCK_DGRAM)[1] == (3, 3)


def test_where_nobody_is_nobody_answers(lan):
    """10.77.9.9 is of the client's network and asked for by ARP; to 192.0.2.1 leads no way."""
    assert what_comes_back(lan, "10.77.9.9", 9, socket.SOCK_STREAM) == (None, None)
    assert what_comes_back(lan, "192.0.2.1", 9, socket.SOCK_STREAM) == (errno.ENETUNREACH, None)


# Played servers: each of them once.

# To a question of DNS; what is not here answers with something.
UDP_ANSWERS = {
    "silent": None,
    "empty": b"",
    "one-byte": b"\0",
    "lost-first": None,
    "sql-browser": None,
    "proxy": None,
    "ntp-kiss": None,
}


@pytest.mark.parametrize("version", ["address", "address6"])
def test_played_servers_do_what_their_names_say(version, lan):
    question = raw.dns("www.example.test")
    with Played(lan) as played:
        address = getattr(played, version)
        family = socket.AF_INET6 if version == "address6" else socket.AF_INET
        for name, (port, _) in UDP.items():
            if name == "other-address" and version == "address6":
                continue
            with lan.inside():
                client = socket.socket(family, socket.SOCK_DGRAM)
            with client:
                client.settimeout(0.2 if UDP_ANSWERS.get(name, "") is None else 10)
                client.sendto(question, (address, port))
                try:
                    reply, sender = client.recvfrom(65536)
                except socket.timeout:
                    reply, sender = None, (address, port)
            assert reply == UDP_ANSWERS.get(name, reply), name
            assert (sender[0] != address) == (name == "other-address"), name
            assert (sender[1] != port) == (name == "other-port"), name
            if name in ("wrong-id", "wrong-first", "many-wrong"):
                assert reply[:2] != question[:2] and reply[2] & 0x80
            if name == "biggest":
                assert len(reply) == 65507


CLOSED_AT_ONCE = {"close", "close-after-request"}
RESET = {"reset", "reset-after-request"}
SAYS_NOTHING = {"silent"}


def first_of_stream(lan, address, port, name):
    try:
        with lan.inside(), socket.create_connection((address, port), 10) as client:
            client.settimeout(0.2 if name in SAYS_NOTHING else 10)
            if name != "close":
                client.sendall(b"?")
            return client.recv(1 << 16)
    except (ConnectionResetError, BrokenPipeError):
        return "reset"
    except socket.timeout:
        return "nothing"


@pytest.mark.parametrize("version", ["address", "address6"])
def test_played_streams_do_what_their_names_say(version, lan):
    with Played(lan) as played:
        for name, (port, _) in TCP.items():
            found = first_of_stream(lan, getattr(played, version), port, name)
            if name in CLOSED_AT_ONCE:
                assert found == b"", name
            elif name in RESET:
                assert found == "reset", name
            elif name in SAYS_NOTHING:
                assert found == "nothing", name
            else:
                assert found, name


def test_a_lost_datagram_can_be_sent_again(lan):
    with Played(lan) as played:
        question = raw.dns("www.example.test")
        port = UDP["lost-first"][0]
        with lan.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(question, (played.address, port))
            client.settimeout(0.2)
            with pytest.raises(socket.timeout):
                client.recv(512)
        assert ask_udp(lan, played.address, port, question)[:2] == question[:2]


def test_a_slow_server_takes_a_second_for_each_byte(lan):
    with Played(lan) as played, lan.inside():
        began = time.monotonic()
        with socket.create_connection((played.address, TCP["slow"][0]), 10) as client:
            assert client.recv(10) == b"2"
            assert client.recv(10) == b"2"
            assert client.recv(10) == b"0"
        assert time.monotonic() - began > 0.9
