# SPDX-License-Identifier: MIT
"""
`portledger query` against all servers of servers.py, as expectations.py says. The servers are
real and on another host; so are firewalls. What Wine cannot show is Linux's alone.
"""

import concurrent.futures
import os
import pathlib
import time

import pytest

import expectations
from conftest import machine_class
from expectations import UNKNOWN
from exchanges import EXCHANGES, ask, right
from played_servers import FILTERS, LATE_RESET, TCP, UDP, Crowd
from server_room import ServerRoom
from servers import DOMAIN, SERVERS
from servers_udp import RADIUS_SECRET

ON_LINUX = os.environ["PORTLEDGER_SYSTEM"] == "linux"
linux_once = pytest.mark.skipif(not ON_LINUX, reason="no program of ours: done once, on Linux")
tells_icmp = pytest.mark.skipif(not ON_LINUX, reason="Wine tells no ICMP: docs/verification.md")
knows_permissions = pytest.mark.skipif(not ON_LINUX, reason="Wine's files are everybody's")
waits_long = pytest.mark.skipif(not ON_LINUX, reason="attempts last 3 s under Wine, as on old Windows")
AT_ONCE = 3  # queries: they wait more than they work
QUICK = ("--timeout", "400ms", "--attempts", "1")


@pytest.fixture(name="room", scope="module")
def room_of_all(tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    machine = machine_class()(folder, pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"]))
    try:
        room = ServerRoom(folder, machine)
        try:
            yield room
        finally:
            room.close()
    finally:
        machine.close()


def in_parallel(act, items):
    items = list(items)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(items, threads.map(act, items)))


def port_of(name, port):
    """("tcp", 443) of a name in SERVERS or Played."""
    return UDP_PORTS[port] if name == "played" else SERVERS[name].ports[port]


UDP_PORTS = {name: ("udp", row[0]) for name, row in UDP.items()}


def written(port):
    return f"{port[0]}/{port[1]}"


def same_port(record, port):
    return (record["protocol"].lower(), record["port"]) == port


# Servers that answer.


@pytest.fixture(name="answers", scope="module")
def answers_of_all(room):
    """{(server, port): record}, by the protocol that is chosen for the port, else as expected."""

    def whom(server):
        name = expectations.DNS_NAMES.get(server)
        return (f"{server}.{DOMAIN}", "--timeout", "3s", *(("--dns-name", name) if name else ()))

    def by_default(server):
        ports = [port_of(server, row.port) for row in expectations.ANSWERS if row.server == server]
        return room.ask(*whom(server), "-o", ",".join(map(written, ports)))

    def as_expected(row):
        port = port_of(row.server, row.port)
        for record in found[row.server]:
            if same_port(record, port) and record["asked"] == row.protocol:
                return record
        (record,) = room.ask(*whom(row.server), "-e", written(port), "--as", row.protocol)
        return record

    found = in_parallel(by_default, dict.fromkeys(row.server for row in expectations.ANSWERS))
    return in_parallel(as_expected, expectations.ANSWERS)


def values_in(answer):
    """All of an answer's values, those of its items included."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if not isinstance(answer, list):
        return [answer]
    return [value for part in answer for value in values_in(part)]


def says(answer, wanted):
    """As expectations.Answer has it."""
    values = values_in(answer)
    if isinstance(wanted, str):
        return any(wanted.lower() in value.lower() for value in values if isinstance(value, str))
    return any(value == wanted and not isinstance(value, bool) for value in values)


@pytest.mark.parametrize("row", expectations.ANSWERS, ids=lambda row: f"{row.server}-{row.port}")
def test_a_server_says_what_it_is(row, room, answers):
    record = answers[row]
    assert (record["status"], record["cause"]) == ("LISTENING", "answered"), record
    assert record["asked"] == row.protocol
    assert record["address"] == room[row.server].address
    assert record["said"], record
    for wanted in row.says:
        if wanted == "TLS 1.3" and not ON_LINUX:
            wanted = "TLS 1."  # Windows before Server 2022, and Wine, have no 1.3
        assert says(record["answer"], wanted), (wanted, record)
    for name, value in row.fields:
        assert record["answer"][name] == value, (name, record["answer"])


def test_times_are_those_of_the_network(answers):
    """What one query waits for is not counted to another."""
    for row, record in answers.items():
        assert 0 <= record["name_time"] < 3000, row
        if record["protocol"] == "TCP":
            assert 0 <= record["connect_time"] < 1000, (row, record)
        assert record["total_time"] >= max(record["reply_time"] or 0, record["tls_time"] or 0)
        assert (record["tls_time"] is None) != ("tls_version" in (record["answer"] or {})), record


@linux_once
def test_raw_servers_answer_as_they_did_when_fixtures_were_made(room):
    """Before a probe is blamed: nothing of portledger's is in between."""
    for exchange in EXCHANGES:
        if exchange.server in SERVERS:
            for file, reply in ask(room.lan, room[exchange.server], exchange):
                log = room[exchange.server].host.log()
                assert right(exchange, reply), f"{file}: {reply[:100]!r}\n{log}"


UNTRUSTED = {"https-self-signed": set()}


@pytest.mark.parametrize("port", expectations.VERDICTS)
def test_certificates_are_judged_apart_from_the_port(port, room):
    """By the name that they are for; the root is trusted on Linux only."""
    ports = written(port_of("web", port))
    (record,) = room.ask("www.example.test", "-e", ports, "--as", "https", "--timeout", "3s")
    verdict = list(expectations.VERDICTS[port])
    if not ON_LINUX:
        verdict = sorted({*verdict} - {"trusted"} | UNTRUSTED.get(port, {"unknown issuer"}))
    assert record["cause"] == "answered"
    assert sorted(record["answer"]["tls_verdict"]) == sorted(verdict), record
    if verdict != ["trusted"]:
        assert verdict[0] in record["said"], "a table shows what is wrong"


@pytest.mark.parametrize("port", ("smtp", "submission", "pop3", "imap"))
def test_starttls_is_offered(port, answers):
    rows = [row for row in answers if (row.server, row.port) == ("mail", port)]
    plain = [answers[row] for row in rows if not row.protocol.endswith("-starttls")]
    assert [record["answer"]["start_tls"] for record in plain] == [True]


@pytest.mark.parametrize("port", ("smtp", "pop3", "imap"))
def test_what_a_server_can_changes_in_tls(port, answers):
    """It offers to begin TLS in plain, and no longer inside."""
    (row,) = [row for row in answers if row.protocol == f"{port}-starttls" and row.port == port]
    answer = answers[row]["answer"]
    word = "STLS" if port == "pop3" else "STARTTLS"
    assert word in answer["capabilities"] and word not in answer["capabilities_in_tls"], answer
    assert len(answer["capabilities_in_tls"]) > 3


# (what came in plain behind the word for TLS, what is said about it)
NO_TLS = {
    "starttls-slipped-in": (len("250 SLIPPED IN\r\n"), "did not come"),
    "starttls-no-tls": (None, "TLS"),
    "starttls-silent": (None, "did not come"),
}


@pytest.mark.parametrize("name", NO_TLS)
def test_what_was_said_before_tls_stays_without_it(name, room):
    """And what somebody else may have put in between is no part of it."""
    slipped, words = NO_TLS[name]
    port = f"tcp/{TCP[name][0]}"
    (record,) = room.ask(room["played"].address, "-e", port, "--as", "smtp-starttls", *QUICK)
    assert (record["status"], record["cause"]) == ("LISTENING", "answered"), record
    assert words in record["detail"], record
    answer = record["answer"]
    assert (answer["start_tls"], answer["start_tls_reply"]) == (True, ["220 go ahead"])
    assert answer.get("tls_plain_bytes") == slipped and "tls_version" not in answer
    assert "SLIPPED" not in str(record)


def test_l2tp_takes_its_leave(room, answers):
    """So that no tunnel is left on the server."""
    assert answers
    server = room["l2tp"]
    server.host.wait_for(lambda: "Connection closed" in server.host.log(), "farewell")


def test_a_broker_is_left_in_order(room, answers):
    """Mosquitto tells a client that has said so from one that is gone."""
    assert answers
    log = room["mqtt"].host.log()
    assert "Received DISCONNECT" in log, log


def test_ipv6_is_asked_alike(room):
    for server, ports in (("bind", "both/53"), ("ssh", "tcp/22"), ("web", "tcp/80,tcp/443")):
        for record in room.ask(room[server].address6, "-o", ports, "--timeout", "3s"):
            assert (record["status"], record["cause"]) == ("LISTENING", "answered"), record
            assert record["host"] == record["address"] == room[server].address6


def test_a_wrong_community_is_silence(room):
    (record,) = room.ask(
        f"snmp.{DOMAIN}", "-e", "udp/161", "--community", expectations.WRONG_COMMUNITY, *QUICK
    )
    assert (record["status"], record["cause"]) == (UNKNOWN, "timeout")


# What takes more to ask, or cannot be told.


def ask_radius(room, port, secret=None, rights=0o600):
    words = ("--as", "radius", *QUICK)
    if secret is not None:
        file = room.folder / f"secret-{port}"
        file.write_text(secret + "\n")
        file.chmod(rights)
        words += ("--secret-file", file)
    return (f"radius.{DOMAIN}", "-e", f"udp/{port}", *words)


@knows_permissions
@pytest.mark.parametrize("port, code", ((1812, "Access-Accept"), (1813, "Accounting-Response")))
def test_radius_is_asked_with_its_secret(port, code, room):
    (record,) = room.ask(*ask_radius(room, port, RADIUS_SECRET))
    assert (record["status"], record["cause"]) == ("LISTENING", "answered"), record
    assert record["answer"]["code"] == code
    assert record["answer"].get("reply_message") in (None, ["RADIUS of the tests"])


def test_radius_is_not_asked_without_a_secret(room):
    (record,) = room.ask(*ask_radius(room, 1812))
    assert (record["status"], record["cause"]) == ("NOT ASKED", "local error"), record
    assert "--secret-file" in record["detail"]


@knows_permissions
def test_radius_is_silent_to_another_secret(room):
    (record,) = room.ask(*ask_radius(room, 1812, "another"))
    assert (record["status"], record["cause"]) == (UNKNOWN, "timeout"), record
    assert "secret" in record["detail"]


@knows_permissions
def test_a_secret_that_others_may_read_is_none(room):
    result = room.query(*ask_radius(room, 1812, RADIUS_SECRET, 0o644))
    assert result.status == 5 and "others" in result.err, result


def test_radius_is_only_reached_unless_it_is_asked_for(room):
    result = room.query("--json", f"radius.{DOMAIN}", "-e", "udp/1812", *QUICK)
    assert result.json()[0]["asked"] is None
    assert "--as radius" in result.err, result


def test_wireguard_cannot_be_told(room):
    """Nobody who has not its key hears of it; a port that nobody has open is told all the same."""
    silent = f"udp/{UDP['silent'][0]}"
    (record,) = room.ask(room["played"].address, "-e", silent, "--as", "wireguard", *QUICK)
    assert (record["status"], record["cause"]) == (UNKNOWN, "timeout"), record
    assert "cannot be told" in record["detail"]
    (record,) = room.ask(room["played"].address, "-e", "udp/51820", *QUICK)
    assert record["asked"] == "wireguard"
    if ON_LINUX:
        assert (record["status"], record["cause"]) == ("NOT LISTENING", "ICMP"), record
        assert record["detail"] is None


# Groups, and many hosts.


def test_a_group_is_asked_of_a_domain_controller(room):
    records = room.ask(f"dc.{DOMAIN}", "--group", "domains-and-trusts", *QUICK)
    answered = {record["asked"] for record in records if record["cause"] == "answered"}
    assert {"ldap", "ldaps", "rpc", "smb", "netbios"} <= answered
    assert len(records) == 15


def test_a_network_is_swept(room):
    began = time.monotonic()
    result = room.query(Crowd.PREFIX, "-e", "tcp/389", "--csv", "--attempts", "1")
    took = time.monotonic() - began
    rows = result.out.splitlines()[1:]
    assert result.status == 2 and len(rows) == 254, result
    crowd = room["crowd"]
    for address in crowd.refusing + crowd.silent:
        status = "NOT LISTENING" if address in crowd.refusing else "FILTERED"
        assert any(f"{address}" in row and f",{status}," in row for row in rows), address
    assert took < (10 if ON_LINUX else 30), took
    table = room.query(Crowd.PREFIX, "-e", "tcp/389", "--attempts", "1")
    assert table.status == 2
    assert "not shown: 127 NOT LISTENING, 127 FILTERED" in table.err, table


def test_hosts_are_told_in_the_order_in_which_they_were_named(room):
    names = [f"{name}.{DOMAIN}" for name in ("web", "ssh", "bind")] + ["nobody.invalid"]
    result = room.query(*names, "-o", "tcp/80,tcp/22", *QUICK)
    assert result.status == 5, result
    lines = [line.split() for line in result.out.splitlines()[1:]]
    assert [line[0] for line in lines] == [name for name in names for _ in range(2)]
    assert [line[-1] for line in lines[:2]] != []


# Ports that firewalls guard.

# How a port that is rejected so is told; the fields of ICMP are in FILTERS.
FAMILIES = {"address": "icmp", "address6": "icmp6"}


@tells_icmp
@pytest.mark.parametrize("version", FAMILIES)
@pytest.mark.parametrize("transport", ("tcp", "udp"))
def test_filtered_ports_are_told_apart(transport, version, room):
    rows = {
        name: row
        for name, row in FILTERS.items()
        if (getattr(row, FAMILIES[version]) or not (row.icmp or row.icmp6))
        and not (transport == "udp" and "tcp" in name)
    }
    address = getattr(room["filtered"], version)
    ports = ",".join(f"{transport}/{row.port}" for row in rows.values())
    records = room.ask(address, "-o", ports, *QUICK)
    by_port = {record["port"]: record for record in records}
    statuses = {"tcp": expectations.FILTER_STATUS, "udp": expectations.FILTER_STATUS_UDP}[transport]
    for name, row in rows.items():
        record = by_port[row.port]
        assert record["status"] == statuses[name], (name, record)
        icmp = getattr(row, FAMILIES[version])
        if icmp:
            assert record["cause"] == "ICMP"
            assert (record["icmp_type"], record["icmp_code"]) == icmp, (name, record)
            assert record["icmp_from"] == address
        else:
            assert record["cause"] == ("timeout" if name == "drop" else "reset")


@waits_long
def test_a_refusal_may_come_late(room):
    """The first SYN was lost: an attempt that is long enough sees what comes of the second."""
    target = ("filtered." + DOMAIN, "-e", f"tcp/{LATE_RESET}", "--attempts", "1", "--timeout")
    (record,) = room.ask(*target, "4s")
    assert (record["status"], record["cause"]) == ("NOT LISTENING", "reset")
    assert 900 < record["connect_time"] < 3500
    (record,) = room.ask(*target, "300ms")
    assert (record["status"], record["cause"]) == ("FILTERED", "timeout")


def test_where_nobody_is_nothing_listens(room):
    """To 10.77.9.9 nobody answers; to 192.0.2.1 leads no way."""
    records = room.ask("10.77.9.9", "192.0.2.1", "-e", "tcp/9", "--timeout", "1s")
    causes = {record["host"]: record["cause"] for record in records}
    assert {record["status"] for record in records} == {"FILTERED"}, records
    assert causes["10.77.9.9"] in ("timeout", "unreachable"), records
    assert causes["192.0.2.1"] == "unreachable", records


# Servers that do not behave.

BEHAVIOURS = expectations.TCP_BEHAVIOURS if ON_LINUX else expectations.TCP_BEHAVIOURS[::4]
# KiB beyond those of a query that has nothing to remember: an answer has limits.
MEMORY = 24 * 1024


@pytest.fixture(name="least", scope="module")
def least_memory(room):
    return room.query("played." + DOMAIN, "-e", "tcp/7001", "--no-ask").memory


def by_protocol(rows):
    found = {}
    for row in rows:
        found.setdefault(row.protocol, []).append(row)
    return found


@pytest.fixture(name="hostile", scope="module")
def hostile_outcomes(room):
    """{(transport, row): record}, and how long each run took and how much it needed."""

    def run(item):
        transport, protocol = item
        ports = TCP if transport == "tcp" else UDP
        rows = groups[item]
        began = time.monotonic()
        words = ",".join(f"{transport}/{ports[row.port][0]}" for row in rows)
        result = room.query(
            "--json", room["played"].address, "-o", words, "--as", protocol, *QUICK
        )
        took = time.monotonic() - began
        records = {record["port"]: record for record in result.json()}
        room.validator.validate(list(records.values()))
        return {row: records[ports[row.port][0]] for row in rows}, took, result

    rows = {
        "tcp": BEHAVIOURS + expectations.ENDLESS + expectations.HALVES,
        "udp": expectations.UDP_BEHAVIOURS + expectations.UDP_ANSWERED,
    }
    groups = {
        (transport, protocol): of_one
        for transport, some in rows.items()
        for protocol, of_one in by_protocol(some).items()
    }
    return in_parallel(run, groups)


def outcome_of(hostile, transport, row):
    return hostile[transport, row.protocol][0][row]


def name_of(row):
    return f"{row.port}-{row.protocol}"


@pytest.mark.parametrize("row", BEHAVIOURS, ids=name_of)
def test_a_stream_that_is_no_answer_is_none(row, hostile):
    record = outcome_of(hostile, "tcp", row)
    assert record["status"] == "LISTENING", record
    assert record["reached"] == "accepted"
    assert record["cause"] == record["answered"] != "answered", record


@pytest.mark.parametrize("row", expectations.HALVES, ids=name_of)
def test_half_an_answer_is_one_that_says_so(row, hostile):
    record = outcome_of(hostile, "tcp", row)
    assert record["cause"] == "answered", record
    assert record["answer"]["status"] == 200
    assert "did not come" in record["detail"], record


@pytest.mark.parametrize("row", expectations.ENDLESS, ids=name_of)
def test_an_answer_without_end_has_one(row, hostile):
    record = outcome_of(hostile, "tcp", row)
    assert record["status"] == "LISTENING", record
    assert record["cause"] in ("answered", "wrong protocol", "incomplete reply"), record


@pytest.mark.parametrize("row", expectations.UDP_BEHAVIOURS, ids=name_of)
def test_a_datagram_that_is_no_answer_is_none(row, hostile):
    record = outcome_of(hostile, "udp", row)
    assert record["cause"] != "answered", record
    heard = record["cause"] in ("wrong protocol", "incomplete reply")
    assert record["status"] == ("LISTENING" if heard else UNKNOWN), record


@pytest.mark.parametrize("row", expectations.UDP_ANSWERED, ids=name_of)
def test_an_answer_is_found_among_others(row, hostile):
    record = outcome_of(hostile, "udp", row)
    assert (record["status"], record["cause"]) == ("LISTENING", "answered"), record


def test_a_lost_datagram_is_sent_again(room):
    port = f"udp/{UDP['lost-first'][0]}"
    for attempts in (1, 2):
        room["played"].heard.clear()
        (record,) = room.ask(
            *(room["played"].address, "-e", port, "--as", "dns"),
            *("--timeout", "500ms", "--attempts", attempts),
        )
        assert record["status"] == ("LISTENING" if attempts == 2 else UNKNOWN), record
        assert record["attempts"] == attempts


def test_who_does_not_behave_costs_little(hostile, least, room):
    """400 ms for an attempt, four times as much for a reply that has begun; and a start of Wine."""
    for item, (_, took, result) in hostile.items():
        assert took < (6 if ON_LINUX else 30), (item, took)
        assert result.memory < least + MEMORY, (item, result.memory, least)
    began = time.monotonic()
    while room["played"].open_now > 0:
        assert time.monotonic() - began < 20, "connections are left"
        time.sleep(0.05)


# A server that counts (the last of all, since it has enough then).


def test_a_logon_that_is_refused_does_not_count(room, answers):
    assert answers
    port = written(port_of("mysql", "mysql-guarded"))

    def ask(protocol):
        (record,) = room.ask(f"mysql.{DOMAIN}", "-e", port, "--as", protocol)
        return record["answer"].get("error_code")

    most = SERVERS["mysql"].PATIENCE
    assert {ask("mysql-anonymous") for _ in range(most + 2)} == {1045}
    assert 1129 in [ask("mysql") for _ in range(most + 2)]
