# SPDX-License-Identifier: MIT
"""
Servers whose protocols are asked over UDP before all (see servers.py).
"""

from server import Server

RADIUS_SECRET = "secret of the tests"


class Sip(Server):
    """Kamailio, which answers OPTIONS that are meant for itself, and takes no calls."""

    name = "sip"
    ports = {"sip": ("udp", 5060), "sip-tcp": ("tcp", 5060)}

    def settings(self):
        return {
            "/etc/kamailio/test.cfg": """#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:0.0.0.0:5060
listen=tcp:0.0.0.0:5060
listen=udp:[::]:5060
loadmodule "sl.so"
loadmodule "textops.so"
loadmodule "pv.so"
loadmodule "siputils.so"
modparam("siputils", "options_accept", "application/sdp")
modparam("siputils", "options_support", "path, outbound")
request_route {
    append_to_reply("Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\\r\\n");
    if (is_method("OPTIONS")) {
        options_reply();
        exit;
    }
    sl_send_reply("403", "No calls here");
}
"""
        }

    def commands(self):
        return [("kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", "/etc/kamailio/test.cfg")]


class Stun(Server):
    """coturn, for STUN alone."""

    name = "stun"
    ports = {"stun": ("udp", 3478), "stun-tcp": ("tcp", 3478)}

    def commands(self):
        return [
            (
                *("turnserver", "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls"),
                *("--log-file", "stdout", "--pidfile", "/run/turnserver.pid"),
                *("--listening-ip", self.address, "--listening-ip", self.address6),
            )
        ]


class Mdns(Server):
    """avahi, with a printer, a file server and itself to tell of."""

    name = "mdns"
    options = {"hostname": "mdns"}
    ports = {"mdns": ("udp", 5353)}

    def settings(self):
        service = (
            "<service-group><name replace-wildcards='yes'>{} on %h</name>"
            "<service><type>{}</type><port>{}</port><txt-record>of=tests</txt-record>"
            "</service></service-group>\n"
        )
        return {
            "/etc/avahi/avahi-daemon.conf": """[server]
host-name=mdns
domain-name=local
use-ipv4=yes
use-ipv6=yes
allow-interfaces=eth0
enable-dbus=no
[publish]
publish-workstation=no
publish-hinfo=yes
""",
            "/etc/avahi/services/printer.service": service.format("Printer", "_ipp._tcp", 631),
            "/etc/avahi/services/files.service": service.format("Files", "_smb._tcp", 445),
            "/etc/avahi/services/web.service": service.format("Web", "_http._tcp", 80),
        }

    def prepare(self):
        self.host.run("/bin/sh", "-euc", "mkdir -p /run/avahi-daemon")

    def commands(self):
        return [("avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits")]

    def wait(self):
        """A name is its own when nobody has objected to it."""
        self.host.wait_for(lambda: self.host.log().count("established") >= 3, "the services")


class Memcached(Server):
    """Over UDP too, which it has switched off unless told otherwise."""

    name = "memcached"
    ports = {"memcached": ("tcp", 11211), "memcached-udp": ("udp", 11211)}

    def commands(self):
        return [("memcached", "-u", "nobody", "-p", "11211", "-U", "11211", "-m", "8", "-t", "1")]


class Radius(Server):
    """FreeRADIUS, which knows the hosts of the Lan by RADIUS_SECRET and lets nobody in."""

    name = "radius"
    ports = {"radius": ("udp", 1812), "radius-accounting": ("udp", 1813)}

    def settings(self):
        return {
            "/etc/raddb/radiusd.conf": f"""prefix = /usr
exec_prefix = /usr
name = freeradius
confdir = /etc/raddb
logdir = /var/log
db_dir = /run
libdir = /usr/lib/freeradius
pidfile = /run/freeradius.pid
max_requests = 256
hostname_lookups = no
security {{
    status_server = yes
}}
client lan {{
    ipaddr = 10.77.0.0/16
    secret = "{RADIUS_SECRET}"
}}
client lan6 {{
    ipv6addr = fd77::/64
    secret = "{RADIUS_SECRET}"
}}
thread pool {{
    start_servers = 1
    max_servers = 2
}}
modules {{
    always ok {{
        rcode = ok
    }}
    always reject {{
        rcode = reject
    }}
}}
server test {{
    listen {{
        type = auth
        ipaddr = *
        port = 1812
    }}
    listen {{
        type = acct
        ipaddr = *
        port = 1813
    }}
    authorize {{
        Autz-Type Status-Server {{
            update reply {{
                Reply-Message := "RADIUS of the tests"
            }}
            ok
        }}
        reject
    }}
    accounting {{
        Acct-Type Status-Server {{
            ok
        }}
    }}
}}
"""
        }

    def commands(self):
        return [("freeradius", "-f", "-l", "stdout", "-d", "/etc/raddb")]


class Quic(Server):
    """The example server of ngtcp2. `authority` made its certificate."""

    name = "quic"
    ports = {"quic": ("udp", 443)}

    def __init__(self, lan, authority):
        self.authority = authority
        super().__init__(lan)

    def settings(self):
        return {
            "/tls/chain": self.authority.path("valid.chain").read_text(),
            "/tls/key": self.authority.path("valid.key").read_text(),
        }

    def commands(self):
        return [("gtlsserver", "--quiet", self.address, "443", "/tls/key", "/tls/chain")]
