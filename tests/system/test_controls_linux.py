# SPDX-License-Identifier: MIT
"""Signals say on Linux what controls say on Windows."""

import signal
import time

from machines import wait_until


def log(machine):
    return machine.foreground_log().read_text()


def last_sample(machine, status=0):
    return machine.records("status", status=status)[0]["last_sample_at"]


def test_pause_and_continue_by_signals(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start_foreground()
    machine.foreground.send_signal(signal.SIGUSR2)
    wait_until(lambda: " paused: " in log(machine), "the pause is told")
    machine.foreground.send_signal(signal.SIGUSR2)
    time.sleep(0.5)
    before = machine.run("portledger", "--ledger", machine.ledger_name, "--json", "status").json()
    time.sleep(1.5)
    after = machine.run("portledger", "--ledger", machine.ledger_name, "--json", "status").json()
    assert before[0]["last_sample_at"] == after[0]["last_sample_at"]
    machine.foreground.send_signal(signal.SIGCONT)
    wait_until(lambda: " continued: " in log(machine), "that it goes on is told")
    machine.wait_for_sample()
    assert log(machine).count(" paused: ") == 1
    assert "paused for privacy" in log(machine)
    machine.interrupt_foreground()


def test_a_sample_by_signal(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="1h")
    machine.start_foreground()
    before = last_sample(machine)
    time.sleep(0.1)
    machine.foreground.send_signal(signal.SIGUSR1)
    wait_until(lambda: last_sample(machine) != before, "a sample on request")
    machine.interrupt_foreground()


def test_listeners_on_watched_ports_are_told(machine):
    machine.write_settings(
        ledger_commit="200ms", collector_interval="200ms", events_watch_ports="[1-65535]"
    )
    machine.start_foreground()
    actor = machine.act(
        "listen", "door", "127.0.0.1", "0", "await", machine.folder / "over",
    )
    port = actor.port("door")
    line = f" 200 listener_opened: TCP 127.0.0.1:{port} was opened by port_actor (pid {actor.pid()},"
    wait_until(lambda: line in log(machine), "the listener is told")
    (machine.folder / "over").touch()
    actor.wait()
    wait_until(
        lambda: f"TCP 127.0.0.1:{port} was closed; it belonged to port_actor" in log(machine),
        "its end is told",
    )
    machine.interrupt_foreground()


def test_verbs_name_what_systemd_wants_to_be_told(machine):
    for verb, words in (
        ("pause", "SIGUSR2"),
        ("continue", "SIGCONT"),
        ("sample", "SIGUSR1"),
        ("reload", "systemctl reload"),
    ):
        result = machine.run("portledgerd", verb)
        assert result.status == 5
        assert words in result.err
