# SPDX-License-Identifier: MIT
"""Jobs as check-config shows them, and as the service refuses them."""

import datetime
import re

LEDGER = 4

SETTINGS = """\
probes:
  groups:
    shop: [tcp/443, udp/161, 8080-8081]
  jobs:
    - name: controllers
      targets: [dc1.example.com, 192.0.2.10-12]
      ports: domains-and-trusts
      every: 5m
      expect: listening
    - name: shop
      targets: [192.0.2.64/28, "file:{hosts}"]
      ports: shop
      at: "daily 07:30, 19:30"
      maintenance: "00:00-24:00"
      community_file: "{secret}"
"""


def write(machine, text):
    machine.settings.parent.mkdir(parents=True, exist_ok=True)
    machine.settings.write_text(text)


def check_config(machine):
    return machine.run(
        "portledgerd", "check-config", "--config", machine.file_name(machine.settings)
    )


def jobs_of(result):
    """The lines of each job, by its name."""
    assert result.status == 0, result
    parts = re.split(r"^Job (.*)\n", result.out, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def runs_of(lines):
    found = re.findall(r"^    (\S+) (\S+) ([+-]\d\d:\d\d)(.*)$", lines, flags=re.MULTILINE)
    return [(datetime.datetime.fromisoformat(f"{d}T{t}{zone}"), rest) for d, t, zone, rest in found]


def test_check_config_says_when_jobs_run(command_line):
    machine = command_line
    hosts = machine.settings.parent / "hosts.txt"
    secret = machine.settings.parent / "community"
    names = {"hosts": machine.file_name(hosts), "secret": machine.file_name(secret)}
    write(machine, SETTINGS.format(**{key: name.replace("\\", "\\\\") for key, name in names.items()}))
    hosts.write_text("# two of them\nshop1.example.com\nshop2.example.com\nSHOP1.example.com\n")
    hosts.chmod(0o644)
    secret.write_text("hunter2\n")
    secret.chmod(0o644)

    before = datetime.datetime.now(datetime.timezone.utc)
    result = check_config(machine)
    jobs = jobs_of(result)
    assert set(jobs) == {"controllers", "shop"}
    assert "hunter2" not in result.out

    lines = jobs["controllers"]
    assert "4 targets x 15 ports = 60 queries" in lines
    assert "expects listening" in lines
    runs = [run for run, _ in runs_of(lines)]
    assert len(runs) == 10
    assert before < runs[0] <= before + datetime.timedelta(minutes=6)
    assert {b - a for a, b in zip(runs, runs[1:])} == {datetime.timedelta(minutes=5)}

    lines = jobs["shop"]
    assert "16 targets x 4 ports = 64 queries" in lines
    assert "probes.jobs[2].community_file: cannot be used" in lines
    assert "others can read" in lines
    runs = runs_of(lines)
    assert len(runs) == 10
    for run, rest in runs:
        assert (run.hour % 12, run.minute) == (7, 30)
        assert "maintenance" in rest

    # The same machine has the same offset for ever.
    later = runs_of(jobs_of(check_config(machine))["controllers"])
    assert (later[0][0] - runs_of(jobs["controllers"])[0][0]) % datetime.timedelta(minutes=5) == (
        datetime.timedelta(0)
    )


ODD = """\
probes:
  groups:
    shop: [tcp/443, udp/161]
    networking: tcp/22
  jobs:
    - name: shop
      targets: [192.0.2.64]
      ports: shop
      at: "Mon - Fri 07:30"
      community_file: "{empty}"
      expect:
        certificate_days: 30
"""


def test_what_is_odd_is_a_warning_with_its_place(command_line):
    machine = command_line
    empty = machine.settings.parent / "empty"
    empty.write_text("")
    empty.chmod(0o600)
    name = machine.file_name(empty).replace("\\", "\\\\")
    write(machine, ODD.format(empty=name))
    result = check_config(machine)
    assert result.status == 0, result
    file = re.escape(machine.file_name(machine.settings))
    for place, words in (
        (r"4:5: probes\.groups\.networking: ", "it hides the built-in group"),
        (r"12:27: probes\.jobs\[1\]\.expect\.certificate_days: ", "no answer of udp/161 has "),
        (r"10:23: probes\.jobs\[1\]\.community_file: ", "cannot be used: .* first line is empty"),
    ):
        assert re.search(f"[Ww]arning: {file}:{place}{words}", result.out), result
    assert "which is safe" not in result.out


def test_a_file_that_is_not_there_is_told_and_no_error(command_line):
    machine = command_line
    name = machine.file_name(machine.settings.parent / "nobody.txt").replace("\\", "\\\\")
    write(
        machine,
        "probes:\n  jobs:\n    - name: a\n"
        f'      targets: "file:{name}"\n      ports: 1\n      every: 1h\n',
    )
    lines = jobs_of(check_config(machine))["a"]
    assert "1 port of targets that are not known: " in lines
    assert "nobody.txt" in lines


def test_who_asks_mysql_again_and_again_is_warned(command_line):
    machine = command_line
    job = "    - {name: a, targets: h, ports: %s, every: 1h%s}\n"
    for ports, protocol, warned in (
        ("3306", "", True),
        ("'tcp/80,udp/3306'", "", False),
        ("3309", ", protocol: mysql", True),
        ("3306", ", protocol: mysql-anonymous", False),
    ):
        write(machine, "probes:\n  jobs:\n" + job % (ports, protocol))
        lines = jobs_of(check_config(machine))["a"]
        assert ("MySQL blocks a machine" in lines) == warned, (ports, protocol, lines)


def test_the_service_refuses_what_check_config_refuses(command_line):
    machine = command_line
    write(machine, "probes:\n  jobs:\n    - name: a\n      targets: b\n      ports: 1\n      at: noon\n")
    for words in (["check-config"], ["run"]):
        result = machine.run("portledgerd", *words, "--config", machine.file_name(machine.settings))
        assert result.status == LEDGER, result
        assert 'portledger.yaml:6:11: probes.jobs[1].at: "noon" is no day' in result.err
    assert not machine.ledger.exists()
