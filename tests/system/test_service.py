# SPDX-License-Identifier: MIT
"""From the opened port to the answer: the service writes, the tool reads."""

import time

import pytest

from machines import milliseconds, wait_until

# One interval, and what a busy machine may be late by.
SLACK_MS = 1500


def rows(machine, *arguments):
    return machine.records("history", *arguments)


def open_listener(machine, *more):
    """A listener on a free port, there before it returns; closes when `close` is touched."""
    folder = machine.folder
    return machine.act(
        "listen", "door", "127.0.0.1", "0", *more, "await", folder / "close", "close", "door",
        "touch", folder / "closed", "await", folder / "over",
    )


def close_listener(machine, actor):
    (machine.folder / "close").touch()
    wait_until((machine.folder / "closed").exists, "the listener is closed")
    (machine.folder / "over").touch()
    actor.wait()


@pytest.fixture
def running(machine):
    """The service installed, running, sampling once a second."""
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    return machine


def test_a_listener_is_in_history_with_its_owner_and_times(running):
    before = time.time() * 1000
    actor = open_listener(running)
    port = actor.port("door")
    opened = time.time() * 1000
    running.wait_for_sample()
    running.wait_for_sample()
    closing = time.time() * 1000
    close_listener(running, actor)
    closed = time.time() * 1000
    running.wait_for_sample()
    running.wait_for_sample()

    (row,) = rows(running, "--port", str(port))
    assert (row["protocol"], row["state"]) == ("TCP", "LISTENING")
    assert (row["local_address"], row["local_port"]) == ("127.0.0.1", port)
    assert (row["remote_address"], row["remote_port"]) == (None, None)
    assert (row["process"], row["pid"]) == (running.actor_name, actor.pid())
    assert row["attribution"] == "exact"
    assert row["path"].endswith(running.actor_name)
    assert before - SLACK_MS <= milliseconds(row["opened_at"]) <= opened + SLACK_MS
    assert closing - SLACK_MS <= milliseconds(row["closed_at"]) <= closed + SLACK_MS
    assert row["ending"] == "closed"
    running.stop()


def test_the_state_at_a_moment_is_what_was_there_then(running):
    running.wait_for_sample()
    nothing_yet = time.time()
    time.sleep(1.2)
    actor = open_listener(running)
    port = actor.port("door")
    running.wait_for_sample()
    there = time.time()
    time.sleep(1.2)
    close_listener(running, actor)
    running.wait_for_sample()

    def ports(at):
        return [row["local_port"] for row in running.records("local", "--at", f"@{at:.3f}")]

    assert port not in ports(nothing_yet)
    assert port in ports(there)
    assert port not in ports(time.time())
    changes = running.records("diff", f"@{nothing_yet:.3f}", f"@{there:.3f}", status=1)
    assert [c["change"] for c in changes if c["local_port"] == port] == ["opened"]
    running.cli("diff", f"@{there:.3f}", f"@{there:.3f}", status=0)
    running.stop()


def test_live_and_ledger_agree(running):
    actor = running.act(
        "listen", "four", "127.0.0.1", "0", "listen", "six", "::1", "0", "udp", "names",
        "127.0.0.1", "0", "await", running.folder / "over",
    )
    ports = {actor.port("four"), actor.port("six"), actor.port("names")}
    running.wait_for_sample()

    def ours(records):
        keys = ("protocol", "local_address", "local_port", "state", "pid", "process")
        return sorted(
            tuple(row[key] or "" for key in keys) for row in records if row["local_port"] in ports
        )

    live = ours(running.records("local"))
    assert len(live) == 3
    assert live == ours(running.records("local", "--at", "now"))
    unnamed = [("TCP", "::1")] if running.system == "windows" else []  # Wine 8 names no owner there
    for protocol, address, *_, pid, process in live:
        if (protocol, address) not in unnamed:
            assert (pid, process) == (actor.pid(), running.actor_name)
    (running.folder / "over").touch()
    actor.wait()
    running.stop()


def test_a_killed_service_leaves_a_sound_ledger_and_a_gap(running):
    actor = open_listener(running)
    port = actor.port("door")
    running.wait_for_sample()
    time.sleep(1.2)  # past the next commit
    running.kill_service()
    killed = time.time() * 1000
    time.sleep(3.0)
    running.start()
    restarted = time.time() * 1000
    running.wait_for_sample()

    old, new = rows(running, "--port", str(port))
    assert old["ending"] == "cut"
    assert milliseconds(old["closed_at"]) <= killed
    assert milliseconds(old["closed_at"]) >= killed - 2500 - SLACK_MS
    assert new["ending"] == "open"
    assert killed <= milliseconds(new["opened_at"]) <= restarted + SLACK_MS
    assert (old["opening"], new["opening"]) == ("opened", "continued")

    unwatched = (killed + milliseconds(new["opened_at"])) / 2000
    result = running.run(
        "portledger", "--ledger", running.ledger_name, "local", "--at", f"@{unwatched:.3f}"
    )
    assert result.status == 2
    assert "not watched" in result.err
    assert "crashed" in running.cli("history", "--port", str(port)).err
    close_listener(running, actor)
    running.stop()


def test_a_stop_closes_what_is_open_at_the_end_of_coverage(running):
    actor = open_listener(running)
    port = actor.port("door")
    running.wait_for_sample()
    running.stop()
    stopped = time.time() * 1000
    (row,) = rows(running, "--port", str(port))
    assert row["ending"] == "cut"
    assert stopped - 2 * SLACK_MS <= milliseconds(row["closed_at"]) <= stopped
    (status,) = running.records("status", status=1)
    assert status["state"] == "stopped"
    assert "stopped" in status["stopped_because"]
    close_listener(running, actor)


def test_a_second_service_on_the_same_ledger_is_refused(running):
    result = running.run("portledgerd", "run", "--config", running.file_name(running.settings))
    assert result.status == 5
    assert "another" in result.err and "ledger.db" in result.err
    running.wait_for_sample()  # and the first one goes on
    running.stop()


def test_ctrl_c_ends_the_foreground_cleanly(machine):
    machine.write_settings(ledger_commit="1s")
    machine.start_foreground()
    actor = open_listener(machine)
    port = actor.port("door")
    machine.wait_for_sample()
    machine.interrupt_foreground()
    assert " stopped: " in machine.foreground_log().read_text().splitlines()[-1]
    (row,) = rows(machine, "--port", str(port))
    assert row["ending"] == "cut"
    (status,) = machine.records("status", status=1)
    assert status["stopped_because"] == "service stopped"
    close_listener(machine, actor)


def test_reading_changes_nothing(running):
    actor = open_listener(running)
    actor.port("door")
    running.wait_for_sample()
    close_listener(running, actor)
    running.wait_for_sample()
    running.stop()
    folder = running.ledger.parent
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for command in (("local", "--at", "-2s"), ("history",), ("diff", "-4s", "-2s"), ("status",)):
        running.run("portledger", "--ledger", running.ledger_name, *command)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_settings_are_read_again_on_request(running):
    running.wait_for_sample()
    assert running.records("status")[0]["interval"] == 1000
    running.write_settings(collector_interval="200ms", ledger_commit="1s")
    running.reload()
    wait_until(
        lambda: running.records("status")[0]["interval"] == 200, "the new interval in force"
    )
    running.write_settings(collector_interval="200ms", ledger_commit="20s")
    running.reload()
    time.sleep(6.0)  # longer than by the old settings a reader would wait for a newer sample
    assert running.records("status")[0]["state"] == "recording"
    running.write_settings(collector_interval="200ms", ledger_commit="200ms")
    running.reload()
    running.wait_for_sample()  # at once, not after what was left of 20 s
    running.write_settings(collector_interval="5")
    running.reload()
    running.wait_for_sample()
    assert running.records("status")[0]["interval"] == 200
    running.stop()


def interval(machine):
    return machine.records("status")[0]["interval"]


def test_settings_are_taken_when_the_file_changes(running):
    running.wait_for_sample()
    running.write_settings(collector_interval="200ms", ledger_commit="1s")
    wait_until(lambda: interval(running) == 200, "the new interval in force")
    running.stop()


def test_a_start_with_broken_settings_goes_on_with_the_last_ones(running):
    running.write_settings(collector_interval="300ms", ledger_commit="500ms")
    running.reload()
    wait_until(lambda: interval(running) == 300, "the new interval in force")
    running.stop()
    running.write_settings(collector_interval="5", ledger_commit="1s")
    running.start()
    running.wait_for_sample()
    assert interval(running) == 300
    running.write_settings(collector_interval="700ms", ledger_commit="500ms")
    wait_until(lambda: interval(running) == 700, "the mended settings in force")
    running.stop()
