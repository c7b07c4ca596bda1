# SPDX-License-Identifier: MIT
"""
What `portledger query` must find out about the servers of servers.py and played_servers.py:
tables without code, to be driven by a test.
"""

from typing import NamedTuple, Union

from lan import CLIENT as CLIENT_NUMBER
from lan import address_of
from servers import COMMUNITY

CLIENT = address_of(CLIENT_NUMBER)  # as a server sees it


class Answer(NamedTuple):
    """
    That server's port speaks `protocol`, is LISTENING, and each of `says` is the value of some
    field of the answer, or a part of it: texts without regard to case, numbers as they are.
    """

    server: str  # of SERVERS
    port: str  # of its ports
    protocol: str  # what --as would say
    says: tuple[Union[str, int], ...]
    fields: tuple = ()  # and these are, by name, exactly so: ((name, value), ...)


ANSWERS = (
    Answer("dc", "dns", "dns", ("NOERROR",)),
    Answer("dc", "dns-udp", "dns", ("NOERROR",)),
    Answer("dc", "ldap", "ldap", ("dc1.example.test", "DC=example,DC=test", "GSS-SPNEGO")),
    Answer("dc", "cldap", "ldap", ("dc1.example.test", "DC=example,DC=test")),
    Answer("dc", "catalog", "ldap", ("dc1.example.test",)),
    Answer("dc", "ldaps", "ldaps", ("dc1.example.test", "unknown issuer")),
    Answer("dc", "catalog-tls", "ldaps", ("dc1.example.test", "unknown issuer")),
    Answer(
        "dc",
        "ldap",
        "ldap-starttls",
        ("dc1.example.test", "unknown issuer"),
        (("start_tls", True), ("start_tls_reply", "success")),
    ),
    Answer("ldap", "ldap", "ldap-starttls", ("protocolError",), (("start_tls", False),)),
    Answer("ldap", "ldap", "ldap", ("OpenLDAProotDSE",)),
    Answer(
        "dc",
        "rpc",
        "rpc",
        (
            "12345778-1234-abcd-ef00-0123456789ac",  # samr
            "e3514235-4b06-11d1-ab04-00c04fc2dcd2",  # drsuapi
            "ncacn_ip_tcp",
            "ncacn_np",
            "49152",  # what Samba's servers begin with
        ),
    ),
    Answer("dc", "netbios", "netbios", ("DC1", "EXAMPLE")),
    Answer("dc", "smb", "smb", ("3.1.1",)),
    Answer("dc", "kerberos", "kerberos", ("EXAMPLE.TEST",)),
    Answer("dc", "kerberos-udp", "kerberos", ("EXAMPLE.TEST",)),
    Answer("files", "netbios", "netbios", ("FILES", "TESTS")),  # nmbd has no MAC address to tell
    Answer("files", "smb", "smb", ("3.1.1",)),
    Answer("bind", "dns", "dns", ("refused",)),  # where no name of its zone is asked for
    Answer("bind", "dns-udp", "dns", ("refused",)),
    Answer("bind", "dns-tls", "dns-tls", ("refused", "TLS 1.3", "www.example.test")),
    Answer("snmp", "snmp", "snmp", ("Linux snmp.example.test",)),
    Answer("tftp", "tftp", "tftp", ("File not found",)),
    Answer("l2tp", "l2tp", "l2tp", ("l2tp.example.test", "xelerance.com")),
    Answer("ssh", "ssh", "ssh", ("OpenSSH_9.2p1", "curve25519-sha256")),
    Answer("web", "http", "http", (200, "nginx/1.22.1")),
    Answer("web", "redirect", "http", (301, "https://www.example.test/start?from=http")),
    Answer("web", "https", "https", (200, "nginx/1.22.1", "TLS 1.3", "www.example.test")),
    Answer("web", "https-tls12", "https", (200, "TLS 1.2")),
    Answer("web", "https-expired", "https", (200, "expired")),
    Answer("web", "https-future", "https", (200, "not yet valid")),
    Answer("web", "https-wrong-name", "https", (200, "wrong name", "other.example.net")),
    Answer("web", "https-self-signed", "https", (200, "self-signed")),
    Answer("web", "https-no-chain", "https", (200, "unknown issuer")),
    Answer("web", "https-client-certificate", "https", (400,)),
    Answer(
        "web",
        "winrm",
        "winrm",
        ("Microsoft Corporation", "OS: 0.0.0 SP: 0.0 Stack: 3.0", "Negotiate", "Kerberos"),
        (("logon_status", 401),),
    ),
    Answer("web", "winrms", "winrms", ("Microsoft Corporation", "TLS 1.3", "www.example.test")),
    Answer("mail", "smtp", "smtp", ("mail.example.test ESMTP Exim 4.96",)),
    Answer("mail", "submission", "smtp", ("No mail is taken here",)),
    Answer("mail", "smtps", "smtps", ("ESMTP Exim",)),
    Answer("mail", "pop3", "pop3", ("Dovecot of the tests ready.", "STLS")),
    Answer("mail", "imap", "imap", ("Dovecot of the tests ready.", "IMAP4rev1")),
    Answer("mail", "imaps", "imaps", ("Dovecot of the tests ready.",)),
    Answer("mail", "pop3s", "pop3s", ("Dovecot of the tests ready.",)),
    Answer("mail", "smtp-no-tls", "smtp", ("ESMTP Exim",), (("start_tls", False),)),
    Answer("mail", "smtp-no-tls", "smtp-starttls", ("ESMTP Exim",), (("start_tls", False),)),
    Answer(
        "mail",
        "smtp",
        "smtp-starttls",
        ("ESMTP Exim", "220 TLS go ahead", "TLS 1.3", "www.example.test"),
        (("start_tls", True),),
    ),
    Answer("mail", "pop3", "pop3-starttls", ("of the tests ready.", "TLS 1.3", "www.example.test")),
    Answer("mail", "imap", "imap-starttls", ("of the tests ready.", "TLS 1.3", "www.example.test")),
    Answer("ftp", "ftp", "ftp", ("vsFTPd of the tests",)),
    Answer("ftp", "ftp-lines", "ftp", ("Files of the tests", "Go away")),
    Answer("ntp", "ntp", "ntp", (8,)),
    Answer("rdp", "rdp", "rdp", ()),
    Answer("rdp", "rdp-old", "rdp", ()),
    Answer("ike", "ike", "ike", ()),
    Answer("mysql", "mysql", "mysql", ("10.11", "MariaDB"), (("start_tls", True),)),
    Answer("mysql", "mysql-no-tls", "mysql", ("10.11",), (("start_tls", False),)),
    Answer("mysql", "mysql", "mysql-starttls", ("10.11", "TLS 1.3", "www.example.test")),
    Answer("mysql", "mysql-no-tls", "mysql-starttls", ("10.11",), (("start_tls", False),)),
    Answer("mysql", "mysql-no-tls", "mysql-anonymous", ("10.11",), (("anonymous_logon", True),)),
    Answer("mysql", "mysql-guarded", "mysql-anonymous", ("10.11",), (("anonymous_logon", False),)),
    Answer("mysql", "mysql-blocked", "mysql", ("is blocked",), (("error_code", 1129),)),
    Answer(
        "postgresql",
        "postgresql",
        "postgresql",
        ("TLS 1.3", "www.example.test"),
        (("start_tls", True), ("sql_state", "0A000"), ("protocol_versions", "3.0 to 3.0")),
    ),
    Answer(
        "postgresql",
        "postgresql-no-tls",
        "postgresql",
        ("postmaster.c",),
        (("start_tls", False), ("sql_state", "0A000"), ("protocol_versions", "3.0 to 3.0")),
    ),
    Answer("redis", "redis", "redis", ("7.0.15", "standalone"), (("logon_required", False),)),
    Answer("redis", "redis-password", "redis", ("NOAUTH",), (("logon_required", True),)),
    Answer("redis", "redis-protected", "redis", ("DENIED",)),
    Answer("mqtt", "mqtt", "mqtt", ("accepted",), (("anonymous_logon", True),)),
    Answer("mqtt", "mqtt-password", "mqtt", ("not authorized",), (("anonymous_logon", False),)),
    Answer("mqtt", "mqtts", "mqtts", ("accepted", "TLS 1.3", "www.example.test")),
    Answer(
        "snmp",
        "snmp",
        "snmp-v3",
        ("80001f88", "Net-SNMP", "the maker's own"),
        fields=(("enterprise", 8072), ("report", "usmStatsUnknownEngineIDs")),
    ),
    Answer("sip", "sip", "sip", (200, "kamailio (5.6.3", CLIENT, "CANCEL", "outbound")),
    Answer("sip", "sip-tcp", "sip", (200, "kamailio (5.6.3", CLIENT)),
    Answer("stun", "stun", "stun", ("Coturn-4.6.1",), fields=(("mapped_address", CLIENT),)),
    Answer("stun", "stun-tcp", "stun", ("Coturn-4.6.1",), fields=(("mapped_address", CLIENT),)),
    Answer(
        "mdns",
        "mdns",
        "mdns",
        ("_http._tcp", "_ipp._tcp", "_smb._tcp", "Printer on mdns", 631, "of=tests"),
        fields=(("host_name", "mdns.local"),),
    ),
    Answer(
        "memcached",
        "memcached",
        "memcached",
        ("1.6.18",),
        fields=(("memory_limit", 8 << 20), ("items", 0), ("threads", 1)),
    ),
    Answer(
        "memcached", "memcached-udp", "memcached", ("1.6.18",), fields=(("memory_limit", 8 << 20),)
    ),
    Answer("quic", "quic", "quic", ("QUIC 1",)),
    Answer(
        "played", "sql-browser", "sqlbrowser", ("DBHOST", "MSSQLSERVER", 1433, "REPORTS", 50123)
    ),
    Answer("played", "proxy", "isa", ()),
)

# Of nginx: what is wrong with its certificates, where they are asked for by their name and the
# authority of the tests is trusted.
VERDICTS = {
    "https": ("trusted",),
    "https-rsa": ("trusted",),
    "https-tls12": ("trusted",),
    "https-ed25519": ("trusted",),
    "https-client-certificate": ("trusted",),
    "https-expired": ("expired",),
    "https-future": ("not yet valid",),
    "https-wrong-name": ("wrong name",),
    "https-self-signed": ("self-signed",),
    "https-no-chain": ("unknown issuer",),
}

# The controller would ask other servers for names that are not its own, and there are none.
DNS_NAMES = {"dc": "dc1.example.test"}

# Silence is all that the snmp server has for it.
WRONG_COMMUNITY = COMMUNITY + "-not"


class Behaviour(NamedTuple):
    """
    A port of Played, asked by a protocol, is never `answered` as cause. The status over TCP is
    LISTENING all the same: the connection was made. Over UDP it is LISTENING only where the
    cause says that something else was heard, and UNKNOWN else.
    """

    port: str
    protocol: str


UNKNOWN = "LISTENING or FILTERED"

TCP_BEHAVIOURS = tuple(
    Behaviour(port, protocol)
    for port, protocols in {
        "silent": ("ldap", "rpc", "smtp", "smb", "ssh", "https", "mysql", "postgresql", "winrm"),
        "reset": ("ldap", "smtp"),
        "close": ("ldap", "smtp"),
        "close-after-request": ("ldap", "rpc", "smb", "http", "postgresql", "redis", "mqtt", "winrm"),
        "reset-after-request": ("ldap", "rpc", "smb", "http"),
        "slow": ("ftp", "smtp"),
        **dict.fromkeys(
            ("garbage", "endless"),
            (
                *("dns", "ldap", "rpc", "smb", "ssh", "http", "https", "kerberos", "rdp", "smtp"),
                *("mysql", "postgresql", "redis", "mqtt", "winrm", "imap-starttls"),
            ),
        ),
        "long-line": ("ssh", "ldap", "http"),
        "half-ldap": ("ldap",),
        "half-ldap-close": ("ldap",),
        "half-rpc": ("rpc",),
        "half-smb2": ("smb",),
        "half-dns": ("dns",),
        "ber-too-long": ("ldap",),
        "ber-length": ("ldap",),
        "frame-too-long": ("dns", "smb", "kerberos", "rdp", "rpc"),
        "old-dns": ("dns",),
        "zero": ("dns", "ldap", "rpc", "smb", "kerberos", "rdp", "mysql", "postgresql", "mqtt"),
    }.items()
    for protocol in protocols
) + tuple(
    Behaviour(port, protocol)
    for port in ("silent", "reset", "close-after-request", "garbage", "endless", "zero")
    for protocol in ("sip", "stun", "memcached")
)

# These say something right and then go on without end: whatever becomes of it, it becomes so
# before the deadline and in little memory.
ENDLESS = (
    Behaviour("endless-lines", "ftp"),
    Behaviour("endless-lines", "smtp"),
    Behaviour("rpc-endless", "rpc"),
    Behaviour("http-endless", "http"),
)

# The first half of it is an answer by itself, and the rest is missing.
HALVES = (Behaviour("half-http", "http"),)

UDP_BEHAVIOURS = (
    Behaviour("silent", "dns"),
    Behaviour("echo", "dns"),
    Behaviour("wrong-id", "dns"),
    Behaviour("other-address", "dns"),
    Behaviour("other-port", "dns"),
    Behaviour("empty", "dns"),
    Behaviour("one-byte", "snmp"),
    Behaviour("biggest", "ldap"),
    Behaviour("garbage", "netbios"),
    Behaviour("many-wrong", "dns"),
    Behaviour("ber-too-long", "ldap"),
    Behaviour("ber-too-long", "snmp"),
    Behaviour("old-ntp", "ntp"),
    Behaviour("old-snmp", "snmp"),
    Behaviour("old-ike", "ike"),
) + tuple(
    Behaviour(port, protocol)
    for port in ("silent", "echo", "empty", "one-byte", "garbage", "biggest", "many-wrong")
    for protocol in ("snmp-v3", "sip", "stun", "mdns", "memcached", "quic", "wireguard")
) + tuple(
    Behaviour("echo", protocol)
    for protocol in (
        *("ldap", "rpc", "netbios", "snmp", "snmp-v1", "sqlbrowser", "isa", "tftp", "l2tp", "ntp"),
        *("ike", "ike-v1", "kerberos"),
    )
)
UDP_ANSWERED = (
    Behaviour("right-dns", "dns"),
    Behaviour("wrong-first", "dns"),
    Behaviour("ntp-kiss", "ntp"),
)

# The status of FILTERS over TCP.
FILTER_STATUS = {
    "drop": "FILTERED",
    "tcp-reset": "NOT LISTENING",
    "net-unreachable": "FILTERED",
    "host-unreachable": "FILTERED",
    "protocol-unreachable": "FILTERED",
    "port-unreachable": "FILTERED",
    "net-prohibited": "FILTERED",
    "host-prohibited": "FILTERED",
    "admin-prohibited": "FILTERED",
    "no-route6": "FILTERED",
    "admin-prohibited6": "FILTERED",
    "address-unreachable6": "FILTERED",
    "port-unreachable6": "FILTERED",
}
# Over UDP these differ: a closed port says the same.
FILTER_STATUS_UDP = FILTER_STATUS | {
    "drop": UNKNOWN,
    "port-unreachable": "NOT LISTENING",
    "port-unreachable6": "NOT LISTENING",
}
