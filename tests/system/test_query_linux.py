# SPDX-License-Identifier: MIT
"""
`portledger query` in networks that drop and reject, by nftables: the status, and who said what. The
far side of a cable is a namespace of its own, as a firewall is a machine of its own.
"""

import os
import pty
import subprocess

import pytest

PORT = 7777
NEAR = {4: "10.9.0.1", 6: "fd09::1"}
FAR = {4: "10.9.0.2", 6: "fd09::2"}
BITS = {4: 24, 6: 64}

# A network behind the far side, where nobody needs to be: who asks there is stopped on the way.
BEYOND = {4: "10.10.0.2", 6: "fd0a::2"}
BEYOND_GATE = {4: "10.10.0.1/24", 6: "fd0a::1/64"}

# What nftables does with the port; what comes of it over TCP: status, ICMP type and code of either
# version.
VERDICTS = [
    ("drop", "FILTERED", None, None),
    ("reject with tcp reset", "NOT LISTENING", None, None),
    ("reject with icmpx type port-unreachable", "FILTERED", (3, 3), (1, 4)),
    ("reject with icmpx type admin-prohibited", "FILTERED", (3, 13), (1, 1)),
    ("reject with icmpx type host-unreachable", "FILTERED", (3, 1), (1, 3)),
    ("reject with icmpx type no-route", "FILTERED", (3, 0), (1, 0)),
]

# Over UDP these differ.
UDP_STATUS = {
    "drop": "LISTENING or FILTERED",
    "reject with icmpx type port-unreachable": "NOT LISTENING",
}


@pytest.fixture(name="net")
def network(machine):
    """A cable from the machine to a second namespace, which answers for itself."""
    far = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )
    assert far.stdout.readline() == b"up\n"

    def at(holder, *command, **options):
        subprocess.run(
            ["nsenter", "-t", str(holder.pid), "-n", "--", *command], check=True, **options
        )

    near = machine.holder
    at(near, "ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    at(near, "ip", "link", "set", "far", "netns", str(far.pid))
    for holder, name, addresses in ((near, "near", NEAR), (far, "far", FAR)):
        for family, address in addresses.items():
            option = ["nodad"] if family == 6 else []
            at(holder, "ip", "address", "add", f"{address}/{BITS[family]}", "dev", name, *option)
        at(holder, "ip", "link", "set", name, "up")
    for name in ("ipv4/icmp_ratelimit", "ipv6/icmp/ratelimit"):
        at(far, "sh", "-c", f"echo 0 > /proc/sys/net/{name}")

    def rule(verdict, transport):
        table = f"""table inet test {{
            chain in {{
                type filter hook input priority 0;
                {transport} dport {PORT} {verdict}
            }}
        }}
        """
        at(far, "nft", "flush", "ruleset")
        at(far, "nft", "-f", "-", input=table, text=True)

    def route_on(verdict):
        """The far side becomes a router, which does so with all that it is to pass on."""
        at(far, "ip", "link", "add", "inside", "type", "veth", "peer", "name", "outside")
        for name in ("inside", "outside"):
            at(far, "ip", "link", "set", name, "up")
        for family, gate in BEYOND_GATE.items():
            option = ["nodad"] if family == 6 else []
            at(far, "ip", "address", "add", gate, "dev", "inside", *option)
            at(near, "ip", "route", "add", BEYOND[family], "via", FAR[family])
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            at(far, "sh", "-c", f"echo 1 > /proc/sys/net/{name}")
        table = f"""table inet test {{
            chain on {{
                type filter hook forward priority 0;
                {verdict}
            }}
        }}
        """
        at(far, "nft", "-f", "-", input=table, text=True)

    machine.rule = rule
    machine.route_on = route_on
    yield machine
    far.kill()
    far.wait()
    far.stdout.close()


def ask(net, family, transport, port=PORT, addresses=FAR):
    result = net.run(
        "portledger", "query", addresses[family], "-e", str(port), "-p", transport, "--timeout", "500ms",
        "--json",
    )
    (record,) = result.json()
    assert result.status == {"LISTENING": 0, "NOT LISTENING": 1}.get(record["status"], 2), result
    return record


@pytest.mark.parametrize("family", (4, 6))
@pytest.mark.parametrize("transport", ("tcp", "udp"))
@pytest.mark.parametrize("verdict, status, icmp, icmp6", VERDICTS)
def test_a_firewall_is_told_from_a_closed_port(net, family, transport, verdict, status, icmp, icmp6):
    if "tcp" in verdict and transport == "udp":
        return
    net.rule(verdict, transport)
    record = ask(net, family, transport)
    said = icmp if family == 4 else icmp6
    if transport == "udp":
        status = UDP_STATUS.get(verdict, status)
    assert record["status"] == status, record
    if said is None:
        assert record["icmp"] is None
        assert record["cause"] == ("timeout" if verdict == "drop" else "reset")
    else:
        assert record["cause"] == "ICMP"
        assert (record["icmp_type"], record["icmp_code"]) == said
        assert record["icmp_from"] == FAR[family]


def test_a_closed_port_of_a_remote_host_is_not_listening(net):
    for family in (4, 6):
        assert ask(net, family, "tcp")["cause"] == "reset"
        assert ask(net, family, "udp")["icmp_from"] == FAR[family]


def test_a_router_does_not_speak_for_a_host(net):
    net.route_on("reject with icmpx type port-unreachable")
    for family, said in ((4, (3, 3)), (6, (1, 4))):
        for transport in ("tcp", "udp"):
            record = ask(net, family, transport, addresses=BEYOND)
            assert (record["status"], record["cause"]) == ("FILTERED", "ICMP"), record
            assert (record["icmp_type"], record["icmp_code"]) == said
            assert record["icmp_from"] == FAR[family]


def test_a_host_that_is_not_there_is_unreachable(net):
    result = net.run(
        "portledger", "query", "10.9.0.99", "192.0.2.1", "-e", "80", "--timeout", "3s",
        "--attempts", "2", "--json",
    )
    assert result.status == 2, result
    # No neighbour answers; and there is no route.
    for record in result.json():
        assert (record["status"], record["cause"]) == ("FILTERED", "unreachable"), record


def test_what_this_machine_forbids_is_no_word_about_the_target(net):
    net.native(
        ["nft", "add", "table", "inet", "own"]
    ).wait()
    net.native(
        ["nft", "add", "chain", "inet", "own", "out",
         "{ type filter hook output priority 0; }"]
    ).wait()
    net.native(["nft", "add", "rule", "inet", "own", "out", "udp", "dport", str(PORT), "drop"]).wait()
    result = net.run("portledger", "query", FAR[4], "-e", str(PORT), "-p", "udp", "--json")
    (record,) = result.json()
    assert result.status == 5 and record["status"] == "NOT ASKED", result
    assert record["cause"] == "local error" and "permitted" in record["detail"]


def on_a_terminal(net, *arguments, **variables):
    """What a query writes to standard error where that is a terminal."""
    near, far = pty.openpty()
    process = net.native(
        [net.program("portledger"), "query", *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=far, env={"TERM": "xterm", **variables},
    )
    os.close(far)
    seen = b""
    try:
        while more := os.read(near, 4096):
            seen += more
    except OSError:  # the other side is gone
        pass
    os.close(near)
    process.wait()
    return seen.decode()


def test_a_long_query_shows_its_progress_on_a_terminal(net):
    net.rule("drop", "tcp")
    words = (FAR[4], "-e", str(PORT), "--timeout", "1s", "--attempts", "2")
    seen = on_a_terminal(net, *words)
    assert "\r\x1b[K0 of 1 ports asked, 0 listen" in seen
    assert seen.endswith("\r\x1b[K")  # and takes it away
    assert on_a_terminal(net, *words, NO_COLOR="1") == seen  # which is no matter of colours
    assert on_a_terminal(net, *words, "--quiet") == ""


# A name of several addresses, in /etc/hosts of its own.
KNOWING = 'mount --bind "$1" /etc/hosts; shift; exec "$@"'
MANY = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]


def test_a_name_with_several_addresses_is_asked_at_the_first_or_at_each(machine):
    hosts = machine.folder / "hosts"
    hosts.write_text("".join(f"{address} many\n" for address in MANY))
    machine.around = ["unshare", "-m", "sh", "-euc", KNOWING, "sh", str(hosts)]

    def run(*options):
        result = machine.run("portledger", "query", "many", "-o", "1,2", "--json", *options)
        assert result.status == 1, result
        return result

    result = run()
    records = result.json()
    first = records[0]["address"]
    others = [address for address in MANY if address != first]
    assert [record["address"] for record in records] == [first] * 2
    assert sorted(records[0]["other_addresses"].split(", ")) == others
    assert f"many is asked at {first}, and not at " in result.err
    assert "--all-addresses" in result.err

    result = run("--all-addresses")
    asked = sorted((record["address"], record["port"]) for record in result.json())
    assert asked == [(address, port) for address in MANY for port in (1, 2)]
    assert "--all-addresses" not in result.err

    table = machine.run("portledger", "query", "many", "-o", "1,2", "--all-addresses").out
    rows = [line.split()[1:3] for line in table.splitlines()[1:]]
    assert [port for _, port in rows] == ["1", "2"] * 3
    assert [rows[i][0] for i in (0, 2, 4)] == [rows[i][0] for i in (1, 3, 5)]
