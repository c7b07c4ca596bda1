# SPDX-License-Identifier: MIT
"""
Servers played in Python, where there is no real one or where the real ones behave too well.

    with Played(lan) as played: ... played.address, played.port("silent") ...

TCP and UDP tables below: name, port, what it does. All ports are open over IPv4 and IPv6.
`with Filtered(lan)` is a host whose ports are dropped or rejected, each in its own way.
"""

import asyncio
import itertools
import pathlib
import random
import socket
import struct
import threading
from typing import NamedTuple

from lan import address_of

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "probes"
GARBAGE = random.Random(20260101).randbytes(4096)
OTHER = 0x0901  # the number of the second address of Played
BIGGEST_DATAGRAM = 65507  # 65535 less the headers of IPv4 and UDP


def fixture(name):
    return (FIXTURES / name).read_bytes()


# Over TCP: a coroutine for each connection; the connection is closed when it returns.


async def silent(reader, writer):
    await reader.read()


async def reset(_, writer):
    """The connection is made, and gone with an RST: once the other end has been told of it."""
    await asyncio.sleep(0.1)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def close(*_):
    pass


async def close_after_request(reader, _):
    await reader.read(1)


async def reset_after_request(reader, writer):
    await reader.read(1)
    await reset(reader, writer)


async def slow(_, writer):
    """One byte a second of a banner that begins well and never ends its line."""
    for byte in itertools.chain(b"220 mail.example.test ", itertools.repeat(ord("x"))):
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(1)


async def garbage(_, writer):
    writer.write(GARBAGE)
    await writer.drain()


async def endless(_, writer):
    while True:
        writer.write(GARBAGE)
        await writer.drain()


async def endless_lines(_, writer):
    """A greeting that goes on: FTP and SMTP allow any number of such lines."""
    while True:
        writer.write(b"220-and more\r\n" * 300)
        await writer.drain()


def says(data, then_wait=True):
    async def say(reader, writer):
        writer.write(data)
        await writer.drain()
        if then_wait:
            await reader.read()

    return say


def answers(data, then_wait=True):
    """Says it after the first bytes of a request."""

    async def answer(reader, writer):
        await reader.read(1)
        await says(data, then_wait)(reader, writer)

    return answer


def half(name, then_wait=True):
    """Half of a real server's answer."""

    async def answer(reader, writer):
        data = fixture(name)
        await answers(data[: len(data) // 2], then_wait)(reader, writer)

    return answer


async def old_dns(reader, writer):
    """The id is one that nobody has sent."""
    await answers(fixture("dns-bind-tcp.bin"))(reader, writer)


# A message whose length is 2^63, and one with length bytes without end.
BER_TOO_LONG = b"\x30\x88\x80" + bytes(7) + b"\x02\x01\x01"
BER_LENGTH_OF_LENGTH = b"\x30\xff" + b"\xff" * 127
# Fragments of an answer that say of none that it is the last.
RPC_FRAGMENT = b"\5\0\2\0\x10\0\0\0" + struct.pack("<HHI", 1048, 0, 2) + bytes(8) + bytes(1024)


async def rpc_endless(reader, writer):
    await reader.read(1)
    writer.write(fixture("rpc-samba-bind-ack.bin"))
    while True:
        writer.write(RPC_FRAGMENT)
        await writer.drain()


async def http_endless_header(reader, writer):
    await reader.read(1)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 200)
        await writer.drain()


async def who(_, writer):
    """From where it was asked: a banner that says address and port."""
    address, port = writer.get_extra_info("peername")[:2]
    writer.write(f"220 {address.removeprefix('::ffff:')} {port}\r\n".encode())
    await writer.drain()


def starts_tls(behind, then=b""):
    """SMTP that lets TLS begin, says what is `behind` that in plain, and has no TLS."""

    async def play(reader, writer):
        writer.write(b"220 played\r\n")
        await reader.readline()
        writer.write(b"250-played\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n" + behind)
        if then:
            await reader.read(1)
            writer.write(then)
        await writer.drain()
        await reader.read()

    return play


TCP = {
    "silent": (7001, silent),
    "reset": (7002, reset),
    "close": (7003, close),
    "close-after-request": (7004, close_after_request),
    "reset-after-request": (7005, reset_after_request),
    "slow": (7006, slow),
    "garbage": (7007, garbage),
    "endless": (7008, endless),
    "endless-lines": (7009, endless_lines),
    "long-line": (7010, says(b"220 " + b"x" * 100000 + b"\r\n")),
    "half-ldap": (7011, half("ldap-samba-rootdse.bin")),
    "half-ldap-close": (7012, half("ldap-samba-rootdse.bin", then_wait=False)),
    "half-rpc": (7013, half("rpc-samba-bind-ack.bin")),
    "half-smb2": (7014, half("smb2-samba-0302.bin")),
    "half-http": (7015, half("http-nginx-200.bin")),
    "half-dns": (7016, half("dns-bind-tcp.bin")),
    "ber-too-long": (7017, answers(BER_TOO_LONG)),
    "ber-length": (7018, answers(BER_LENGTH_OF_LENGTH)),
    "frame-too-long": (7019, answers(b"\xff" * 16)),
    "rpc-endless": (7020, rpc_endless),
    "http-endless": (7021, http_endless_header),
    "old-dns": (7022, old_dns),
    "zero": (7023, answers(bytes(4096))),
    "who": (7024, who),
    "starttls-slipped-in": (7025, starts_tls(b"250 SLIPPED IN\r\n")),
    "starttls-no-tls": (7026, starts_tls(b"", b"500 what\r\n")),
    "starttls-silent": (7027, starts_tls(b"")),
}


# Over UDP: a function of the host, what came and from whom; it sends what it wants.


def nothing(*_):
    pass


def sends(data):
    return lambda _played, _request, reply: reply(data)


def replays(name):
    """A real server's answer, to another request than that which came."""
    return lambda _played, _request, reply: reply(fixture(name))


def echo(_played, request, reply):
    """What we said ourselves is no answer, whatever the id says."""
    reply(request)


def dns_answer(request, more=b""):
    """No error, with whatever an answer's resource records may be."""
    head = request[:2] + struct.pack(">5H", 0x8180, 1, 1 if more else 0, 0, 0)
    return head + request[12:] + more


def right(_played, request, reply):
    reply(dns_answer(request))


def wrong_id(_played, request, reply):
    reply(bytes([request[0] ^ 0xFF, request[1] ^ 0xFF]) + dns_answer(request)[2:])


def wrong_first(played, request, reply):
    """The right one must still be taken."""
    wrong_id(played, request, reply)
    reply(dns_answer(request))


def lost_first(played, request, reply):
    """Only the second of the same questions is answered."""
    if request in played.heard:
        reply(dns_answer(request))
    played.heard.add(request)


def from_another_address(played, request, reply):
    """Over IPv4 only."""
    reply(dns_answer(request), address=played.host.addresses[1])


def from_another_port(_played, request, reply):
    reply(dns_answer(request), port=0)


def name_loop(_played, request, reply):
    """The owner of the record is a pointer to itself (RFC 1035 section 4.1.4)."""
    here = len(request)
    record = struct.pack(">H", 0xC000 | here) + struct.pack(">HHIH4s", 1, 1, 60, 4, bytes(4))
    reply(dns_answer(request, record))


def name_past_end(_played, request, reply):
    reply(dns_answer(request, b"\xff\xff" + bytes(2)))


def many(played, request, reply):
    """Ten wrong answers for each question."""
    for _ in range(10):
        wrong_id(played, request, reply)


SQL_INSTANCES = (
    "ServerName;DBHOST;InstanceName;MSSQLSERVER;IsClustered;No;Version;15.0.2000.5;"
    "tcp;1433;np;\\\\DBHOST\\pipe\\sql\\query;;"
    "ServerName;DBHOST;InstanceName;REPORTS;IsClustered;Yes;Version;16.0.1000.6;tcp;50123;;"
)


def sql_browser(_played, request, reply):
    """MC-SQLR section 2.2.5: CLNT_UCAST_EX and CLNT_BCAST_EX for all, CLNT_UCAST_INST for one."""
    text = SQL_INSTANCES
    if request[:1] == b"\x04":
        name = request[1:].split(b"\0")[0].decode().upper()
        found = [part + ";;" for part in text.split(";;") if f"InstanceName;{name};" in part]
        if not found:
            return
        text = found[0]
    elif request not in (b"\x02", b"\x03"):
        return
    data = text.encode()
    reply(b"\x05" + struct.pack("<H", len(data)) + data)


def proxy(_played, request, reply):
    """The hello of a WinSock proxy, with the port of its control channel."""
    if request[24:28] != b"RWSP" or request[36] != 5:
        return
    answer = bytearray(220)
    answer[0:4] = request[0:4]
    answer[8:12] = struct.pack("<I", 0x5678)
    answer[24:28] = b"RWSP"
    answer[36:38] = b"\x10\x00"
    answer[98:100] = struct.pack(">H", 1745)
    answer[100:104] = socket.inet_aton("10.77.0.1")
    reply(bytes(answer))


def ntp_kiss(_played, request, reply):
    """A kiss code (RFC 5905 section 7.4): asked too often."""
    if len(request) < 48:
        return
    reply(bytes([0xE4, 0, 6, 0xE8]) + bytes(8) + b"RATE" + bytes(8) + request[40:48] + bytes(16))


UDP = {
    "silent": (7001, nothing),
    "right-dns": (7002, right),
    "echo": (7003, echo),
    "wrong-id": (7004, wrong_id),
    "wrong-first": (7005, wrong_first),
    "other-address": (7006, from_another_address),
    "other-port": (7007, from_another_port),
    "empty": (7008, sends(b"")),
    "one-byte": (7009, sends(b"\0")),
    "biggest": (7010, sends((GARBAGE * 16)[:BIGGEST_DATAGRAM])),
    "garbage": (7011, sends(GARBAGE[:512])),
    "many-wrong": (7012, many),
    "name-loop": (7013, name_loop),
    "name-past-end": (7014, name_past_end),
    "ber-too-long": (7015, sends(BER_TOO_LONG)),
    "old-ntp": (7016, replays("ntp-chrony.bin")),
    "old-snmp": (7017, replays("snmp-netsnmp-v1.bin")),
    "old-ike": (7018, replays("ike-charon-v2-sa.bin")),
    "lost-first": (7019, lost_first),
    "ntp-kiss": (123, ntp_kiss),
    "sql-browser": (1434, sql_browser),
    "proxy": (1745, proxy),
}


class Played:
    """All of TCP and UDP, in one thread on one host with two addresses."""

    name = "played"

    def __init__(self, lan):
        self.lan = lan
        self.host = lan.host(self.name, more=[OTHER])
        self.address = self.host.address
        self.address6 = self.host.address6
        self.ports = {name: ("udp", row[0]) for name, row in UDP.items()}
        self.tcp_ports = {name: row[0] for name, row in TCP.items()}
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._went_wrong)
        self.errors = []
        self.heard = set()  # what `lost-first` got
        self.accepted = 0  # connections in all, and at once at most
        self.open_now = 0
        self.most_open = 0
        with self.host.inside():
            listeners = [(self._listener(port), act) for port, act in TCP.values()]
            receivers = [
                (self._receiver(address, port), act)
                for port, act in UDP.values()
                for address in (self.address, self.address6)
            ]
        self.receivers = [receiver for receiver, _ in receivers]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.loop.run_until_complete(self._open(listeners, receivers))
        self.thread.start()

    def port(self, name):
        """Of TCP; self.ports has those of UDP."""
        return self.tcp_ports[name]

    @staticmethod
    def _listener(port):
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", port))
        listener.listen(128)
        return listener

    @staticmethod
    def _receiver(address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        receiver.setblocking(False)
        receiver.bind((address, port))
        return receiver

    def other_socket(self, address, port):
        """A socket at another of the host's addresses, or at another port."""
        with self.host.inside():
            return self._receiver(address, port)

    async def _open(self, listeners, receivers):
        for listener, act in listeners:
            await asyncio.start_server(self._handler(act), sock=listener)
        for receiver, act in receivers:
            self.loop.add_reader(receiver, self._receive, receiver, act)

    def _receive(self, receiver, act):
        request, sender = receiver.recvfrom(65536)

        def reply(answer, address=None, port=None):
            if address is None and port is None:
                receiver.sendto(answer, sender)
                return
            mine = receiver.getsockname()
            with self.other_socket(address or mine[0], mine[1] if port is None else port) as other:
                other.sendto(answer, sender)

        act(self, request, reply)

    def _handler(self, act):
        async def handle(reader, writer):
            self.accepted += 1
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
            try:
                await act(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                self.open_now -= 1
                writer.close()

        return handle

    def _went_wrong(self, _, context):
        self.errors.append(context)

    @staticmethod
    async def _end_connections():
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self):
        self.loop.run_forever()
        for receiver in self.receivers:
            self.loop.remove_reader(receiver)
            receiver.close()
        self.loop.run_until_complete(self._end_connections())
        self.loop.close()

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(30)
        self.host.close()
        assert not self.errors, self.errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Filter(NamedTuple):
    """What happens to a port of Filtered, over TCP and UDP: the ICMP that the client gets."""

    port: int
    rule: str
    icmp: tuple = None  # (type, code), of ICMP; None: no ICMP comes
    icmp6: tuple = None


FILTERS = {
    "drop": Filter(8001, "drop"),
    "tcp-reset": Filter(8002, "meta l4proto tcp reject with tcp reset"),
    "net-unreachable": Filter(8003, "reject with icmp net-unreachable", (3, 0)),
    "host-unreachable": Filter(8004, "reject with icmp host-unreachable", (3, 1)),
    "protocol-unreachable": Filter(8005, "reject with icmp prot-unreachable", (3, 2)),
    "port-unreachable": Filter(8006, "reject with icmp port-unreachable", (3, 3)),
    "net-prohibited": Filter(8007, "reject with icmp net-prohibited", (3, 9)),
    "host-prohibited": Filter(8008, "reject with icmp host-prohibited", (3, 10)),
    "admin-prohibited": Filter(8009, "reject with icmp admin-prohibited", (3, 13)),
    "no-route6": Filter(8010, "reject with icmpv6 no-route", None, (1, 0)),
    "admin-prohibited6": Filter(8011, "reject with icmpv6 admin-prohibited", None, (1, 1)),
    "address-unreachable6": Filter(8012, "reject with icmpv6 addr-unreachable", None, (1, 3)),
    "port-unreachable6": Filter(8013, "reject with icmpv6 port-unreachable", None, (1, 4)),
}
# The first SYN of a connection is lost, and the second one refused.
LATE_RESET = 8020
SYN_SET = "set seen { type inet_service; flags dynamic, timeout; timeout 1m; size 65535; }"
SYN_RULES = """tcp dport 8020 tcp sport @seen reject with tcp reset
tcp dport 8020 add @seen { tcp sport } drop"""
DROPPED_RANGE = (20000, 29999)  # many ports that drop, for sweeps


class Filtered:
    """FILTERS; every other port is closed, and DROPPED_RANGE is dropped."""

    name = "filtered"

    def __init__(self, lan):
        self.lan = lan
        self.host = lan.host(self.name)
        self.address = self.host.address
        self.address6 = self.host.address6
        families = {True: "meta nfproto ipv4 ", False: "meta nfproto ipv6 "}
        lines = []
        for row in FILTERS.values():
            family = ""
            if row.icmp or row.icmp6:
                family = families[row.icmp is not None]
            lines.append(f"{family}meta l4proto {{ tcp, udp }} th dport {row.port} {row.rule}")
        lines.append("meta l4proto { tcp, udp } th dport %d-%d drop" % DROPPED_RANGE)
        lines.append(SYN_RULES)
        self.host.filter("\n".join(lines), sets=SYN_SET)

    def port(self, name):
        return FILTERS[name].port

    def stop(self):
        self.host.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Crowd:
    """
    254 hosts, as far as a sweep can tell: 10.77.16.1 to .254. Those with an even last part refuse
    every connection; the others take what comes and say nothing.
    """

    name = "crowd"
    NETWORK = 0x1000
    PREFIX = "10.77.16.0/24"

    def __init__(self, lan):
        self.lan = lan
        numbers = range(self.NETWORK + 1, self.NETWORK + 255)
        self.host = lan.host(self.name, more=numbers)
        self.address = self.host.address
        self.address6 = self.host.address6
        self.refusing = [address_of(number) for number in numbers if number % 2 == 0]
        self.silent = [address_of(number) for number in numbers if number % 2 == 1]
        listed = ", ".join(self.silent)
        self.host.filter(f"meta l4proto {{ tcp, udp, icmp }} ip daddr {{ {listed} }} drop")

    def stop(self):
        self.host.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
