# SPDX-License-Identifier: MIT
"""Every control that Wine's service control manager delivers, at the real service."""

import time

from machines import wait_until

REFUSED = 5


def gaps(machine):
    rows = machine.records("status", "--stretches")
    return [row["ended"] for row in rows]


def state(machine, status=0):
    return machine.verb("status", status=status).out


def test_pause_and_continue(machine):
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    assert "is paused" in machine.verb("pause").out
    assert "paused already" in machine.verb("pause").out
    assert "paused" in state(machine, status=1)
    last = machine.records("status", status=1)[0]["last_sample_at"]
    time.sleep(2.5)
    assert machine.records("status", status=1)[0]["last_sample_at"] == last
    assert "samples again" in machine.verb("continue").out
    assert "not paused" in machine.verb("continue").out
    assert "running" in state(machine)
    machine.wait_for_sample()
    assert "paused for privacy" in gaps(machine)
    machine.stop()


def test_a_paused_service_stops(machine):
    machine.install()
    machine.start()
    machine.verb("pause")
    began = time.monotonic()
    assert "has stopped" in machine.verb("stop").out
    assert time.monotonic() - began < 5
    assert machine.processes_of("portledgerd.exe") == []


def test_a_sample_on_request_comes_before_the_interval_is_over(machine):
    machine.write_settings(collector_interval="1h", ledger_commit="1s")
    machine.install()
    machine.start()
    before = machine.records("status")[0]["last_sample_at"]
    assert "asked for a sample" in machine.verb("sample").out
    wait_until(
        lambda: machine.records("status")[0]["last_sample_at"] != before, "a sample on request"
    )
    machine.stop()


def test_what_does_not_run_takes_no_orders(machine):
    machine.install()
    for verb in ("pause", "continue", "sample", "reload"):
        result = machine.run("portledgerd", verb)
        assert result.status != 0
        assert "portledgerd start" in result.err
