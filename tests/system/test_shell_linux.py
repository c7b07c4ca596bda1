# SPDX-License-Identifier: MIT
"""What bash completes with portledger's script, and what man says of the manual pages."""

import os
import pathlib
import re
import subprocess

import pytest

PROGRAMS = pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"])
PAGES = sorted((PROGRAMS.parent / "man").glob("portledger*"))

# What readline would do: the words as bash parts them, and the answer a line each.
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_portledger
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module", name="script")
def completion_script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "portledger.bash"
    out = subprocess.run(
        [PROGRAMS / "portledger", "completion", "bash"], check=True, capture_output=True
    ).stdout
    path.write_bytes(out)
    return path


def complete(script, *words, folder=None):
    run = subprocess.run(
        ["bash", "--norc", "-u", "-c", ASK, "bash", str(script), "portledger", *words],
        capture_output=True, text=True, cwd=folder, check=False,
    )
    assert run.returncode == 0 and run.stderr == "", run.stderr
    return run.stdout.split()


def help_words(*words):
    out = subprocess.run(
        [PROGRAMS / "portledger", "help", *words], check=True, capture_output=True, text=True
    ).stdout
    return out.splitlines()


def listed(lines, head):
    """The first words of the indented lines behind a head."""
    rest = lines[lines.index(head) + 1:]
    rest = rest[: rest.index("")] if "" in rest else rest
    return [line.split()[0] for line in rest if line.startswith("  ") and line[2] != " "]


def options_of(lines, head):
    rest = lines[lines.index(head) + 1:]
    rest = rest[: rest.index("")] if "" in rest else rest
    labels = [re.match(r"  (?:-., |    )(--[a-z0-9-]+)", line) for line in rest]
    return {label[1] for label in labels if label}


def test_commands_are_completed(script):
    commands = listed(help_words(), "Commands:")
    assert len(commands) > 15
    assert complete(script, "") == commands
    assert complete(script, "help", "") == commands
    assert complete(script, "ex") == [name for name in commands if name.startswith("ex")]
    assert "--ledger" in complete(script, "--")
    assert complete(script, "--ledger", "x.db", "his") == ["history"]


def test_every_option_of_every_command_is_completed(script):
    common = options_of(help_words(), "Options, before or after the command:")
    assert "--ledger" in common
    for command in listed(help_words(), "Commands:"):
        lines = help_words(command)
        head = "Options of this command:"
        own = options_of(lines, head) if head in lines else set()
        assert own | common <= set(complete(script, command, "--")), command


def test_values_are_completed(script, tmp_path):
    (tmp_path / "host 7.db").touch()
    assert complete(script, "export", "--as", "o") == ["osquery", "ocsf"]
    assert complete(script, "export", "--as", "=", "ec") == ["ecs"]
    assert complete(script, "export", "--as", "=") == [
        "osquery", "ecs", "ocsf", "sysmon", "port-reporter"
    ]
    assert complete(script, "local", "--format", "js") == ["json", "jsonl"]
    assert complete(script, "--format", "t") == ["table"]
    assert complete(script, "history", "--ledger", "host", folder=tmp_path) == ["host", "7.db"]
    assert complete(script, "history", "--port", "") == []
    assert complete(script, "completion", "p") == ["powershell"]


def test_bash_takes_it_as_it_is_told_to(script):
    run = subprocess.run(
        ["bash", "--norc", "-c", f"source <(cat {script}) && complete -p portledger"],
        capture_output=True, text=True, check=True,
    )
    assert "_portledger" in run.stdout and run.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize(
    "reader",
    [
        ["man", "--warnings", "-l"],
        ["groff", "-man", "-ww", "-z"],
        ["mandoc", "-Tlint", "-Werror"],
    ],
    ids=lambda reader: reader[0],
)
def test_a_page_is_read_without_a_word(page, reader):
    run = subprocess.run(
        [*reader, page], capture_output=True, text=True, check=False,
        env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )
    assert run.returncode == 0 and run.stderr == "", run.stderr


def test_there_are_pages():
    assert [page.name for page in PAGES] == ["portledger.1", "portledger.yaml.5", "portledgerd.8"]
