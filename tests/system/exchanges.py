# SPDX-License-Identifier: MIT
"""
What to send to which server (servers.py) and how its answer begins, with no code of
portledger's in between. tests/fixtures/capture.py keeps the answers; test_servers_linux.py
looks whether they come.
"""

import struct
from typing import Callable, NamedTuple, Union

import raw_requests as raw
from asking import TLS, ask_tcp, ask_udp_all
from servers import COMMUNITY, DOMAIN, REALM
from servers_udp import RADIUS_SECRET


class Exchange(NamedTuple):
    """
    Over UDP each of `requests` has one datagram as its answer, or as many as `datagrams` says, and
    may be a function of the server's address. Over TCP a request is sent when the
    answer to the one before is there: b"" waits for what a server says of its own accord, and
    a function makes the request of the last answer, or ends it with None. `fixture`.bin has all
    that came; with `each`, `fixture`.1.bin is the answer to the first, and so on; where TLS stands
    among them, .1 is what came before it, and .2 what came inside. `check` is how an answer begins,
    or what has to be true of it.
    """

    fixture: str
    server: str
    port: str
    requests: tuple
    check: Union[bytes, Callable]
    each: bool = False
    source: int = 0  # the client's port; 0 for any
    datagrams: int = 1


def ask(lan, server, exchange):
    """[fixture's name, bytes] of each answer that the exchange is about."""
    protocol, port = server.ports[exchange.port]
    if protocol == "udp":
        replies = []
        for request in exchange.requests:
            made = request(server.address) if callable(request) else request
            replies += ask_udp_all(
                lan, server.address, port, made, exchange.datagrams, exchange.source
            )
    else:
        replies = ask_tcp(lan, server.address, port, exchange.requests)
        if TLS in exchange.requests:
            inside = exchange.requests.index(TLS)
            replies = [b"".join(part) for part in (replies[:inside], replies[inside:]) if part]
        elif not exchange.each:
            replies = [b"".join(replies)]
    name = exchange.fixture
    if len(replies) == 1:
        return [(f"{name}.bin", replies[0])]
    return [(f"{name}.{i}.bin", reply) for i, reply in enumerate(replies, 1)]


def right(exchange, reply):
    if callable(exchange.check):
        return exchange.check(reply)
    return reply.startswith(exchange.check)


# How answers begin.


def dns_code(code, kind="udp"):
    """An answer to our id with that response code."""
    skip = 2 if kind == "tcp" else 0

    def check(reply):
        number, flags = struct.unpack_from(">2H", reply, skip)
        return number == raw.ID and flags & 0x8000 and flags & 15 == code

    return check


def has(*parts):
    return lambda reply: all(part in reply for part in parts)


def kerberos_error(skip=0):
    return lambda reply: reply[skip] == 0x7E and REALM.encode() in reply


def next_lookup(entries):
    """Goes on with the handle of the last answer, until the server has no more."""

    def make(last):
        # The stub of the last fragment ends in the status; that of the first begins with the
        # handle, after the 24 bytes of a response's header (C706 section 12.6.4.10).
        (status,) = struct.unpack("<I", last[-4:])
        if status == raw.EPT_NO_MORE:
            return None
        return raw.rpc_lookup(last[24:44], entries, call=3)

    return make


def smb2_reply(reply):
    """SMB2_FLAGS_SERVER_TO_REDIR is set (MS-SMB2 section 2.2.1.2)."""
    return reply[4:8] == b"\xfeSMB" and reply[20] & 1


def quic_versions(reply):
    """To our id, in no version (RFC 8999 section 6)."""
    return reply[0] & 0x80 and reply[1:5] == bytes(4) and reply[6:14] == raw.RANDOM[8:16]


EXCHANGES = (
    # Samba
    Exchange("dns-samba-a", "dc", "dns-udp", (raw.dns("dc1." + DOMAIN),), dns_code(0)),
    Exchange("dns-samba-srv", "dc", "dns-udp", (raw.dns("_ldap._tcp." + DOMAIN, 33),), dns_code(0)),
    Exchange("dns-samba-tcp", "dc", "dns", (raw.framed16(raw.dns(DOMAIN, 6)),), dns_code(0, "tcp")),
    Exchange("ldap-samba-rootdse", "dc", "ldap", (raw.root_dse(),), has(b"\x64", b"DC1")),
    Exchange("cldap-samba-rootdse", "dc", "cldap", (raw.root_dse(),), has(b"\x64", b"DC1")),
    Exchange(
        "cldap-samba-netlogon",
        "dc",
        "cldap",
        (raw.netlogon(DOMAIN),),
        has(b"netlogon", b"Default-First-Site-Name"),
    ),
    Exchange("rpc-samba-bind-ack", "dc", "rpc", (raw.rpc_bind(),), b"\x05\x00\x0c"),
    Exchange("rpc-samba-bind-rejected", "dc", "rpc", (raw.rpc_bind(version=9),), b"\x05\x00"),
    Exchange(
        "rpc-samba-lookup",
        "dc",
        "rpc",
        (raw.rpc_bind(), raw.rpc_lookup(), next_lookup(500)),
        b"\x05\x00",
        each=True,
    ),
    Exchange(
        "rpc-samba-lookup-few",
        "dc",
        "rpc",
        (raw.rpc_bind(), raw.rpc_lookup(entries=20), next_lookup(20)),
        b"\x05\x00",
        each=True,
    ),
    Exchange(
        "rpc-samba-fault",
        "dc",
        "rpc",
        (raw.rpc_bind(), raw.rpc_lookup(bytes(4) + b"\x55" * 16)),
        b"\x05\x00",
        each=True,
    ),
    Exchange(
        "netbios-samba-status", "dc", "netbios", (raw.node_status(),), has(b"DC1 ", b"EXAMPLE")
    ),
    Exchange("smb2-samba-0302", "dc", "smb", (raw.smb2(*raw.SMB2_OLD),), smb2_reply),
    Exchange("smb2-samba-0311", "dc", "smb", (raw.smb2(*raw.SMB2_ALL),), smb2_reply),
    Exchange("smb2-samba-no-dialect", "dc", "smb", (raw.smb2(0x0999),), smb2_reply),
    Exchange("kerberos-samba-udp", "dc", "kerberos-udp", (raw.kerberos(REALM),), kerberos_error()),
    Exchange(
        "kerberos-samba-tcp",
        "dc",
        "kerberos",
        (raw.framed32(raw.kerberos(REALM)),),
        kerberos_error(4),
    ),
    Exchange(
        "kerberos-samba-wrong-realm",
        "dc",
        "kerberos-udp",
        (raw.kerberos("OTHER.EXAMPLE.NET"),),
        b"\x7e",
    ),
    Exchange(
        "kerberos-samba-preauth-udp",
        "dc",
        "kerberos-udp",
        (raw.kerberos(REALM, "Administrator"),),
        kerberos_error(),
    ),
    Exchange(
        "netbios-nmbd-status", "files", "netbios", (raw.node_status(),), has(b"FILES", b"TESTS")
    ),
    Exchange("smb2-smbd-signing", "files", "smb", (raw.smb2(*raw.SMB2_ALL),), smb2_reply),
    Exchange(
        "smb2-smbd-from-smb1",
        "files",
        "smb",
        (raw.smb1("NT LM 0.12", "SMB 2.002", "SMB 2.???"),),
        smb2_reply,
    ),
    Exchange(
        "smb1-smbd-nt1",
        "oldfiles",
        "smb",
        (raw.smb1("NT LM 0.12", "SMB 2.002", "SMB 2.???"),),
        lambda reply: reply[4:9] == b"\xffSMB\x72" and reply[13] & 0x80,
    ),
    Exchange("ldap-samba-catalog", "dc", "catalog", (raw.root_dse(),), has(b"\x64", b"DC1")),
    Exchange(
        "ldap-samba-catalog-tls", "dc", "catalog-tls", (TLS, raw.root_dse()), has(b"\x64", b"DC1")
    ),
    Exchange("ldap-samba-tls", "dc", "ldaps", (TLS, raw.root_dse()), has(b"\x64", b"DC1")),
    Exchange(
        "ldap-samba-starttls",
        "dc",
        "ldap",
        (raw.root_dse(), raw.ldap_start_tls()),
        has(b"\x64", b"DC1", b"\x78"),
    ),
    # OpenLDAP
    Exchange(
        "ldap-openldap-starttls-refused",
        "ldap",
        "ldap",
        (raw.root_dse(), raw.ldap_start_tls()),
        has(b"\x64", b"\x78"),
    ),
    # BIND
    Exchange(
        "dns-bind-tls",
        "bind",
        "dns-tls",
        (TLS, raw.framed16(raw.dns("www." + DOMAIN))),
        dns_code(0, "tcp"),
    ),
    Exchange(
        "dns-bind-refused", "bind", "dns-udp", (raw.dns("portqry.microsoft.com"),), dns_code(5)
    ),
    Exchange("dns-bind-a", "bind", "dns-udp", (raw.dns("www." + DOMAIN),), dns_code(0)),
    Exchange("dns-bind-aaaa", "bind", "dns-udp", (raw.dns("www." + DOMAIN, 28),), dns_code(0)),
    Exchange("dns-bind-cname", "bind", "dns-udp", (raw.dns("alias." + DOMAIN),), dns_code(0)),
    Exchange("dns-bind-mx", "bind", "dns-udp", (raw.dns(DOMAIN, 15),), dns_code(0)),
    Exchange("dns-bind-txt", "bind", "dns-udp", (raw.dns("text." + DOMAIN, 16),), dns_code(0)),
    Exchange(
        "dns-bind-srv", "bind", "dns-udp", (raw.dns("_ldap._tcp." + DOMAIN, 33),), dns_code(0)
    ),
    Exchange("dns-bind-no-name", "bind", "dns-udp", (raw.dns("nobody." + DOMAIN),), dns_code(3)),
    Exchange("dns-bind-truncated", "bind", "dns-udp", (raw.dns("big." + DOMAIN, 16),), dns_code(0)),
    Exchange(
        "dns-bind-version",
        "bind",
        "dns-udp",
        (raw.dns("version.bind", 16, kind_class=3),),
        dns_code(0),
    ),
    Exchange(
        "dns-bind-tcp", "bind", "dns", (raw.framed16(raw.dns("www." + DOMAIN)),), dns_code(0, "tcp")
    ),
    Exchange(
        "dns-bind-big-tcp",
        "bind",
        "dns",
        (raw.framed16(raw.dns("big." + DOMAIN, 16)),),
        dns_code(0, "tcp"),
    ),
    # The small ones over UDP
    Exchange("snmp-netsnmp-v1", "snmp", "snmp", (raw.snmp(0, COMMUNITY),), has(b"\xa2", b"Linux")),
    Exchange("snmp-netsnmp-v2c", "snmp", "snmp", (raw.snmp(1, COMMUNITY),), has(b"\xa2", b"Linux")),
    Exchange(
        "snmp-netsnmp-v2c-system",
        "snmp",
        "snmp",
        (raw.snmp(1, COMMUNITY, raw.SYSTEM),),
        has(b"\xa2", b"Linux", b"nowhere"),
    ),
    Exchange(
        "snmp-netsnmp-v1-no-such-name",
        "snmp",
        "snmp",
        (raw.snmp(0, COMMUNITY, (99,)),),
        has(b"\xa2"),
    ),
    Exchange(
        "snmp-netsnmp-v2c-no-such-object",
        "snmp",
        "snmp",
        (raw.snmp(1, COMMUNITY, (99, raw.SYS_DESCR)),),
        has(b"\xa2"),
    ),
    Exchange("snmp-netsnmp-v3-report", "snmp", "snmp", (raw.snmp3_discovery(),), has(b"\xa8")),
    Exchange("tftp-hpa-error", "tftp", "tftp", (raw.TFTP_READ,), b"\0\5\0\1"),
    Exchange("tftp-hpa-data", "tftp", "tftp", (b"\0\1boot.txt\0octet\0",), b"\0\3\0\1A file"),
    Exchange("l2tp-xl2tpd-sccrp", "l2tp", "l2tp", (raw.l2tp_start(),), b"\xc8\x02"),
    Exchange("ntp-chrony", "ntp", "ntp", (raw.ntp(),), lambda reply: reply[0] & 7 == 4),
    Exchange("ike-charon-v2-sa", "ike", "ike", (raw.ikev2(),), raw.COOKIE, source=500),
    Exchange(
        "ike-charon-v2-nat-port",
        "ike",
        "ike-nat",
        (bytes(4) + raw.ikev2(b"nat port"),),
        bytes(4) + b"nat port",
    ),
    Exchange(
        "ike-charon-v2-no-proposal",
        "ike",
        "ike",
        (raw.ikev2(b"no group", group=2),),
        b"no group",
        source=500,
    ),
    Exchange("ike-charon-v1-sa", "ike", "ike", (raw.ikev1(b"main key"),), b"main key", source=500),
    # After three exchanges that were begun and not ended charon wants a cookie of its own back.
    Exchange("ike-charon-v2-cookie", "ike", "ike", (raw.ikev2(b"too many"),), b"too many"),
    # The others over UDP, and some of them over TCP
    Exchange(
        "sip-kamailio-udp", "sip", "sip", (raw.sip_options("sip", "UDP"),), b"SIP/2.0 200 "
    ),
    Exchange(
        "sip-kamailio-tcp", "sip", "sip-tcp", (raw.sip_options("sip", "TCP"),), b"SIP/2.0 200 "
    ),
    Exchange("stun-coturn-udp", "stun", "stun", (raw.stun(),), b"\x01\x01"),
    Exchange("stun-coturn-tcp", "stun", "stun-tcp", (raw.stun(),), b"\x01\x01"),
    Exchange(
        "mdns-avahi",
        "mdns",
        "mdns",
        (raw.mdns, raw.mdns_services("_http._tcp", "_ipp._tcp", "_smb._tcp")),
        has(b"\x04_ipp", b"\x05_http", b"\x04mdns"),
    ),
    Exchange(
        "memcached-tcp",
        "memcached",
        "memcached",
        (raw.MEMCACHED_STATS,),
        has(b"STAT version", b"END"),
    ),
    Exchange(
        "memcached-udp",
        "memcached",
        "memcached-udp",
        (raw.memcached_datagram(raw.MEMCACHED_STATS),),
        b"\x12\x34",
        datagrams=2,
    ),
    Exchange(
        "radius-freeradius-auth",
        "radius",
        "radius",
        (raw.radius_status(RADIUS_SECRET),),
        b"\x02\x12",
    ),
    Exchange(
        "radius-freeradius-accounting",
        "radius",
        "radius-accounting",
        (raw.radius_status(RADIUS_SECRET),),
        b"\x05\x12",
    ),
    Exchange("quic-ngtcp2", "quic", "quic", (raw.quic(),), quic_versions),
    # Banners
    Exchange("ftp-vsftpd-banner", "ftp", "ftp", (b"",), b"220 (vsFTPd"),
    Exchange("ftp-vsftpd-banner-lines", "ftp", "ftp-lines", (b"",), b"220-Files"),
    Exchange(
        "ftp-vsftpd-anonymous",
        "ftp",
        "ftp",
        (b"", b"USER anonymous\r\n", b"PASS probe@\r\n", b"QUIT\r\n"),
        has(b"230", b"221"),
    ),
    Exchange("smtp-exim-banner", "mail", "smtp", (b"",), b"220 mail.example.test ESMTP Exim"),
    Exchange("smtp-exim-banner-lines", "mail", "submission", (b"",), b"220-mail.example.test"),
    Exchange(
        "smtp-exim-ehlo-quit",
        "mail",
        "smtp",
        (b"", b"EHLO probe.example.test\r\n", b"QUIT\r\n"),
        has(b"250-", b"221 "),
    ),
    Exchange("pop3-dovecot-banner", "mail", "pop3", (b"",), b"+OK Dovecot"),
    Exchange("pop3-dovecot-quit", "mail", "pop3", (b"", b"QUIT\r\n"), b"+OK"),
    Exchange(
        "pop3-dovecot-capa", "mail", "pop3", (b"", b"CAPA\r\n", b"QUIT\r\n"), has(b"\r\nUIDL\r\n")
    ),
    Exchange("imap-dovecot-banner", "mail", "imap", (b"",), b"* OK [CAPABILITY"),
    Exchange("imap-dovecot-logout", "mail", "imap", (b"", b"a LOGOUT\r\n"), has(b"* BYE", b"a OK")),
    Exchange(
        "imap-dovecot-capability",
        "mail",
        "imap",
        (b"", b"a CAPABILITY\r\n", b"b LOGOUT\r\n"),
        has(b"* CAPABILITY IMAP4rev1", b"a OK", b"b OK"),
    ),
    Exchange(
        "smtp-exim-starttls",
        "mail",
        "smtp",
        (
            *(b"", b"EHLO probe.example.test\r\n", b"STARTTLS\r\n", TLS),
            *(b"EHLO probe.example.test\r\n", b"QUIT\r\n"),
        ),
        has(b"250-"),
    ),
    Exchange(
        "smtp-exim-no-starttls",
        "mail",
        "smtp-no-tls",
        (b"", b"EHLO probe.example.test\r\n", b"QUIT\r\n"),
        lambda reply: b"250-" in reply and b"STARTTLS" not in reply,
    ),
    Exchange(
        "pop3-dovecot-starttls",
        "mail",
        "pop3",
        (b"", b"CAPA\r\n", b"STLS\r\n", TLS, b"CAPA\r\n", b"QUIT\r\n"),
        has(b"\r\nUIDL\r\n"),
    ),
    Exchange(
        "imap-dovecot-starttls",
        "mail",
        "imap",
        (b"", b"t STARTTLS\r\n", TLS, b"a CAPABILITY\r\n", b"z LOGOUT\r\n"),
        has(b"CAPABILITY IMAP4rev1"),
    ),
    # Databases and their like
    Exchange("mysql-mariadb", "mysql", "mysql", (b"",), has(b"\n5.5.5-10.11", b"MariaDB")),
    Exchange(
        "mysql-mariadb-no-tls", "mysql", "mysql-no-tls", (b"",), has(b"\n5.5.5-10.11", b"MariaDB")
    ),
    Exchange("mysql-mariadb-blocked", "mysql", "mysql-blocked", (b"",), has(b"is blocked")),
    Exchange(
        "mysql-mariadb-anonymous",
        "mysql",
        "mysql-no-tls",
        (b"", raw.MYSQL_LOGON),
        has(b"\0\0\2\0\0\0"),
    ),
    Exchange(
        "mysql-mariadb-stranger",
        "mysql",
        "mysql-guarded",
        (b"", raw.MYSQL_LOGON),
        has(b"#28000Access denied for user 'portledger-probe'"),
    ),
    Exchange(
        "postgresql-15",
        "postgresql",
        "postgresql",
        (raw.POSTGRESQL_TLS, TLS, raw.POSTGRESQL_NO_VERSION),
        lambda reply: reply == b"S" or b"C0A000\0" in reply,
    ),
    Exchange(
        "postgresql-15-no-tls",
        "postgresql",
        "postgresql-no-tls",
        (raw.POSTGRESQL_TLS, raw.POSTGRESQL_NO_VERSION),
        has(b"NE", b"C0A000\0"),
    ),
    Exchange(
        "redis-open", "redis", "redis", (raw.REDIS_PING + raw.REDIS_INFO,), b"+PONG\r\n$"
    ),
    Exchange(
        "redis-password",
        "redis",
        "redis-password",
        (raw.REDIS_PING + raw.REDIS_INFO,),
        b"-NOAUTH",
    ),
    Exchange("redis-protected", "redis", "redis-protected", (b"",), b"-DENIED"),
    Exchange("mqtt-mosquitto", "mqtt", "mqtt", (raw.mqtt_connect(),), b"\x20\x02\0\0"),
    Exchange(
        "mqtt-mosquitto-not-authorized",
        "mqtt",
        "mqtt-password",
        (raw.mqtt_connect(),),
        b"\x20\x02\0\5",
    ),
    Exchange(
        "mqtt-mosquitto-5", "mqtt", "mqtt-password", (raw.mqtt_connect(5),), b"\x20"
    ),
    Exchange("ssh-openssh-banner", "ssh", "ssh", (b"",), b"SSH-2.0-OpenSSH"),
    Exchange(
        "ssh-openssh-kexinit",
        "ssh",
        "ssh",
        (b"", b"SSH-2.0-portledger\r\n"),
        has(b"SSH-2.0-OpenSSH", b"curve25519-sha256"),
    ),
    Exchange("ssh-openssh-not-ssh", "ssh", "ssh", (b"", b"GET / HTTP/1.1\r\n\r\n"), b"SSH-2.0-"),
    # HTTP
    Exchange("http-nginx-200", "web", "http", (raw.http("www." + DOMAIN),), b"HTTP/1.1 200 OK\r\n"),
    Exchange(
        "http-nginx-301", "web", "redirect", (raw.http("www." + DOMAIN),), b"HTTP/1.1 301 Moved"
    ),
    Exchange("http-nginx-bad-request", "web", "http", (b"HELLO\r\n\r\n",), b"HTTP/1.1 400"),
    Exchange("http-nginx-on-tls-port", "web", "https", (raw.http("www"),), b"HTTP/1.1 400"),
    Exchange(
        "http-nginx-no-such-page", "web", "big", (raw.http("www", "/none"),), b"HTTP/1.1 404 Not"
    ),
    Exchange("http-nginx-http10", "web", "http", (b"GET / HTTP/1.0\r\n\r\n",), b"HTTP/1.1 200"),
    Exchange(
        "tls-nginx-12-flight",
        "web",
        "https",
        (raw.client_hello("www." + DOMAIN, raw.ECDHE_TLS12),),
        has(b"\x16\x03\x03", b"\x0e\0\0\0"),
    ),
    Exchange(
        "tls-nginx-alert",
        "web",
        "https",
        (raw.client_hello("www." + DOMAIN, raw.RC4_ONLY),),
        b"\x15\x03",
    ),
    # RDP
    Exchange("rdp-xrdp-tls", "rdp", "rdp", (raw.rdp(),), b"\x03\x00\x00\x13"),
    Exchange("rdp-xrdp-old", "rdp", "rdp-old", (raw.rdp(),), b"\x03\x00"),
    Exchange("rdp-xrdp-failure", "rdp", "rdp", (raw.rdp(0),), b"\x03\x00"),
    # Played, from the specification
    Exchange(
        "winrm-played-identify",
        "web",
        "winrm",
        (raw.winrm("WSMANIDENTIFY: unauthenticated\r\n"), raw.winrm()),
        has(b"HTTP/1.1 200", b"IdentifyResponse", b"HTTP/1.1 401", b"Negotiate"),
    ),
    Exchange(
        "sqlbrowser-played-all",
        "played",
        "sql-browser",
        (raw.SQL_BROWSER_ALL,),
        b"\x05\xc9\x00Server",
    ),
    Exchange(
        "sqlbrowser-played-one", "played", "sql-browser", (b"\x04reports\0",), b"\x05\x56\x00Server"
    ),
    Exchange("ntp-played-kiss", "played", "ntp-kiss", (raw.ntp(),), b"\xe4\0"),
    Exchange(
        "isa-played-hello",
        "played",
        "proxy",
        (raw.proxy_hello(),),
        lambda reply: reply[36:38] == b"\x10\x00",
    ),
)
