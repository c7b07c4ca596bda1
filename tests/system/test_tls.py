# SPDX-License-Identifier: MIT
"""`portledger query` against servers that talk TLS: OpenSSL asks on Linux, SChannel on Windows."""

import pathlib
import subprocess

import pytest

from certificates import Authority

SERVER = pathlib.Path(__file__).with_name("tls_server.py")
HOST = "127.0.0.1"


@pytest.fixture(name="net", scope="module")
def servers(command_line, tmp_path_factory):
    """The machine, with the ports of the servers."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    process = command_line.native(
        ["/usr/bin/python3", str(SERVER), str(authority.folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )
    command_line.at = {}
    while "ready" not in command_line.at:
        name, port = process.stdout.readline().split()
        command_line.at[name] = int(port)
    yield command_line
    process.kill()
    process.wait()
    process.stdout.close()


def ask(machine, name, protocol):
    result = machine.run(
        "portledger", "query", HOST, "-e", str(machine.at[name]), "--as", protocol, "--json"
    )
    (record,) = result.json()
    assert record["status"] == "LISTENING" and result.status == 0, record
    return record


# The root is nobody's, and the certificates are for no address of ours.
VERDICTS = {
    "valid": {"unknown issuer", "wrong name"},
    "expired": {"unknown issuer", "expired", "wrong name"},
    "future": {"unknown issuer", "not yet valid", "wrong name"},
    "wrong-name": {"unknown issuer", "wrong name"},
    "self-signed": {"self-signed", "wrong name"},
}


@pytest.mark.parametrize("name", VERDICTS)
def test_any_certificate_is_taken_and_judged(net, name):
    record = ask(net, name, "tls")
    answer = record["answer"]
    assert record["cause"] == "answered", record
    assert set(answer["tls_verdict"]) == VERDICTS[name]
    assert answer["tls_version"] == "TLS 1.2"
    assert answer["tls_name_matches"] is False
    assert record["tls_time"] is not None


def test_what_stands_in_the_chain_is_told(net):
    leaf, between = ask(net, "valid", "tls")["answer"]["certificate"]
    assert leaf["certificate_subject"] == "CN=www.example.test,O=Prüfstand,C=DE"
    assert leaf["certificate_issuer"] == between["certificate_subject"]
    assert leaf["certificate_name"] == ["www.example.test", "*.example.test", "10.77.0.1", "fd77::1"]
    assert leaf["certificate_key"] == "EC P-256" and between["certificate_key"] == "RSA 2048"
    assert between["certificate_issuer"] == "CN=Test Root,O=portledger tests"


def test_a_protocol_is_asked_inside(net):
    record = ask(net, "self-signed", "https")
    assert record["cause"] == "answered", record
    assert record["answer"]["status"] == 204
    assert "self-signed" in record["answer"]["tls_verdict"]


def test_a_refusal_is_told_by_its_alert(net):
    record = ask(net, "refuses", "tls")
    assert record["answer"]["tls_alert"] == "handshake failure", record


def test_the_newest_version_is_spoken_or_refused_in_words(net):
    """SChannel speaks TLS 1.3 from Windows 11 on."""
    record = ask(net, "newest", "tls")
    answer = record["answer"]
    assert answer.get("tls_version") == "TLS 1.3" or answer["tls_alert"] == "protocol version"


def test_what_is_no_tls_is_shown(net):
    record = ask(net, "plain", "tls")
    assert record["cause"] == "wrong protocol", record
    assert "SSH-2.0-nobody" in record["detail"]
