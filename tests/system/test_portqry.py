# SPDX-License-Identifier: MIT
"""
The program in PortQry's place: the samples of Microsoft's articles (KB 832919, and its later
revision), each against a server that plays the other side; exit codes; batch files; interactive
mode.
"""

import pathlib
import re
import shutil
import subprocess

import pytest

from machines import PATIENCE, Result, wait_until
from terminals import Terminal

SERVER = pathlib.Path(__file__).with_name("portqry_server.py")

# As the services file of Windows had them; 389/udp and 1745 are in none.
SERVICES = """
ftp 21/tcp
smtp 25/tcp
domain 53/tcp
domain 53/udp
tftp 69/udp
http 80/tcp
epmap 135/tcp
epmap 135/udp
netbios-ns 137/udp
snmp 161/udp
ldap 389/tcp
https 443/tcp
ms-sql-m 1434/udp
l2tp 1701/udp
"""

HOSTS = {
    "vpnserver": "169.254.12.225",
    "myserver.example.com": "169.254.23.4",
    "myproxy-server": "169.254.24.86",
    "DC1": "169.254.1.1",
    "MyFtpServer": "169.254.1.2",
}

ATTEMPTING = "Attempting to resolve name to IP address...\n\nName resolved to %s\n\n"

CLDAP = """\
Using ephemeral source port
Sending LDAP query to UDP port 389...

LDAP query response:

currentdate: 12/15/2003 10:24:50 (unadjusted GMT)
subschemaSubentry: CN=Aggregate,CN=Schema,CN=Configuration,DC=domain,DC=example,DC=com
dsServiceName: CN=NTDS Settings,CN=myserver,CN=Servers,CN=Default-First-Site-Name,CN=Sites,\
CN=Configuration,DC=domain,DC=example,DC=com
namingContexts: DC=domain,DC=example,DC=com
defaultNamingContext: DC=domain,DC=example,DC=com
schemaNamingContext: CN=Schema,CN=Configuration,DC=domain,DC=example,DC=com
configurationNamingContext: CN=Configuration,DC=domain,DC=example,DC=com
rootDomainNamingContext: DC=domain,DC=example,DC=com
supportedControl: 1.2.840.113556.1.4.319
supportedLDAPVersion: 3
supportedLDAPPolicies: MaxPoolThreads
highestCommittedUSN: 4259431
supportedSASLMechanisms: GSSAPI
dnsHostName: myserver.domain.example.com
ldapServiceName: domain.example.com:myserver$@domain.EXAMPLE.COM
serverName: CN=myserver,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,\
DC=domain,DC=example,DC=com
supportedCapabilities: 1.2.840.113556.1.4.800
isSynchronized: TRUE
isGlobalCatalogReady: TRUE
domainFunctionality: 0
forestFunctionality: 0
domainControllerFunctionality: 2

======== End of LDAP query response ========
"""

RPC = """\
Using ephemeral source port
Querying Endpoint Mapper Database...
Server's response:

UUID: 50abc2a4-574d-40b3-9d66-ee4fd5fba076
ncacn_ip_tcp:169.254.12.191[4144]

UUID: ecec0d70-a603-11d0-96b1-00a0c91ece30 NTDS Backup Interface
ncacn_np:\\\\MYSERVER[\\PIPE\\lsass]

UUID: e3514235-4b06-11d1-ab04-00c04fc2dcd2 MS NT Directory DRS Interface
ncacn_ip_tcp:169.254.12.191[1030]

UUID: e3514235-4b06-11d1-ab04-00c04fc2dcd2 MS NT Directory DRS Interface
ncadg_ip_udp:169.254.12.191[1032]

UUID: 12345678-1234-abcd-ef00-01234567cffb
ncacn_np:\\\\MYSERVER[\\PIPE\\lsass]

UUID: 12345678-1234-abcd-ef00-01234567cffb
ncacn_np:\\\\MYSERVER[\\PIPE\\POLICYAGENT]

Total endpoints found: 6

==== End of RPC Endpoint Mapper query response ====

UDP port 135 is LISTENING
"""

SQL = """\
Sending SQL Server query to UDP port 1434...

Server's response:

ServerName SQL-Server1
InstanceName MSSQLSERVER
IsClustered No
Version 8.00.194
tcp 1433
np \\SQL-Server1\\pipe\\sql\\query

==== End of SQL Server query response ====

UDP port 1434 is LISTENING
"""

FILTERED = "UDP port %s service): LISTENING or FILTERED\n\n"

# Words behind -n HOST, the exit code, and what is said behind the frame.
SAMPLES = {
    "ldap": ("127.0.0.1", "-p udp -e 389", 0,
             FILTERED % "389 (unknown" + CLDAP + "\nUDP port 389 is LISTENING\n"),
    "rpc": ("127.0.0.1", "-p udp -e 135", 0, FILTERED % "135 (epmap" + RPC),
    "snmp": ("127.0.0.1", "-e 161 -p udp -cn !secure123!", 0,
             FILTERED % "161 (snmp" + "community name for query:\n\nsecure123\n\n"
             "Sending SNMP query to UDP port 161...\n\nUDP port 161 is LISTENING\n"),
    "snmp-wrong": ("127.0.0.1", "-e 161 -p udp", 2,
                   FILTERED % "161 (snmp" + "community name for query:\n\npublic\n\n"
                   "Sending SNMP query to UDP port 161...\n\nUDP port 161 is FILTERED\n"),
    "isa": ("myproxy-server", "-p udp -e 1745", 0,
            FILTERED % "1745 (unknown" + "Sending ISA query to UDP port 1745...\n\n"
            "UDP port 1745 is LISTENING\n"),
    "sql": ("127.0.0.1", "-e 1434 -p udp", 0, FILTERED % "1434 (ms-sql-m" + SQL),
    "tftp": ("myserver.example.com", "-p udp -e 69", 0,
             FILTERED % "69 (tftp" + "Sending TFTP query to UDP port 69...\n\n"
             "UDP port 69 is LISTENING\n"),
    "l2tp": ("vpnserver", "-e 1701 -p udp", 0,
             FILTERED % "1701 (l2tp" + "Sending L2TP query to UDP port 1701...\n\n"
             "UDP port 1701 is LISTENING\n"),
    "netbios": ("DC1", "-e 137 -p udp", 0,
                FILTERED % "137 (netbios-ns" + "Using ephemeral source port\n"
                "Attempting NETBIOS adapter status query to UDP port 137...\n\n"
                "Server's response: MAC address f027fd94117f\nUDP port: LISTENING\n"),
    "ftp": ("MyFtpServer", "-p tcp -e 21", 0,
            "TCP port 21 (ftp service): LISTENING\n\nData returned from port:\n"
            "220 Microsoft FTP Service\n\n"
            "331 Anonymous access allowed, send identity (e-mail name) as password.\n"),
    "smtp": ("127.0.0.1", "-p tcp -e 25", 0,
             "TCP port 25 (smtp service): LISTENING\n\nData returned from port:\n"
             "220 MyMailServer.domain.example.com Microsoft ESMTP MAIL Service, Version: "
             "6.0.3790.0 ready at Mon, 15 Dec 2003 10:24:50 -0800\n"),
    "dns": ("127.0.0.1", "-p udp -e 53", 0, "UDP port 53 (domain service): LISTENING\n"),
    "closed": ("127.0.0.1", "-e 80", 1, "TCP port 80 (http service): NOT LISTENING\n"),
    "silent": ("127.0.0.1", "-p udp -e 7", 2, "UDP port 7 (unknown service): LISTENING or FILTERED\n"),
    "both": ("127.0.0.1", "-p both -o 443,2", 1,
             "TCP port 443 (https service): LISTENING\n\n"
             "UDP port 443 (unknown service): NOT LISTENING\n\n"
             "TCP port 2 (unknown service): NOT LISTENING\n\n"
             "UDP port 2 (unknown service): NOT LISTENING\n"),
    "range-spares-rpc": ("127.0.0.1", "-p udp -r 135;136", 2,
                         FILTERED % "135 (epmap" + "UDP port 136 (unknown service): NOT LISTENING\n"),
    "ldap-tcp-from-a-port": ("127.0.0.1", "-e 389 -sp 3456", 0,
                             "TCP port 389 (ldap service): LISTENING\n\n"
                             + CLDAP.replace("Using ephemeral source port\n", "").replace("UDP", "TCP")),
    "ldap-from-a-port": ("127.0.0.1", "-p udp -e 389 -sp 3456", 0,
                         FILTERED % "389 (unknown" + CLDAP + "\nUDP port 389 is LISTENING\n"),
}


@pytest.fixture(name="there", scope="module")
def prepared(command_line):
    """The machine, with the names, the services and the servers of the samples."""
    machine, folder = command_line, command_line.folder
    (folder / "services").write_text(SERVICES)
    (folder / "hosts").write_text(
        "127.0.0.1 localhost\n" + "".join(f"{ip} {name}\n" for name, ip in HOSTS.items())
    )
    (folder / "nsswitch.conf").write_text("hosts: files\nservices: files\n")
    mounts = "; ".join(
        f'mount --bind "{folder / name}" /etc/{name}'
        for name in ("services", "hosts", "nsswitch.conf")
        if pathlib.Path("/etc", name).exists()
    )
    machine.around = ["unshare", "-m", "sh", "-euc", mounts + '; exec "$@"', "sh"]
    if machine.system == "windows":
        etc = machine.drive / "windows" / "system32" / "drivers" / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "services").write_text(SERVICES)
        shutil.copy2(machine.install_folder / "portledger.exe",
                     machine.install_folder / "PortQry.exe")
    else:
        shutil.copy2(machine.programs / "portledger", folder / "PortQry")
    for address in HOSTS.values():
        machine.native(["ip", "address", "add", address + "/32", "dev", "lo"]).wait()
    server = machine.native(
        ["/usr/bin/python3", str(SERVER)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    assert server.stdout.readline() == b"ready\n"
    yield machine
    server.kill()
    server.wait()
    server.stdout.close()


def portqry(machine, *words, timeout=PATIENCE):
    """Runs it under its name; line ends are those of the machine."""
    result = machine.run("PortQry", *words, timeout=timeout)
    result.out = plain(machine, result.out)
    return result


def plain(machine, text):
    if machine.system == "windows":
        assert "\n" not in text.replace("\r\n", "")
        return text.replace("\r\n", "\n")
    assert "\r" not in text
    return text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_as_in_the_article(there, name):
    host, words, status, said = SAMPLES[name]
    if there.system == "windows" and re.search("UDP.*: NOT LISTENING", said):
        # Wine does not tell of refused datagrams.
        said, status = re.sub("(UDP.*): NOT LISTENING", "\\1: LISTENING or FILTERED", said), 2
    result = portqry(there, "-n", host, *words.split(), *(["-nr"] if host[0] == "1" else []))
    frame = f"\nQuerying target system called:\n\n {host}\n\n"
    if host in HOSTS:
        frame += ATTEMPTING % HOSTS[host] + "querying...\n\n"
    assert result.out == frame + said + "\n"
    assert (result.status, result.err) == (status, "")


def test_an_address_is_looked_up(there):
    result = portqry(there, "-n", HOSTS["vpnserver"], "-e", "443")
    assert result.out == (
        f"\nQuerying target system called:\n\n {HOSTS['vpnserver']}\n\n"
        "Attempting to resolve IP address to a name...\n\nIP address resolved to vpnserver\n\n"
        "querying...\n\nTCP port 443 (https service): LISTENING\n\n"
    )
    result = portqry(there, "-n", "169.254.99.99", "-e", "443", timeout=60)
    assert "Failed to resolve IP address to name\n\nquerying...\n\n" in result.out


def test_a_name_that_has_no_address_ends_it(there):
    for words in ([], ["-q"]):
        result = portqry(there, "-n", "nobody.invalid", *words)
        assert result.status == 99
        assert result.out.endswith("Failed to resolve name to IP address\n" + ("" if words else "\n"))


def test_a_wrong_command_line_says_so(there):
    result = portqry(there, "-n", "h", "-e", "0")
    assert (result.status, result.out) == (99, "")
    assert result.err == ("portqry: -e takes a port from 1 to 65535\n"
                          "portqry -? shows the options\n")


def test_a_source_port_in_use_is_told_in_the_articles_words(there):
    holder = there.native(
        ["/usr/bin/python3", "-c", "import socket, time\ns = socket.socket(socket.AF_INET,"
         "socket.SOCK_DGRAM)\ns.bind(('', 3001))\nprint(flush=True)\ntime.sleep(60)"],
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    result = portqry(there, "-n", "127.0.0.1", "-p", "udp", "-e", "53", "-sp", "3001", "-q")
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert result.status == 99
    assert result.out == (
        "Cannot use specified source port.\nPort is already in use.\n"
        "Specify a port that is not in use and run the command again.\n"
    )


def test_a_quiet_log_is_as_in_the_article(there):
    for _ in range(2):  # quiet overwrites
        result = portqry(there, "-n", "127.0.0.1", "-e", "443", "-nr", "-l", "pqlog.txt", "-q")
        assert (result.status, result.out, result.err) == (0, "", "")
    log = plain(there, (there.folder / "pqlog.txt").read_bytes().decode())
    assert re.fullmatch(
        "PortQry Version 2.0 Log File\n\n"
        "System Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\n\n"
        "Command run:\n portqry -n 127.0.0.1 -e 443 -nr -l pqlog.txt -q\n\n"
        "Local computer name:\n\n \\S+\n\n"
        "Querying target system called:\n\n 127.0.0.1\n\n"
        "TCP port 443 \\(https service\\): LISTENING\n\n\n"
        "========= end of log file =========\n",
        log,
    ), log
    result = portqry(there, "-n", "127.0.0.1", "-e", "443", "-nr", "-l", "pqlog.txt")
    assert result.status == 99 and "-y overwrites it" in result.err
    assert plain(there, (there.folder / "pqlog.txt").read_bytes().decode()) == log


TYPED = """\
n 127.0.0.1
q dns
set cn=secure123
q snmp
set port=443
set p=tcp
set nr
q
nonsense
exit
"""

ANSWERS = (
    "Portqry Interactive Mode\n\nType 'help' for a list of commands\n\nDefault Node: 127.0.0.1\n\n"
    "Current option values:\n   end port= 80\n   protocol= TCP\n   source port= 0 (ephemeral)\n>",
    "Default Node: 127.0.0.1\n\n>",
    "resolving service name using local services file...\nUDP port resolved to the 'domain' "
    "service\n\nIP address resolved to localhost\n\nquerying...\n\nUDP port 53 (domain service): "
    "LISTENING\n\n>",
    "community name for query:\n\nsecure123\n\nSending SNMP query to UDP port 161...\n\n"
    "UDP port 161 is LISTENING\n\n>",
    "TCP port resolved to the 'https' service\n\nquerying...\n\nTCP port 443 (https service): "
    "LISTENING\n\n>",
    "There is no command 'nonsense'.",
)


def test_interactive_mode_obeys(there):
    out, err = there.folder / "typed.out", there.folder / "typed.err"
    (there.folder / "typed").write_text(TYPED)
    command = there.interactive(there.program("PortQry"), "-i")
    with open(there.folder / "typed", "rb") as keys, open(out, "wb") as o, open(err, "wb") as e:
        process = subprocess.Popen([*there.around, *command], stdin=keys, stdout=o, stderr=e,
                                   cwd=there.folder)
        status = process.wait(PATIENCE)
    said = plain(there, out.read_bytes().decode())
    assert (status, err.read_text()) == (0, ""), said
    for answer in ANSWERS:
        assert answer in said, said


def press(terminal, machine, keys, happened):
    """
    Types a line until something has happened. Wine 8 makes the terminal raw only after a program has
    written to its console: until then the terminal makes another key of Enter. A person would type
    again, too.
    """
    enter = b"\r" if machine.system == "windows" else b"\n"
    for _ in range(5 if machine.system == "windows" else 1):
        terminal.type(keys + enter)
        try:
            return wait_until(happened, f"what comes of {keys}", PATIENCE / 5)
        except AssertionError:
            pass
    raise AssertionError(f"{keys} were for nothing: {terminal.shown!r}")


def test_interactive_mode_on_a_terminal(there):
    """On Windows: in a console, which Wine draws on the terminal."""
    terminal = Terminal(there, "portqry", "-i", "-e", "443", "-sp", "2030")
    try:
        terminal.wait_for("source port= 2030")
        press(terminal, there, b"set sp=0", lambda: terminal.read().count(">") >= 2)
        press(terminal, there, b"q", lambda: "TCP port 443 (https service): LISTENING"
              in terminal.read())
        press(terminal, there, b"exit", lambda: terminal.process.poll() is not None)
        assert terminal.end() == 0
    finally:
        terminal.close()


@pytest.mark.parametrize("answer,status", (("y", 0), ("n", 99)))
def test_a_log_that_is_there_is_replaced_if_the_person_says_so(there, answer, status):
    log = there.folder / "asked.txt"
    log.write_text("precious")
    terminal = Terminal(there, "portqry", "-n", "127.0.0.1", "-nr", "-e", "443", "-l", "asked.txt")
    try:
        terminal.wait_for("The log file asked.txt exists. Overwrite it? (y/n)")
        press(terminal, there, answer.encode(), lambda: terminal.process.poll() is not None)
        assert terminal.end() == status
    finally:
        terminal.close()
    assert (log.read_text() == "precious") == (answer == "n")


def test_ctrl_c_leaves_a_log_that_is_whole(there):
    terminal = Terminal(there, "portqry", "-n", "127.0.0.1", "-nr", "-p", "udp", "-o",
                        "7,443,161", "-sp", "3456", "-sl", "-l", "stopped.txt", "-y")
    try:
        terminal.wait_for("UDP port 7 (unknown service): LISTENING or FILTERED")
        terminal.type(b"\x03")
        assert terminal.end() == 2
    finally:
        terminal.close()
    log = plain(there, (there.folder / "stopped.txt").read_bytes().decode())
    assert log.endswith("interrupted: stopped querying\n\n\n========= end of log file =========\n"), log


@pytest.fixture(name="listener")
def listening(there):
    """A port of loopback that a process of the machine holds."""
    over = there.folder / "over"
    over.unlink(missing_ok=True)
    actor = there.act("listen", "held", "127.0.0.1", "0", "await", there.file_name(over))
    yield actor.port("held")
    over.touch()
    actor.wait()


def test_local_ports_are_listed(there, listener):
    result = portqry(there, "-local")
    assert (result.status, result.err) == (0, ""), result
    assert re.search(f"^[0-9]+:port_actor(.exe)? *\tTCP {listener} *\t127.0.0.1 *\tLISTENING *\t "
                     "0.0.0.0:0$", result.out, re.MULTILINE), result
    (mappings,) = re.findall("^([0-9]+) mappings found$", result.out, re.MULTILINE)
    assert len(re.findall("^[0-9]+.*\t(?:TCP|UDP) ", result.out, re.MULTILINE)) == int(mappings)


@pytest.mark.parametrize("key,said", ((b"\x1b", "escape key pressed"), (b"\x03", "interrupted")))
def test_a_watch_ends_with_a_log_that_is_whole(there, listener, key, said):
    terminal = Terminal(there, "portqry", "-wport", str(listener), "-wt", "1", "-v", "-l",
                        "watched.txt", "-y")
    try:
        terminal.wait_for("Loaded modules:")
        terminal.type(key)
        assert terminal.end() == 0
    finally:
        terminal.close()
    log = plain(there, (there.folder / "watched.txt").read_bytes().decode())
    assert f"\nWatching port: {listener}\n\nChecking for changes every 1 seconds\n\n" in log
    assert re.search(f"\n{said}: stopped watching port {listener}\nSystem Date: .*\n\n"
                     "========= end of log file =========\n$", log), log


BATCH = """\
@echo off
:Top
portqry -n 127.0.0.1 -e %1 -p %2 -q
if errorlevel = 2 goto filtered
if errorlevel = 1 goto failed
if errorlevel = 0 goto success
goto end
:filtered
Echo Port is listening or filtered
goto end
:failed
Echo Port is not listening
Goto end
:success
Echo Port is listening
goto end
:end
"""

PARSED = """\
@echo off
for /f "tokens=1,3,4*" %%a in ('portqry -n 127.0.0.1 -nr -e 443 ^| find "port"') do echo %%a %%b %%d
"""


@pytest.mark.parametrize("words,said", (
    ("443 tcp", "Port is listening"),
    ("80 tcp", "Port is not listening"),
    ("7 udp", "Port is listening or filtered"),
))
def test_the_articles_batch_file_goes_where_it_should(there, words, said):
    assert batch(there, BATCH, *words.split()) == said


def test_a_batch_file_reads_the_status(there):
    assert batch(there, PARSED) == "TCP 443 service): LISTENING"


def batch(machine, lines, *words):
    if machine.system != "windows":
        pytest.skip("batch files are for Windows")
    tools = machine.drive / "tools"
    tools.mkdir(exist_ok=True)
    shutil.copy2(machine.install_folder / "PortQry.exe", tools / "PORTQRY.EXE")
    (tools / "ask.bat").write_bytes(lines.replace("\n", "\r\n").encode())
    out, err = machine.folder / "batch.out", machine.folder / "batch.err"
    status = machine.spawn(
        ["C:\\windows\\system32\\cmd.exe", "/c", "cd /d C:\\tools && ask.bat " + " ".join(words)],
        out, err
    ).wait(60)
    result = Result(status, out.read_bytes().decode(), err.read_bytes().decode())
    return result.out.replace("\r\n", "\n").strip() or repr(result)
