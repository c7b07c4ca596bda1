# SPDX-License-Identifier: MIT
"""Bad input of every kind: one clear line on standard error, the documented status, nothing lost."""

import sqlite3

import pytest

USAGE, LEDGER, REFUSED = 3, 4, 5


def complaint(result, status, *words):
    """The one line of complaint, which has all the words; for usage, help is pointed at."""
    assert result.status == status, result
    assert result.out == "", result
    lines = result.err.splitlines()
    assert len(lines) == 1 or (len(lines) == 2 and status == USAGE and " help" in lines[1]), result
    for word in words:
        assert word in lines[0], result
    return lines[0]


def run_service(machine):
    """`portledgerd run` that is expected to end by itself. Its events are lines too."""
    result = machine.run("portledgerd", "run", "--config", machine.file_name(machine.settings))
    last = result.err.splitlines()[-1]
    return result.status, last


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["hisotry"], ["hisotry", "history"]),
        (["history", "--sicne", "-1h"], ["--sicne", "--since"]),
        (["history", "--port", "70000"], ["--port", "70000", "65535"]),
        (["history", "--port", "http"], ["--port", "http"]),
        (["history", "--since", "teatime"], ["teatime", "2026-"]),
        (["history", "--since"], ["--since"]),
        (["history", "extra"], ["extra"]),
        (["diff"], ["diff"]),
        (["local", "--at", "2026-02-30"], ["2026-02-30"]),
        (["history", "--json", "--csv"], ["json", "csv"]),
    ],
)
def test_a_wrong_command_line_is_explained(command_line, words, expected):
    complaint(command_line.run("portledger", *words), USAGE, *expected)


@pytest.mark.parametrize("command", ["status", "history", "local"])
def test_a_ledger_that_is_not_there(command_line, command):
    more = ["--at", "now"] if command == "local" else []
    result = command_line.run("portledger", "--ledger", command_line.ledger_name, command, *more)
    complaint(result, LEDGER, "ledger.db")
    assert not command_line.ledger.exists()


NOT_LEDGERS = {
    "empty": b"",
    "text": b"dear diary\n" * 100,
    "zeros": bytes(8192),
    "header_only": b"SQLite format 3\0" + bytes(84),
}


@pytest.mark.parametrize("kind", NOT_LEDGERS)
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(machine, kind):
    machine.ledger.parent.mkdir(parents=True, exist_ok=True)
    machine.ledger.write_bytes(NOT_LEDGERS[kind])
    complaint(
        machine.run("portledger", "--ledger", machine.ledger_name, "history"), LEDGER, "ledger.db"
    )
    assert machine.ledger.read_bytes() == NOT_LEDGERS[kind]
    if kind != "empty":  # which the service may fill
        machine.write_settings()
        status, line = run_service(machine)
        assert status == LEDGER
        assert "ledger.db" in line
        assert machine.ledger.read_bytes() == NOT_LEDGERS[kind]


def test_a_database_of_another_program_is_refused_and_left_alone(machine):
    machine.ledger.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(machine.ledger)
    database.execute("CREATE TABLE recipe (name TEXT)")
    database.close()
    before = machine.ledger.read_bytes()
    complaint(
        machine.run("portledger", "--ledger", machine.ledger_name, "history"), LEDGER, "ledger.db"
    )
    machine.write_settings()
    assert run_service(machine)[0] == LEDGER
    assert machine.ledger.read_bytes() == before


def test_a_newer_ledger_is_refused_in_words_and_left_alone(machine):
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    machine.stop()
    database = sqlite3.connect(machine.ledger)
    database.execute("PRAGMA user_version = 9999")
    database.commit()
    database.close()
    before = machine.ledger.read_bytes()
    complaint(
        machine.run("portledger", "--ledger", machine.ledger_name, "history"), LEDGER, "9999",
        "newer",
    )
    status, line = run_service(machine)
    assert status == LEDGER
    assert "9999" in line
    assert machine.ledger.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("collector:\n  interval: 5\n", ":2:13", ["collector.interval", "5s"]),
        ("collector:\n  intervall: 5s\n", ":2:3", ["collector.intervall", "interval"]),
        ("collector:\n  interval: 1ms\n", ":2:13", ["collector.interval", "100ms"]),
        ("collector:\n\tinterval: 5s\n", ":2:", []),
        ("collector: [\n", ":2:", []),
        ("ledger:\n  path: ledger.db\n", ":2:9", ["ledger.path", "absolute"]),
    ],
)
def test_wrong_settings_name_file_line_column_and_key(command_line, text, place, words):
    machine = command_line
    machine.settings.parent.mkdir(parents=True, exist_ok=True)
    machine.settings.write_text(text)
    status, line = run_service(machine)
    assert status == LEDGER
    for word in ["portledger.yaml" + place, *words]:
        assert word in line
    result = machine.run(
        "portledgerd", "check-config", "--config", machine.file_name(machine.settings)
    )
    complaint(result, LEDGER, "portledger.yaml" + place, *words)
    assert not machine.ledger.exists()


def test_settings_are_shown_with_where_they_come_from(machine):
    machine.write_settings(ledger_commit="2s")
    settings = machine.file_name(machine.settings)
    result = machine.run("portledgerd", "config", "show", "--config", settings)
    assert result.status == 0, result
    assert f"ledger.commit: 2s  # {settings}:" in result.out
    assert "collector.interval: 1s  # default" in result.out


def test_the_default_file_is_taken_and_says_the_same_as_none(machine):
    default = machine.run("portledgerd", "config", "default")
    assert default.status == 0, default
    machine.write_settings()
    machine.settings.write_text(default.out)
    settings = machine.file_name(machine.settings)
    result = machine.run("portledgerd", "config", "show", "--config", settings)
    assert result.status == 0, result
    assert [line for line in result.out.splitlines() if not line.endswith("# default")] == []


def test_a_word_that_config_does_not_know_is_refused(machine):
    for words in (("config",), ("config", "shown"), ("config", "show", "more")):
        result = machine.run("portledgerd", *words)
        assert result.status == 3, result
