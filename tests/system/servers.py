# SPDX-License-Identifier: MIT
"""
Real servers to probe, each on a host of its own (lan.py), from Debian's packages with
settings of the tests. A server is there when its constructor returns: its ports are open.

    with Snmp(lan) as server: ... server.address, server.port("snmp") ...

ANSWERS says what a probe must find out about each.
"""

import shutil
import threading

import raw_requests as raw
from asking import ask_tcp, ask_udp
from played_servers import Crowd, Filtered, Played
from server import Server
from servers_udp import Mdns, Memcached, Quic, Radius, Sip, Stun

DOMAIN = "example.test"
REALM = "EXAMPLE.TEST"
COMMUNITY = "public"


class DomainController(Server):
    """
    Samba as an Active Directory domain controller. The domain is made once a process, which
    takes some seconds, and copied for each start: `made` is where. As its address is part of it,
    a Lan can have one such controller.
    """

    name = "dc1"
    options = {"hostname": "dc1", "number": 200}
    ports = {
        "dns": ("tcp", 53),
        "dns-udp": ("udp", 53),
        "kerberos": ("tcp", 88),
        "kerberos-udp": ("udp", 88),
        "rpc": ("tcp", 135),
        "netbios": ("udp", 137),
        "netbios-session": ("tcp", 139),
        "ldap": ("tcp", 389),
        "cldap": ("udp", 389),
        "smb": ("tcp", 445),
        "kpasswd": ("tcp", 464),
        "ldaps": ("tcp", 636),
        "catalog": ("tcp", 3268),
        "catalog-tls": ("tcp", 3269),
    }
    FOLDER = "/shared/dc"
    made = None
    lock = threading.Lock()

    def settings(self):
        return {
            "/etc/resolv.conf": "nameserver 127.0.0.1\n",
            "/etc/krb5.conf": f"[libdefaults]\ndefault_realm = {REALM}\n",
        }

    def prepare(self):
        kept = self.lan.folder.parent / "domain"
        with self.lock:
            if DomainController.made is None or not DomainController.made.is_dir():
                self._provision()
                shutil.rmtree(kept, ignore_errors=True)
                self._copy(self.host.folder / "shared" / "dc", kept)
                DomainController.made = kept
                return
        self._copy(DomainController.made, self.host.folder / "shared" / "dc")

    @staticmethod
    def _copy(source, target):
        sockets = shutil.ignore_patterns("msg.sock", "msg.lock")
        shutil.copytree(source, target, symlinks=True, ignore=sockets)

    def _provision(self):
        self.host.run(
            *("samba-tool", "domain", "provision", "--server-role=dc", "--domain=EXAMPLE"),
            *(f"--realm={REALM}", "--dns-backend=SAMBA_INTERNAL", "--adminpass=Pass-w0rd!"),
            *("--host-name=dc1", f"--host-ip={self.address}", f"--host-ip6={self.address6}"),
            *(f"--targetdir={self.FOLDER}", "--option=interfaces=lo eth0"),
            *("--option=dns update command=/bin/true", "--option=spn update command=/bin/true"),
        )

    def commands(self):
        settings = f"{self.FOLDER}/etc/smb.conf"
        return [
            (
                *("samba", "--foreground", "--no-process-group", "--debug-stdout"),
                *(f"--configfile={settings}", "--option=dns update command=/bin/true"),
                *(
                    "--option=spn update command=/bin/true",
                    "--option=server string=Test Controller",
                ),
            )
        ]

    def wait(self):
        """Its NetBIOS names are its own only when nobody has objected for some seconds."""

        def registered():
            status = ask_udp(self.lan, self.address, self.port("netbios"), raw.node_status())
            return b"DC1" + b" " * 12 + b"\x20" in status and b"EXAMPLE" in status

        self.host.wait_for(registered, "the NetBIOS names")


class FileServer(Server):
    """Samba as an ordinary file server, which wants its clients to sign; nmbd for NetBIOS."""

    name = "files"
    options = {"hostname": "files"}
    ports = {"smb": ("tcp", 445), "netbios": ("udp", 137)}

    def settings(self):
        return {
            "/etc/samba/smb.conf": """[global]
workgroup = TESTS
netbios name = FILES
server string = Files of the tests
server signing = mandatory
server min protocol = SMB2_02
interfaces = lo eth0
load printers = no
disable spoolss = yes
map to guest = never
"""
        }

    def prepare(self):
        folders = "/run/samba /var/lib/samba/private /var/cache/samba /var/log/samba"
        self.host.run("/bin/sh", "-euc", "mkdir -p " + folders)

    def commands(self):
        return [
            ("nmbd", "--foreground", "--no-process-group", "--debug-stdout"),
            ("smbd", "--foreground", "--no-process-group", "--debug-stdout"),
        ]

    def wait(self):
        def registered():
            status = ask_udp(self.lan, self.address, self.port("netbios"), raw.node_status())
            return b"FILES" + b" " * 10 + b"\x20" in status

        self.host.wait_for(registered, "the NetBIOS names")


class OldFileServer(FileServer):
    """One that speaks nothing newer than SMB 1."""

    name = "oldfiles"
    options = {"hostname": "oldfiles"}
    ports = {"smb": ("tcp", 445)}

    def settings(self):
        return {
            "/etc/samba/smb.conf": """[global]
workgroup = TESTS
netbios name = OLDFILES
server min protocol = LANMAN1
server max protocol = NT1
interfaces = lo eth0
load printers = no
disable spoolss = yes
"""
        }

    def commands(self):
        return [("smbd", "--foreground", "--no-process-group", "--debug-stdout")]

    def wait(self):
        pass


class Bind(Server):
    """BIND, which answers for example.test and refuses the rest; also in TLS."""

    name = "bind"
    ports = {"dns": ("tcp", 53), "dns-udp": ("udp", 53), "dns-tls": ("tcp", 853)}
    ZONE = """$TTL 3600
@ IN SOA ns hostmaster 2026010101 7200 3600 1209600 600
  IN NS ns
  IN MX 10 mail
ns IN A 192.0.2.53
   IN AAAA 2001:db8::53
www IN A 192.0.2.80
    IN A 192.0.2.81
    IN AAAA 2001:db8::80
mail IN A 192.0.2.25
alias IN CNAME www
text IN TXT "one" "two; three"
_ldap._tcp IN SRV 0 100 389 www
"""

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        big = "".join(f'big IN TXT "{number:03d} {"x" * 60}"\n' for number in range(30))
        return {
            "/tls/chain": self.authority.path("valid-rsa.chain").read_text(),
            "/tls/key": self.authority.path("valid-rsa.key").read_text(),
            "/etc/bind/test.conf": """tls tests { cert-file "/tls/chain"; key-file "/tls/key"; };
options {
    directory "/var/cache/bind";
    listen-on { any; };
    listen-on-v6 { any; };
    listen-on port 853 tls tests { any; };
    listen-on-v6 port 853 tls tests { any; };
    recursion no;
    dnssec-validation no;
    version "9 of the tests";
    pid-file "/run/named.pid";
    session-keyfile "/run/session.key";
    max-udp-size 512;
};
controls { };
zone "example.test" { type primary; file "/etc/bind/test.zone"; };
""",
            "/etc/bind/test.zone": self.ZONE + big,
        }

    def prepare(self):
        self.host.run(
            "/bin/sh", "-euc", "mkdir -p /var/cache/bind; chown bind /var/cache/bind /run"
        )

    def commands(self):
        return [("named", "-g", "-u", "bind", "-n", "1", "-c", "/etc/bind/test.conf")]

    def wait(self):
        self.host.wait_for(lambda: " running" in self.host.log(), "the zones")


class Snmp(Server):
    name = "snmp"
    ports = {"snmp": ("udp", 161)}

    def settings(self):
        return {
            "/etc/snmp/test.conf": f"""agentaddress udp:161,udp6:161
rocommunity {COMMUNITY}
rocommunity6 {COMMUNITY}
sysdescr Linux snmp.example.test, a host of portledger's tests
syslocation nowhere
"""
        }

    def commands(self):
        return [("snmpd", "-f", "-Lo", "-C", "-c", "/etc/snmp/test.conf", "-p", "/run/snmpd.pid")]


class Tftp(Server):
    name = "tftp"
    ports = {"tftp": ("udp", 69)}

    def settings(self):
        return {"/srv/tftp/boot.txt": "A file to be read.\n" * 50}

    def commands(self):
        return [("in.tftpd", "-L", "-a", ":69", "-u", "tftp", "-s", "/srv/tftp")]


class L2tp(Server):
    name = "l2tp"
    ports = {"l2tp": ("udp", 1701)}

    def settings(self):
        return {
            "/etc/xl2tpd/test.conf": """[global]
port = 1701
[lns default]
ip range = 192.0.2.100-192.0.2.110
local ip = 192.0.2.1
hostname = l2tp.example.test
"""
        }

    def prepare(self):
        self.host.run("/bin/sh", "-euc", "mkdir -p /run/xl2tpd; : >/etc/xl2tpd/none")

    def commands(self):
        return [
            (
                *("xl2tpd", "-D", "-c", "/etc/xl2tpd/test.conf", "-p", "/run/xl2tpd/pid"),
                *("-C", "/run/xl2tpd/control", "-s", "/etc/xl2tpd/none"),
            )
        ]


class Ssh(Server):
    name = "ssh"
    ports = {"ssh": ("tcp", 22)}

    def settings(self):
        return {
            "/etc/ssh/test.conf": """Port 22
HostKey /etc/ssh/key_ed25519
HostKey /etc/ssh/key_ecdsa
UsePAM no
PidFile none
"""
        }

    def prepare(self):
        keys = (
            "for kind in ed25519 ecdsa; do ssh-keygen -q -t $kind -N '' -f /etc/ssh/key_$kind; done"
        )
        self.host.run("/bin/sh", "-euc", "mkdir -p /run/sshd; " + keys)

    def commands(self):
        return [("/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/test.conf")]


class Web(Server):
    """nginx: plain, and a port for each kind of certificate. `authority` made them."""

    name = "web"
    ports = {
        "http": ("tcp", 80),
        "redirect": ("tcp", 8080),
        "big": ("tcp", 8081),
        "winrm": ("tcp", 5985),
        "winrms": ("tcp", 5986),
        "https": ("tcp", 443),
        "https-rsa": ("tcp", 4431),
        "https-tls12": ("tcp", 4432),
        "https-expired": ("tcp", 4433),
        "https-future": ("tcp", 4434),
        "https-wrong-name": ("tcp", 4435),
        "https-self-signed": ("tcp", 4436),
        "https-no-chain": ("tcp", 4437),
        "https-client-certificate": ("tcp", 4438),
        "https-ed25519": ("tcp", 4439),
    }
    # What Windows says to Identify (MS-WSMV section 3.1.4.1.23); the program is nginx all the same.
    WINRM = """location = /wsman {
if ($http_wsmanidentify = unauthenticated) { return 200 '<s:Envelope xml:lang="en-US"\
 xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><wsmid:IdentifyResponse\
 xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">\
<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>\
<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>\
<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>\
</wsmid:IdentifyResponse></s:Body></s:Envelope>'; }
default_type application/soap+xml;
add_header WWW-Authenticate Negotiate always;
add_header WWW-Authenticate Kerberos always;
return 401 '';
}
"""
    # port: certificate, and what else is said of it
    TLS = {
        "https": ("valid", ""),
        "https-rsa": ("valid-rsa", ""),
        "https-tls12": ("valid-rsa", "ssl_protocols TLSv1.2;"),
        "https-expired": ("expired", ""),
        "https-future": ("future", ""),
        "https-wrong-name": ("wrong-name", ""),
        "https-self-signed": ("self-signed", ""),
        "https-no-chain": ("valid", "ssl_certificate_key /tls/valid.key;"),
        "https-client-certificate": (
            "valid",
            "ssl_client_certificate /tls/root.pem; ssl_verify_client on;",
        ),
        "https-ed25519": ("valid-ed25519", ""),
    }

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def _server(self, name, certificate, more):
        file = "pem" if name == "https-no-chain" else "chain"
        key = "" if "certificate_key" in more else f"ssl_certificate_key /tls/{certificate}.key;"
        port = self.port(name)
        return (
            f"server {{ listen {port} ssl; listen [::]:{port} ssl; server_name _;"
            f" ssl_certificate /tls/{certificate}.{file}; {key} {more} return 200 'secret\\n'; }}\n"
        )

    def settings(self):
        files = {}
        for file in self.authority.folder.iterdir():
            if file.suffix in (".pem", ".key", ".chain"):
                files[f"/tls/{file.name}"] = file.read_text()
        secured = "".join(self._server(name, *row) for name, row in self.TLS.items())
        files["/etc/nginx/test.conf"] = (
            """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log stderr;
events { worker_connections 512; }
http {
access_log off;
ssl_protocols TLSv1.2 TLSv1.3;
server { listen 80; listen [::]:80; server_name _; return 200 'open\\n'; }
server { listen 8080; listen [::]:8080; return 301 https://www.example.test/start?from=http; }
server { listen 8081; root /srv/web; }
server { listen 5985; listen [::]:5985; listen 5986 ssl; listen [::]:5986 ssl;
ssl_certificate /tls/valid.chain; ssl_certificate_key /tls/valid.key;
"""
            + self.WINRM
            + "}\n"
            + secured
            + "}\n"
        )
        files["/srv/web/index.html"] = "<html>" + "x" * 100000 + "</html>\n"
        return files

    def prepare(self):
        self.host.run("/bin/sh", "-euc", "mkdir -p /var/log/nginx /var/lib/nginx")

    def commands(self):
        return [("nginx", "-c", "/etc/nginx/test.conf", "-g", "daemon off;")]


class Mail(Server):
    """
    Exim for SMTP, Dovecot for POP3 and IMAP, all with and without TLS; on port 2525 Exim has none.
    """

    name = "mail"
    options = {"hostname": "mail.example.test"}
    ports = {
        "smtp": ("tcp", 25),
        "submission": ("tcp", 587),
        "smtps": ("tcp", 465),
        "smtp-no-tls": ("tcp", 2525),
        "pop3": ("tcp", 110),
        "pop3s": ("tcp", 995),
        "imap": ("tcp", 143),
        "imaps": ("tcp", 993),
    }

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        return {
            "/tls/chain": self.authority.path("valid-rsa.chain").read_text(),
            "/tls/key": self.authority.path("valid-rsa.key").read_text(),
            "/etc/exim4/test.conf": """primary_hostname = mail.example.test
local_interfaces = <; 0.0.0.0 ; ::0
daemon_smtp_ports = 25 : 587 : 465 : 2525
tls_advertise_hosts = ${if eq{$received_port}{2525}{}{*}}
tls_on_connect_ports = 465
tls_certificate = /tls/chain
tls_privatekey = /tls/key
# The banner of two lines is that of port 587.
smtp_banner = $primary_hostname ESMTP Exim $version_number\\
  ${if eq{$received_port}{587}{\\nNo mail is taken here}{}}
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = deny
log_file_path = /var/spool/exim4/%slog
spool_directory = /var/spool/exim4
never_users =
begin acl
deny:
  deny
""",
            "/etc/dovecot/test.conf": """protocols = imap pop3
base_dir = /run/dovecot
log_path = /dev/stderr
ssl = yes
ssl_cert = </tls/chain
ssl_key = </tls/key
disable_plaintext_auth = no
login_greeting = Dovecot of the tests ready.
listen = *, ::
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/tmp
}
""",
        }

    def prepare(self):
        spool = "mkdir -p /var/spool/exim4 /run/dovecot; chown -R Debian-exim /var/spool/exim4"
        self.host.run("/bin/sh", "-euc", spool + "; chown root /etc/exim4/test.conf")

    def commands(self):
        return [
            ("exim4", "-bdf", "-C", "/etc/exim4/test.conf"),
            ("dovecot", "-F", "-c", "/etc/dovecot/test.conf"),
        ]


class Ftp(Server):
    """vsftpd, once with a banner of one line and once, on port 2121, with one of three."""

    name = "ftp"
    ports = {"ftp": ("tcp", 21), "ftp-lines": ("tcp", 2121)}
    COMMON = """listen=NO
listen_ipv6=YES
anonymous_enable=YES
local_enable=NO
seccomp_sandbox=NO
secure_chroot_dir=/run/vsftpd/empty
background=NO
"""

    def settings(self):
        return {
            "/etc/vsftpd-1.conf": self.COMMON
            + "listen_port=21\nftpd_banner=(vsFTPd of the tests)\n",
            "/etc/vsftpd-2.conf": self.COMMON + "listen_port=2121\nbanner_file=/etc/banner\n",
            "/etc/banner": "Files of the tests\nNothing is here\nGo away\n",
        }

    def prepare(self):
        self.host.run("/bin/sh", "-euc", "mkdir -p /run/vsftpd/empty /srv/ftp")

    def commands(self):
        return [("vsftpd", "/etc/vsftpd-1.conf"), ("vsftpd", "/etc/vsftpd-2.conf")]


class Ntp(Server):
    """chrony, which has no source and says stratum 8 of its own clock. It never sets it."""

    name = "ntp"
    ports = {"ntp": ("udp", 123)}

    def settings(self):
        return {
            "/etc/chrony/test.conf": "local stratum 8\nallow all\ncmdport 0\nbindcmdaddress /\n"
            "pidfile /run/chronyd.pid\n"
        }

    def commands(self):
        return [("chronyd", "-d", "-x", "-u", "root", "-f", "/etc/chrony/test.conf")]


class Rdp(Server):
    """xrdp, which takes only TLS on port 3389 and only its own encryption on port 3390."""

    name = "rdp"
    ports = {"rdp": ("tcp", 3389), "rdp-old": ("tcp", 3390)}

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        texts = {}
        for number, layer, port in ((1, "tls", 3389), (2, "rdp", 3390)):
            texts[
                f"/etc/xrdp/test-{number}.ini"
            ] = f"""[Globals]
ini_version=1
fork=true
port={port}
use_vsock=false
security_layer={layer}
crypt_level=high
certificate=/tls/valid-rsa.chain
key_file=/tls/valid-rsa.key
ssl_protocols=TLSv1.2, TLSv1.3
autorun=
[Logging]
LogFile=/dev/stdout
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
"""
        for name in ("valid-rsa.chain", "valid-rsa.key"):
            texts[f"/tls/{name}"] = self.authority.path(name).read_text()
        return texts

    def prepare(self):
        self.host.run(
            "/bin/sh", "-euc", "mkdir -p /run/xrdp; xrdp-keygen xrdp /etc/xrdp/rsakeys.ini"
        )

    def commands(self):
        return [
            ("xrdp", "--nodaemon", "--config", f"/etc/xrdp/test-{number}.ini") for number in (1, 2)
        ]


class Ike(Server):
    """strongSwan's charon, with one connection that both versions of IKE may ask for."""

    name = "ike"
    ports = {"ike": ("udp", 500), "ike-nat": ("udp", 4500)}

    def settings(self):
        return {
            "/etc/ipsec.conf": """config setup
conn any
    keyexchange=ike
    ike=aes256-sha256-modp2048!
    left=%any
    right=%any
    authby=secret
    auto=add
""",
            "/etc/ipsec.secrets": ': PSK "secret of the tests"\n',
            "/etc/strongswan.conf": """charon {
    load_modular = yes
    plugins { include strongswan.d/charon/*.conf }
    install_routes = no
    filelog { stderr { ike = 1 } }
}
""",
        }

    def commands(self):
        return [("/usr/lib/ipsec/starter", "--nofork")]

    def wait(self):
        self.host.wait_for(lambda: "added configuration 'any'" in self.host.log(), "the connection")


class Ldap(Server):
    """OpenLDAP's slapd, which has a root DSE and nothing else: no TLS either."""

    name = "ldap"
    ports = {"ldap": ("tcp", 389)}

    def settings(self):
        return {"/etc/ldap/test.conf": "pidfile /run/slapd.pid\n"}

    def commands(self):
        return [("slapd", "-d", "0", "-f", "/etc/ldap/test.conf", "-h", "ldap:///")]


class MySql(Server):
    """
    MariaDB four times, without a database: with TLS, without it, one that has had enough of the
    client, and one that knows its users and soon has enough.
    """

    name = "mysql"
    ports = {
        "mysql": ("tcp", 3306),
        "mysql-no-tls": ("tcp", 3307),
        "mysql-blocked": ("tcp", 3308),
        "mysql-guarded": ("tcp", 3309),
    }
    PATIENCE = 8  # connections without a logon
    ANYBODY = "--skip-grant-tables"
    MORE = {
        "mysql": (ANYBODY, "--ssl-cert=/tls/chain", "--ssl-key=/tls/key"),
        "mysql-no-tls": (ANYBODY, "--skip-ssl"),
        "mysql-blocked": (ANYBODY, "--skip-ssl", "--max-connect-errors=1"),
        "mysql-guarded": ("--skip-ssl", f"--max-connect-errors={PATIENCE}"),
    }
    TABLES = "mysql_system_tables.sql mysql_system_tables_data.sql"
    USERS = f'cd /usr/share/mysql; cat /users/begin {TABLES} /users/end | "$@"'
    INNODB = ("--skip-innodb", "--default-storage-engine=Aria")

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        return {
            "/tls/chain": self.authority.path("valid-rsa.chain").read_text(),
            "/tls/key": self.authority.path("valid-rsa.key").read_text(),
            "/users/begin": "CREATE DATABASE mysql;\nUSE mysql;\n",
            "/users/end": """INSERT INTO global_priv VALUES ('%', 'somebody', '{}');\n""",
            # It counts what goes wrong of clients that it can find the name of.
            "/etc/hosts": f"127.0.0.1 localhost\n{self.lan.address} client.example.test\n",
        }

    def prepare(self):
        self.host.run("mkdir", *(f"/srv/{name}" for name in self.ports))
        self.host.run(
            *("/bin/sh", "-euc", self.USERS, "sh", "mariadbd", "--no-defaults", "--user=root"),
            *(*self.INNODB, "--datadir=/srv/mysql-guarded", "--bootstrap"),
        )

    def commands(self):
        return [
            (
                *("mariadbd", "--no-defaults", "--user=root"),
                *(*self.INNODB, f"--datadir=/srv/{name}"),
                *(f"--port={self.port(name)}", f"--socket=/srv/{name}/socket"),
                *self.MORE[name],
            )
            for name in self.ports
        ]

    def wait(self):
        """Until the client is blocked, for not having logged on."""

        def is_blocked():
            address, port = self.address, self.port("mysql-blocked")
            return b"is blocked" in ask_tcp(self.lan, address, port, (b"",))[0]

        self.host.wait_for(is_blocked, "the block")


class PostgreSql(Server):
    """PostgreSQL with TLS, and without it."""

    name = "postgresql"
    ports = {"postgresql": ("tcp", 5432), "postgresql-no-tls": ("tcp", 5433)}
    PROGRAMS = "/usr/lib/postgresql/15/bin"
    AS_USER = ("chroot", "--userspec=postgres:postgres", "/")

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        return {
            "/tls/chain": self.authority.path("valid-rsa.chain").read_text(),
            "/tls/key": self.authority.path("valid-rsa.key").read_text(),
        }

    def prepare(self):
        self.host.run(
            "/bin/sh", "-euc", "chmod 600 /tls/key; chown postgres /tls/key; chown postgres /srv"
        )
        self.host.run(
            *(*self.AS_USER, f"{self.PROGRAMS}/initdb", "--no-sync", "--no-instructions"),
            *("-U", "postgres", "--auth-host=scram-sha-256", "--auth-local=trust"),
            *("-D", "/srv/postgresql"),
        )
        self.host.run("cp", "-a", "/srv/postgresql", "/srv/postgresql-no-tls")

    def commands(self):
        tls = ("-c", "ssl=on", "-c", "ssl_cert_file=/tls/chain", "-c", "ssl_key_file=/tls/key")
        return [
            (
                *(*self.AS_USER, f"{self.PROGRAMS}/postgres", "-D", f"/srv/{name}"),
                *("-c", "listen_addresses=*", "-c", f"port={self.port(name)}"),
                *("-c", f"unix_socket_directories=/srv/{name}", "-c", "fsync=off"),
                *(tls if name == "postgresql" else ()),
            )
            for name in self.ports
        ]


class Redis(Server):
    """Redis that is open to all, one with a password, and one that protects itself."""

    name = "redis"
    ports = {
        "redis": ("tcp", 6379),
        "redis-password": ("tcp", 6380),
        "redis-protected": ("tcp", 6381),
    }
    MORE = {
        "redis": ("--protected-mode", "no"),
        "redis-password": ("--protected-mode", "no", "--requirepass", "secret"),
        "redis-protected": ("--protected-mode", "yes"),
    }

    def commands(self):
        return [
            (
                *("redis-server", "--port", str(self.port(name)), "--save", "", "--dir", "/srv"),
                *("--bind", "*", "-::*", *more),
            )
            for name, more in self.MORE.items()
        ]


class Mqtt(Server):
    """Mosquitto, open to all, with and without TLS; and, on port 1884, for those it knows."""

    name = "mqtt"
    ports = {
        "mqtt": ("tcp", 1883),
        "mqtt-password": ("tcp", 1884),
        "mqtts": ("tcp", 8883),
    }

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        return {
            "/tls/chain": self.authority.path("valid-rsa.chain").read_text(),
            "/tls/key": self.authority.path("valid-rsa.key").read_text(),
            "/etc/mosquitto/test.conf": """user root
per_listener_settings true
log_dest stderr
log_type all
listener 1883
allow_anonymous true
listener 1884
allow_anonymous false
listener 8883
allow_anonymous true
certfile /tls/chain
keyfile /tls/key
""",
        }

    def commands(self):
        return [("mosquitto", "-c", "/etc/mosquitto/test.conf")]


SERVERS = {
    "dc": DomainController,
    "files": FileServer,
    "oldfiles": OldFileServer,
    "bind": Bind,
    "snmp": Snmp,
    "tftp": Tftp,
    "l2tp": L2tp,
    "ssh": Ssh,
    "web": Web,
    "mail": Mail,
    "ftp": Ftp,
    "ntp": Ntp,
    "rdp": Rdp,
    "ike": Ike,
    "sip": Sip,
    "stun": Stun,
    "mdns": Mdns,
    "memcached": Memcached,
    "radius": Radius,
    "quic": Quic,
    "ldap": Ldap,
    "mysql": MySql,
    "postgresql": PostgreSql,
    "redis": Redis,
    "mqtt": Mqtt,
    "played": Played,
    "filtered": Filtered,
    "crowd": Crowd,
}


def start(name, lan, authority):
    """Starts one of SERVERS; `authority` is certificates.Authority, for those with TLS."""
    kind = SERVERS[name]
    secured = (Bind, Web, Mail, Rdp, MySql, PostgreSql, Mqtt, Quic)
    return kind(lan, authority) if kind in secured else kind(lan)
