# SPDX-License-Identifier: MIT
"""
Plays the other side of the samples in Microsoft's articles about PortQry (KB 832919), each at its
own port of all addresses. Prints "ready", then waits. Over UDP each waits for the query in its
protocol, and is silent to all else.
"""

import pathlib
import socket
import struct
import threading
import uuid

from played_servers import proxy

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "probes"

ROOT_DSE = (
    ("currentTime", "20031215102450.0Z"),
    ("subschemaSubentry", "CN=Aggregate,CN=Schema,CN=Configuration,DC=domain,DC=example,DC=com"),
    ("dsServiceName", "CN=NTDS Settings,CN=myserver,CN=Servers,CN=Default-First-Site-Name,CN=Sites,"
     "CN=Configuration,DC=domain,DC=example,DC=com"),
    ("namingContexts", "DC=domain,DC=example,DC=com", "CN=Configuration,DC=domain,DC=example,DC=com"),
    ("defaultNamingContext", "DC=domain,DC=example,DC=com"),
    ("schemaNamingContext", "CN=Schema,CN=Configuration,DC=domain,DC=example,DC=com"),
    ("configurationNamingContext", "CN=Configuration,DC=domain,DC=example,DC=com"),
    ("rootDomainNamingContext", "DC=domain,DC=example,DC=com"),
    ("supportedControl", "1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801"),
    ("supportedLDAPVersion", "3", "2"),
    ("supportedLDAPPolicies", "MaxPoolThreads", "MaxDatagramRecv"),
    ("highestCommittedUSN", "4259431"),
    ("supportedSASLMechanisms", "GSSAPI", "GSS-SPNEGO"),
    ("dnsHostName", "myserver.domain.example.com"),
    ("ldapServiceName", "domain.example.com:myserver$@domain.EXAMPLE.COM"),
    ("serverName", "CN=myserver,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,"
     "DC=domain,DC=example,DC=com"),
    ("supportedCapabilities", "1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670"),
    ("isSynchronized", "TRUE"),
    ("isGlobalCatalogReady", "TRUE"),
    ("domainFunctionality", "0"),
    ("forestFunctionality", "0"),
    ("domainControllerFunctionality", "2"),
)

ENDPOINTS = (
    ("50abc2a4-574d-40b3-9d66-ee4fd5fba076", "", "ncacn_ip_tcp", "169.254.12.191", 4144),
    ("ecec0d70-a603-11d0-96b1-00a0c91ece30", "NTDS Backup Interface", "ncacn_np", "\\\\MYSERVER",
     "\\PIPE\\lsass"),
    ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", "MS NT Directory DRS Interface", "ncacn_ip_tcp",
     "169.254.12.191", 1030),
    ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", "MS NT Directory DRS Interface", "ncadg_ip_udp",
     "169.254.12.191", 1032),
    ("12345678-1234-abcd-ef00-01234567cffb", "", "ncacn_np", "\\\\MYSERVER", "\\PIPE\\lsass"),
    ("12345678-1234-abcd-ef00-01234567cffb", "", "ncacn_np", "\\\\MYSERVER", "\\PIPE\\POLICYAGENT"),
)


def ber(tag, body):
    size = len(body)
    head = bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + head + body


def ldap(request):
    """The entry and the end of the search, in one reply (MS-ADTS section 3.1.1.3.1.11)."""
    if request[:1] != b"\x30":
        return None
    entry = b""
    for name, *values in ROOT_DSE:
        found = b"".join(ber(4, value.encode()) for value in values)
        entry += ber(0x30, ber(4, name.encode()) + ber(0x31, found))
    return (
        ber(0x30, ber(2, b"\x01") + ber(0x64, ber(4, b"") + ber(0x30, entry)))
        + ber(0x30, ber(2, b"\x01") + ber(0x65, ber(10, b"\0") + ber(4, b"") + ber(4, b"")))
    )


def floor(left, right):
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def tower(interface, protocol, address, endpoint):
    """C706 appendix I: five floors, or of a pipe likewise."""
    is_pipe = protocol == "ncacn_np"
    kinds = {"ncacn_ip_tcp": (0x0B, 7, 9), "ncadg_ip_udp": (0x0A, 8, 9), "ncacn_np": (0x0B, 15, 17)}
    rpc, transport, network = kinds[protocol]
    ndr = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
    floors = [
        floor(b"\x0d" + uuid.UUID(interface).bytes_le + struct.pack("<H", 1), struct.pack("<H", 0)),
        floor(b"\x0d" + ndr.bytes_le + struct.pack("<H", 2), struct.pack("<H", 0)),
        floor(bytes([rpc]), struct.pack("<H", 0)),
        floor(bytes([transport]), endpoint.encode() + b"\0" if is_pipe
              else struct.pack(">H", endpoint)),
        floor(bytes([network]), address.encode() + b"\0" if is_pipe
              else socket.inet_aton(address)),
    ]
    return struct.pack("<H", len(floors)) + b"".join(floors)


def padded(data):
    return data + bytes(-len(data) % 4)


def lookup_reply(is_first):
    """What ept_lookup returns (C706 appendix O): all at once, and then the end."""
    entries = ENDPOINTS if is_first else ()
    stub = bytes(4) + uuid.UUID(int=7).bytes_le if is_first else bytes(20)
    stub += struct.pack("<IIII", len(entries), 500, 0, len(entries))
    for i, (_, annotation, *_) in enumerate(entries):
        words = annotation.encode() + b"\0"
        stub += bytes(16) + struct.pack("<III", i + 1, 0, len(words)) + words
        stub = padded(stub)
    for interface, _, protocol, address, endpoint in entries:
        made = tower(interface, protocol, address, endpoint)
        stub = padded(stub) + struct.pack("<II", len(made), len(made)) + made
    return padded(stub) + struct.pack("<I", 0 if is_first else 0x16C9A0D6)


def rpc(request):
    """A response to a request over datagrams (C706 section 12.5)."""
    if len(request) < 80 or request[:2] != b"\x04\x00":
        return None
    handle = request[-24:-4]  # the number of entries that are wanted stands behind it
    stub = lookup_reply(handle == bytes(20))
    head = bytearray(request[:80])
    head[1] = 2
    head[2] = 0x02 | 0x08  # the last fragment, and nobody has to say that it came
    head[74:76] = struct.pack("<H", len(stub))
    return bytes(head) + stub


def sql(request):
    if request != b"\x03":
        return None
    text = (
        b"ServerName;SQL-Server1;InstanceName;MSSQLSERVER;IsClustered;No;Version;8.00.194;"
        b"tcp;1433;np;\\SQL-Server1\\pipe\\sql\\query;;"
    )
    return b"\x05" + struct.pack("<H", len(text)) + text


def snmp(request):
    """The same with another tag: values are NULL. Another community is met with silence."""
    at = request.find(b"secure123")
    if at < 0:
        return None
    at += len(b"secure123")
    return request[:at] + b"\xa2" + request[at + 1:]


def netbios(request):
    return request[:2] + (FIXTURES / "netbios-samba-status.bin").read_bytes()[2:] \
        if len(request) == 50 else None


def isa(request):
    found = []
    if len(request) > 40:
        proxy(None, request, found.append)
    return found[0] if found else None


def avp(kind, value):
    return struct.pack(">HHHH", 0x8008, 0, kind, value)


def l2tp(request):
    """SCCRP to SCCRQ (RFC 2661 section 6): the tunnel's number is in the AVP 9."""
    at = request.find(b"\x80\x08\0\0\0\x09")
    if request[12:20] != avp(0, 1) or at < 0:
        return None
    body = avp(0, 2) + avp(2, 0x0100) + avp(9, 4711)
    (ours,) = struct.unpack_from(">H", request, at + 6)
    return struct.pack(">HHHHHH", 0xC802, 12 + len(body), ours, 0, 0, 1) + body


def tftp(request):
    return b"\0\x05\0\x01File not found\0" if request[:2] == b"\0\x01" else None


def dns(request):
    """FORMERR to what is no query, as Microsoft's server says to PortQry's first datagram."""
    return (request[:2] + b"\0\0")[:2] + b"\x80\x01" + bytes(8)


UDP = {53: dns, 69: tftp, 135: rpc, 137: netbios, 161: snmp, 389: ldap, 1434: sql, 1701: l2tp,
       1745: isa, 7: lambda request: None}

TCP = {
    21: (b"220 Microsoft FTP Service\r\n",
         b"331 Anonymous access allowed, send identity (e-mail name) as password.\r\n"),
    25: (b"220 MyMailServer.domain.example.com Microsoft ESMTP MAIL Service, Version: 6.0.3790.0 "
         b"ready at Mon, 15 Dec 2003 10:24:50 -0800\r\n", b"250 hello\r\n"),
    443: (b"",),
    389: (b"",),
}


def answer(there, reply, from_another_port):
    while True:
        said, who = there.recvfrom(65535)
        made = reply(said)
        if made is not None:
            place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if from_another_port else there
            if from_another_port:
                place.bind((who[0], 0))
            place.sendto(made, who)


def talk(connection, port):
    greeting, *replies = TCP[port]
    try:
        connection.sendall(greeting)
        while said := connection.recv(65536):
            if port == 389 and b"objectClass" in said:
                connection.sendall(ldap(said))
            elif replies:
                connection.sendall(replies.pop(0))
    except OSError:
        pass
    connection.close()


def serve(there, port):
    while True:
        connection, _ = there.accept()
        threading.Thread(target=talk, args=(connection, port), daemon=True).start()


def main():
    for port, reply in UDP.items():
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        there.bind(("0.0.0.0", port))
        threading.Thread(target=answer, args=(there, reply, port == 69), daemon=True).start()
    for port in TCP:
        there = socket.socket()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        there.bind(("0.0.0.0", port))
        there.listen(16)
        threading.Thread(target=serve, args=(there, port), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
