# SPDX-License-Identifier: MIT
"""A process that gets the id of one that has ended inherits nothing of it."""

import pathlib

from reuse_linux import DOOR_PORT, FIRST_PORT, PID, ROUNDS, WAITING_PID

REUSE = pathlib.Path(__file__).parent / "reuse_linux.py"


def watch(machine):
    """Runs the script to its end; gives the port of the connection that waits."""
    machine.write_settings(collector_interval="1s", ledger_commit="1s")
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/bin/python3"]
    out = machine.folder / "reuse.out"
    err = machine.folder / "reuse.err"
    process = machine.spawn(
        [*command, str(REUSE), machine.program("portledgerd"), str(machine.settings)], out, err
    )
    assert process.wait(60) == 0, err.read_text()
    return int(out.read_text())


def owners(rows):
    return {(row["pid"], row["process"], row["attribution"]) for row in rows}


def test_a_process_with_a_used_id_inherits_nothing(machine):
    waiting = watch(machine)
    rows = machine.records("history")

    turns = [
        [row for row in rows if row["local_port"] == FIRST_PORT + i] for i in range(2 * ROUNDS)
    ]
    for i, turn in enumerate(turns):
        assert owners(turn) == {(PID, f"owner{i}", "exact")}
    starts = [row["process_started_at"] for turn in turns for row in turn]
    assert len(set(starts)) == len(turns)
    assert sorted(starts) == starts

    left = [row for row in rows if row["local_port"] == waiting]
    assert owners(row for row in left if row["state"] == "ESTABLISHED") == {
        (WAITING_PID, "visitor", "exact")
    }
    assert owners(row for row in left if row["state"] == "TIME WAIT") == {
        (WAITING_PID, "visitor", "carried forward")
    }
    new = [row for row in rows if row["local_port"] == DOOR_PORT + 1]
    assert owners(new) == {(WAITING_PID, "newcomer", "exact")}
    assert {row["process"] for row in rows if row["pid"] == WAITING_PID} == {"visitor", "newcomer"}
    assert new[0]["process_started_at"] > max(row["process_started_at"] for row in left)
