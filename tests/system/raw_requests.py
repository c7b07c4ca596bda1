# SPDX-License-Identifier: MIT
"""
Requests of the probe protocols as bytes, written from the specifications and from nothing of
portledger's: what servers answer to them are the fixtures in tests/fixtures/probes, and shows
that a server of the tests works before a probe of ours is blamed.

Whatever a client may choose is always the same here, so that a fixture says to what it is
the answer: ids are 0x1234, cookies and random bytes are the ones below.
"""

import hmac
import struct
import uuid

ID = 0x1234
NONCE = bytes(range(0x40, 0x80))
RANDOM = struct.pack(">H", ID) + bytes(range(1, 63))  # what a client makes up
COOKIE = bytes.fromhex("0102030405060708")  # IKE's initiator SPI, NTP's transmit time
ENDPOINT_MAPPER = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")


# BER, as far as LDAP, SNMP and Kerberos need it (X.690 section 8).


def tlv(tag, *values):
    value = b"".join(values)
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value


def integer(value, tag=0x02):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


# DNS (RFC 1035 section 4) and NetBIOS node status (RFC 1002 section 4.2.17).


def dns(name, kind=1, recursion=True, kind_class=1):
    labels = b"".join(bytes([len(word)]) + word.encode() for word in name.split(".") if word)
    header = struct.pack(">6H", ID, 0x0100 if recursion else 0, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack(">2H", kind, kind_class)


def framed16(message):
    """DNS over TCP (RFC 1035 section 4.2.2)."""
    return struct.pack(">H", len(message)) + message


def framed32(message):
    """Kerberos over TCP (RFC 4120 section 7.2.2); SMB over TCP has the same form."""
    return struct.pack(">I", len(message)) + message


def node_status():
    name = b"\x20" + b"CK" + b"A" * 30 + b"\0"
    return struct.pack(">6H", ID, 0, 1, 0, 0, 0) + name + struct.pack(">2H", 0x21, 1)


# LDAP (RFC 4511 section 4.5.1) and CLDAP (MS-ADTS section 3.1.1.3.1.11).


def root_dse(*attributes):
    wanted = tlv(0x30, *(tlv(0x04, attribute.encode()) for attribute in attributes))
    search = tlv(
        0x63,
        tlv(0x04, b""),
        integer(0, 0x0A),
        integer(0, 0x0A),
        integer(0),
        integer(0),
        tlv(0x01, b"\0"),
        tlv(0x87, b"objectClass"),
        wanted,
    )
    return tlv(0x30, integer(1), search)


def netlogon(domain):
    """The ping that finds a domain controller (MS-ADTS section 6.3.3)."""
    conditions = tlv(
        0xA0,
        tlv(0xA3, tlv(0x04, b"DnsDomain"), tlv(0x04, domain.encode())),
        tlv(0xA3, tlv(0x04, b"NtVer"), tlv(0x04, struct.pack("<I", 6))),
    )
    search = tlv(
        0x63,
        tlv(0x04, b""),
        integer(0, 0x0A),
        integer(0, 0x0A),
        integer(0),
        integer(0),
        tlv(0x01, b"\0"),
        conditions,
        tlv(0x30, tlv(0x04, b"Netlogon")),
    )
    return tlv(0x30, integer(1), search)


# SNMP (RFC 1157, 1901, 3416; the discovery of version 3 is RFC 3414 section 4).

SYS_DESCR = 1
SYSTEM = (1, 2, 3, 4, 5, 6)  # description, object id, uptime, contact, name, location


def snmp(version, community, variables=(SYS_DESCR,)):
    """`version` is 0 for SNMPv1, 1 for SNMPv2c; `variables` of the group 1.3.6.1.2.1.1."""
    names = [tlv(0x06, bytes.fromhex("2b0601020101") + bytes([n, 0])) for n in variables]
    wanted = tlv(0x30, *(tlv(0x30, name, tlv(0x05)) for name in names))
    pdu = tlv(0xA0, integer(ID), integer(0), integer(0), wanted)
    return tlv(0x30, integer(version), tlv(0x04, community.encode()), pdu)


def snmp3_discovery():
    header = tlv(0x30, integer(ID), integer(65507), tlv(0x04, b"\x04"), integer(3))
    empty = tlv(0x04)
    security = tlv(0x04, tlv(0x30, empty, integer(0), integer(0), empty, empty, empty))
    pdu = tlv(0xA0, integer(ID), integer(0), integer(0), tlv(0x30))
    return tlv(0x30, integer(3), header, security, tlv(0x30, empty, empty, pdu))


# The endpoint mapper of RPC (C706 chapter 12 and appendix O, MS-RPCE section 2.2.1.2.4).

NO_HANDLE = bytes(20)
EPT_NO_MORE = 0x16C9A0D6


def _connection_pdu(kind, body, call):
    head = struct.pack("<BBBB4sHHI", 5, 0, kind, 3, b"\x10\0\0\0", 16 + len(body), 0, call)
    return head + body


def rpc_bind(interface=ENDPOINT_MAPPER, version=3):
    body = struct.pack("<HHIBBHHBB", 5840, 5840, 0, 1, 0, 0, 0, 1, 0)
    body += interface.bytes_le + struct.pack("<HH", version, 0)
    return _connection_pdu(11, body + NDR.bytes_le + struct.pack("<I", 2), 1)


def _lookup(handle, entries):
    return struct.pack("<IIII", 0, 0, 0, 1) + handle + struct.pack("<I", entries)


def rpc_lookup(handle=NO_HANDLE, entries=500, call=2):
    stub = _lookup(handle, entries)
    return _connection_pdu(0, struct.pack("<IHH", len(stub), 0, 2) + stub, call)


# SQL Server Browser (MC-SQLR section 2.2), TFTP (RFC 1350), L2TP (RFC 2661 section 6.1).

SQL_BROWSER_ALL = b"\x03"
TFTP_READ = b"\0\1" + b"portledger-probe\0" + b"octet\0"
TUNNEL = 0x1234


def _avp(kind, value):
    return struct.pack(">HHH", 0x8000 | (6 + len(value)), 0, kind) + value


def _l2tp(tunnel, sent, received, avps):
    return struct.pack(">HHHHHH", 0xC802, 12 + len(avps), tunnel, 0, sent, received) + avps


def l2tp_start():
    avps = _avp(0, b"\0\1") + _avp(2, b"\1\0") + _avp(3, struct.pack(">I", 3))
    avps += _avp(7, b"probe") + _avp(9, struct.pack(">H", TUNNEL)) + _avp(10, b"\0\4")
    return _l2tp(0, 0, 0, avps)


def l2tp_stop(tunnel):
    avps = _avp(0, b"\0\4") + _avp(9, struct.pack(">H", TUNNEL)) + _avp(1, b"\0\1")
    return _l2tp(tunnel, 1, 1, avps)


# WinSock proxy: no public specification; the layout is what free clients document.


def proxy_hello():
    message = bytearray(220)
    message[0:4] = struct.pack("<I", ID)
    message[24:28] = b"RWSP"
    message[36:38] = b"\x05\x00"
    return bytes(message) + b"user\0\0app.exe\0HOST\0"


# IKEv2 (RFC 7296 section 3) and IKEv1 main mode (RFC 2408 section 3, RFC 2409 section 5).


def _transform(last, kind, number, attributes=b""):
    return (
        struct.pack(">BBHBBH", 0 if last else 3, 0, 8 + len(attributes), kind, 0, number)
        + attributes
    )


def ikev2(cookie=COOKIE, group=14):
    """
    AES-256 in CBC, HMAC-SHA2-256 and the Diffie-Hellman group `group`, MODP-2048 as a rule. A
    cookie that a server has seen already is a repetition to it, not a new request.
    """
    transforms = _transform(False, 1, 12, struct.pack(">HH", 0x800E, 256))
    transforms += _transform(False, 2, 5) + _transform(False, 3, 12) + _transform(True, 4, group)
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 4) + transforms
    association = struct.pack(">BBH", 34, 0, 4 + len(proposal)) + proposal
    exchange = struct.pack(">BBHHH", 40, 0, 8 + 256, group, 0) + NONCE * 4
    nonce = struct.pack(">BBH", 0, 0, 4 + 32) + NONCE[:32]
    payloads = association + exchange + nonce
    head = cookie + bytes(8) + struct.pack(">BBBBII", 33, 0x20, 34, 8, 0, 28 + len(payloads))
    return head + payloads


def ikev1(cookie=COOKIE):
    attributes = ((1, 7), (14, 256), (2, 4), (3, 1), (4, 14), (11, 1), (12, 28800))
    packed = b"".join(struct.pack(">HH", 0x8000 | kind, value) for kind, value in attributes)
    transform = struct.pack(">BBHBBH", 0, 0, 8 + len(packed), 1, 1, 0) + packed
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transform), 1, 1, 0, 1) + transform
    association = struct.pack(">BBHII", 0, 0, 12 + len(proposal), 1, 1) + proposal
    head = cookie + bytes(8) + struct.pack(">BBBBII", 1, 0x10, 2, 0, 0, 28 + len(association))
    return head + association


# NTP (RFC 5905 section 7.3).


def ntp():
    return bytes([0x23]) + bytes(39) + COOKIE


# SIP (RFC 3261 section 11).


def sip_options(host, transport):
    address = f"[{host}]" if ":" in host else host
    return (
        f"OPTIONS sip:{address} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} portledger.invalid;branch=z9hG4bK{RANDOM[:8].hex()};rport\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <sip:portledger@portledger.invalid>;tag={RANDOM[8:12].hex()}\r\n"
        f"To: <sip:{address}>\r\n"
        f"Call-ID: {RANDOM[:8].hex()}@portledger.invalid\r\n"
        f"CSeq: 1 OPTIONS\r\n"
        f"Contact: <sip:portledger@portledger.invalid>\r\n"
        f"Accept: application/sdp\r\n"
        f"Content-Length: 0\r\n\r\n"
    ).encode()


# STUN (RFC 8489 section 5): a binding request.


def stun():
    return struct.pack(">HHI", 1, 0, 0x2112A442) + RANDOM[:12]


# mDNS (RFC 6762 section 6.7, RFC 6763 sections 4 and 9): which kinds of services there are and
# the name of an address; then the services of these kinds.


def _pointers(number, *names):
    questions = b""
    for name in names:
        labels = b"".join(bytes([len(word)]) + word.encode() for word in name.split("."))
        questions += labels + b"\0" + struct.pack(">2H", 12, 0x8001)
    return struct.pack(">6H", number, 0, len(names), 0, 0, 0) + questions


def mdns(address):
    back = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    return _pointers(ID, "_services._dns-sd._udp.local", back)


def mdns_services(*kinds):
    return _pointers(0x0102, *(f"{kind}.local" for kind in kinds))


# memcached (its protocol.txt).

MEMCACHED_STATS = b"stats\r\n"


def memcached_datagram(command):
    return struct.pack(">HHHH", ID, 0, 1, 0) + command


# RADIUS (RFC 5997 section 3, RFC 3579 section 3.2).


def radius_status(secret):
    def packet(mac):
        attributes = bytes([80, 18]) + mac + bytes([32, 12]) + b"portledger"
        head = struct.pack(">BBH", 12, RANDOM[0], 20 + len(attributes))
        return head + RANDOM[:16] + attributes

    return packet(hmac.new(secret.encode(), packet(bytes(16)), "md5").digest())


# QUIC (RFC 8999 section 5.1, RFC 9000 section 15): a version that nobody speaks.


def quic():
    head = b"\xc0" + bytes.fromhex("1a2a3a4a") + b"\x08" + RANDOM[:8] + b"\x08" + RANDOM[8:16]
    return head + bytes(1200 - len(head))


# SMB2 (MS-SMB2 section 2.2.3), with contexts where 3.1.1 is among the dialects.

CLIENT_GUID = uuid.UUID("0b9b5c4e-6f0a-4c1e-8a55-00112233aabb")


def _context(kind, data):
    return struct.pack("<HHI", kind, len(data), 0) + data


def smb2(*dialects):
    head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ16s", 64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, bytes(16))
    listed = struct.pack(f"<{len(dialects)}H", *dialects)
    at, count, contexts = 0, 0, b""
    if 0x0311 in dialects:
        contexts = _context(1, struct.pack("<HHH", 1, 32, 1) + NONCE[:32]) + bytes(2)
        contexts += _context(2, struct.pack("<HHH", 2, 2, 1))
        at, count = (64 + 36 + len(listed) + 7) // 8 * 8, 2
        listed += bytes(at - 64 - 36 - len(listed))
    body = struct.pack(
        "<HHHHI16sIHH", 36, len(dialects), 1, 0, 0, CLIENT_GUID.bytes_le, at, count, 0
    )
    return framed32(head + body + listed + contexts)


SMB2_OLD = (0x0202, 0x0210, 0x0300, 0x0302)
SMB2_ALL = (*SMB2_OLD, 0x0311)


def smb1(*dialects):
    """MS-CIFS section 2.2.4.52.1; "SMB 2.???" invites a server to answer in SMB2."""
    listed = b"".join(b"\x02" + name.encode() + b"\0" for name in dialects)
    head = b"\xffSMB" + struct.pack(
        "<BIBH12sHHHH", 0x72, 0, 0x18, 0xC843, bytes(12), 0xFFFF, 1, 0, 1
    )
    return framed32(head + struct.pack("<BH", 0, len(listed)) + listed)


# RDP (MS-RDPBCGR section 2.2.1.1): TLS and CredSSP offered.


def rdp(protocols=3):
    return bytes.fromhex("0300 0013 0ee0 0000 0000 00 0100 0800") + struct.pack("<I", protocols)


# Kerberos (RFC 4120 section 5.4.1): a ticket for somebody who does not exist.


def kerberos(realm, client="portledger-probe"):
    def principal(kind, *names):
        words = tlv(0x30, *(tlv(0x1B, name.encode()) for name in names))
        return tlv(0x30, tlv(0xA0, integer(kind)), tlv(0xA1, words))

    body = tlv(
        0x30,
        tlv(0xA0, tlv(0x03, bytes(5))),
        tlv(0xA1, principal(1, client)),
        tlv(0xA2, tlv(0x1B, realm.encode())),
        tlv(0xA3, principal(2, "krbtgt", realm)),
        tlv(0xA5, tlv(0x18, b"20370913024805Z")),
        tlv(0xA7, integer(ID)),
        tlv(0xA8, tlv(0x30, integer(18), integer(17), integer(23))),
    )
    request = tlv(0x30, tlv(0xA1, integer(5)), tlv(0xA2, integer(10)), tlv(0xA4, body))
    return tlv(0x6A, request)


# LDAP's StartTLS (RFC 4511 section 4.14.1).


def ldap_start_tls():
    name = tlv(0x80, b"1.3.6.1.4.1.1466.20037")
    return tlv(0x30, integer(3), tlv(0x77, name))


# MySQL (its manual of internals, Protocol::HandshakeResponse41): a logon without a password.

MYSQL_LOGON = (
    struct.pack("<IIIB23x", 72 | 1 << 24, 1 | 1 << 9 | 1 << 15 | 1 << 19, 1 << 24, 8)
    + b"portledger-probe\0\0mysql_native_password\0"
)

# PostgreSQL (its manual, "Message Formats"): SSLRequest, and a startup message of no version.

POSTGRESQL_TLS = struct.pack(">IHH", 8, 1234, 5679)
POSTGRESQL_NO_VERSION = struct.pack(">IHHB", 9, 255, 255, 0)

# Redis (its protocol specification, RESP): arrays of bulk strings.

REDIS_PING = b"*1\r\n$4\r\nPING\r\n"
REDIS_INFO = b"*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"


# MQTT (version 3.1.1 section 3.1, version 5.0 section 3.1): a client without a name.


def mqtt_connect(version=4):
    properties = b"\0" if version == 5 else b""
    body = b"\0\4MQTT" + bytes([version, 2, 0, 10]) + properties + b"\0\0"
    return bytes([0x10, len(body)]) + body


# TLS (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2).

ECDHE_TLS12 = (0xC02B, 0xC02F, 0xC02C, 0xC030)  # with AES in GCM
RC4_ONLY = (0x0005,)


def _extension(kind, data):
    return struct.pack(">HH", kind, len(data)) + data


def client_hello(name, suites):
    """Of TLS 1.2, with the extensions without which servers choose no curve."""
    listed = struct.pack(f">{len(suites)}H", *suites)
    host = name.encode()
    extensions = _extension(0, struct.pack(">HBH", 3 + len(host), 0, len(host)) + host)
    extensions += _extension(10, struct.pack(">HHH", 4, 29, 23))
    extensions += _extension(11, b"\x01\0")
    extensions += _extension(13, struct.pack(">H3H", 6, 0x0403, 0x0401, 0x0804))
    body = b"\x03\x03" + NONCE[:32] + b"\0" + struct.pack(">H", len(listed)) + listed + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def http(host, path="/"):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


# WS-Management's Identify (DSP0226 section 11, MS-WSMV section 3.1.4.1.23).


def winrm(header=""):
    body = (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/><e:Body><i:Identify'
        ' xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></e:Body>'
        "</e:Envelope>"
    )
    return (
        f"POST /wsman HTTP/1.1\r\nHost: web\r\nContent-Type: application/soap+xml\r\n{header}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
