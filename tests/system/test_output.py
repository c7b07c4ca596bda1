# SPDX-License-Identifier: MIT
"""The real output of every command, in every format, against docs/output.schema.json."""

import csv
import io
import json
import time

import jsonschema
import pytest

from machines import ROOT

SCHEMA = json.loads((ROOT / "docs" / "output.schema.json").read_text())

# Command, and the definition in the schema that its records follow.
COMMANDS = [
    (("local",), "socket"),
    (("local", "--at", "now"), "socket"),
    (("local", "--images"), "socket"),
    (("local", "--statistics"), "statistics"),
    (("local", "--since", "BEFORE"), "watched"),
    (("processes",), "process"),
    (("processes", "--owners", "--at", "now"), "process"),
    (("history",), "interval"),
    (("diff", "BEFORE", "now"), "change"),
    (("status",), "status"),
    (("status", "--stretches"), "stretch"),
]


@pytest.fixture
def watched(machine):
    """A ledger with something in it."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    machine.before = f"@{time.time():.3f}"  # a watched time for `diff` to look back to
    time.sleep(1.2)
    actor = machine.act(
        "listen", "door", "127.0.0.1", "0", "udp", "names", "::1", "0", "await",
        machine.folder / "over",
    )
    actor.port("names")
    machine.wait_for_sample()
    yield machine
    (machine.folder / "over").touch()
    actor.wait()
    machine.stop()


def check(record, name):
    jsonschema.validate(
        record, {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]},
        cls=jsonschema.Draft202012Validator,
    )


def test_every_format_says_the_same_and_follows_the_schema(watched):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for words, name in COMMANDS:
        command = [watched.before if word == "BEFORE" else word for word in words]
        plain = watched.run("portledger", "--ledger", watched.ledger_name, *command)
        assert plain.status in (0, 1)

        def formatted(option, command=command, status=plain.status):
            return watched.cli(option, *command, status=status).out

        records = json.loads(formatted("--json"))
        assert isinstance(records, list) and records
        for record in records:
            check(record, name)
        lines = [json.loads(line) for line in formatted("--jsonl").splitlines()]
        for record in lines:
            check(record, name)
        table = list(csv.DictReader(io.StringIO(formatted("--csv"))))
        assert [set(row) for row in table[:1]] == [set(records[0])]
        # Between two calls the live views may change; what was recorded may not.
        if command[0] == "history":
            assert len(lines) == len(table) == len(records)
        assert len(plain.out.splitlines()) >= 2


def test_every_command_has_a_help_with_an_example(machine):
    top = machine.run("portledger", "--help")
    assert top.status == 0
    for command in ("local", "wport", "wpid", "processes", "modules", "history", "diff", "status",
                    "export"):
        assert command in top.out
        for ask in (["--help"], ["-h"], ["-?"], ["/?"]):
            result = machine.run("portledger", command, *ask)
            assert result.status == 0, result
            assert f"portledger {command}" in result.out
            assert "xample" in result.out
    assert machine.run("portledger", "--version").out.startswith("portledger 0.")
    assert machine.run("portledgerd", "--version").out.startswith("portledgerd 0.")
    assert "check-config" in machine.run("portledgerd", "--help").out
