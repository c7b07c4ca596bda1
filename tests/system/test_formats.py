# SPDX-License-Identifier: MIT
"""What the real programs export in the formats of others, against the written lists of fields."""

import json
import re

import jsonschema
import pytest

from machines import ROOT, wait_until

LISTS = ROOT / "tests" / "fixtures" / "formats"
TYPES = {
    "text": {"type": "string", "minLength": 1},
    "number": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
}


def rows(name):
    for line in (LISTS / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split(" ", 2) if name != "port-reporter" else line.split(" ", 1)


def an_object():
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def schema_of(name):
    """A JSON schema with every field of the list, and no other."""
    top = an_object()
    for path, kind, *more in rows(name):
        *parents, last = path.split(".")
        place = top
        for parent in parents:
            if more == ["required"] and parent not in place["required"]:
                place["required"].append(parent)
            deeper = place["properties"].setdefault(parent, an_object())
            if parent == "hashes":  # the one list of objects
                deeper = place["properties"][parent] = (
                    deeper if "items" in deeper else {"type": "array", "items": an_object()}
                )
                deeper = deeper["items"]
            place = deeper
        place["properties"][last] = TYPES[kind]
        if more:  # "required?": where its object is there at all
            place["required"].append(last)
    return top


@pytest.fixture
def day(machine):
    """A listener with a connection to it, of which one end is closed again, in a ledger."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    shut, over = machine.folder / "shut", machine.folder / "over"
    actor = machine.act(
        "listen", "door", "127.0.0.1", "0", "accept", "in", "door", "await", over
    )
    machine.port = actor.port("door")
    caller = machine.act("connect", "out", "127.0.0.1", str(machine.port), "await", shut)
    actor.wait_for("in")
    caller.wait_for("out")
    machine.wait_for_sample()
    wait_until(
        lambda: any(row["remote_port"] == machine.port for row in sockets(machine)),
        "the connection is in the ledger",
    )
    shut.touch()
    caller.wait()
    wait_until(
        lambda: any(
            row["remote_port"] == machine.port and row["ending"] == "closed"
            for row in sockets(machine)
        ),
        "and its end",
    )
    yield machine
    over.touch()
    actor.wait()
    machine.stop()


def sockets(machine):
    run = machine.run("portledger", "--ledger", machine.ledger_name, "history", "--jsonl", "-q")
    return [json.loads(line) for line in run.out.splitlines()]


@pytest.mark.parametrize("name", ["osquery", "ecs", "ocsf", "sysmon"])
def test_every_record_is_as_the_list_has_it(day, name):
    validator = jsonschema.Draft202012Validator(schema_of(name))
    out = day.cli("export", "--as", name, "--with-command-lines").out
    records = [json.loads(line) for line in out.splitlines()]
    assert len(records) > 3
    for record in records:
        validator.validate(record)
    assert any(day.port in leaves(record) or str(day.port) in leaves(record) for record in records)


def leaves(value):
    if isinstance(value, dict):
        return {leaf for member in value.values() for leaf in leaves(member)}
    return set() if isinstance(value, list) else {value}


def test_a_ports_file_is_as_the_list_has_it(day):
    out = day.cli("export", "--as", "port-reporter").out
    forms = [form for _, form in rows("port-reporter")]
    lines = out.splitlines()
    names = [name.replace("_", " ") for name, _ in rows("port-reporter")]
    assert lines[3] == ",".join(names)
    assert len(lines) > 6
    for line in lines[5:]:
        cells = line.split(",")
        assert len(cells) == len(forms), line
        for cell, form in zip(cells, forms):
            assert re.fullmatch(form, cell), line
