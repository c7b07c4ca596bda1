# SPDX-License-Identifier: MIT
"""
The service runs jobs; servers come and go while it does. On both systems over loopback; with
hosts that filter and are slow in test_job_runs_linux.py.
"""

import sqlite3
import subprocess
import time

import pytest

from machines import milliseconds, wait_until

JOB = """
    - name: {name}
      targets: [127.0.0.1]
      ports: ["tcp/{port}"]
      every: 1s
      spread: 0s
      timeout: 300ms
      attempts: 1
      expect: {expect}
"""


def write_jobs(machine, *jobs):
    machine.write_settings(ledger_commit="1s")
    lines = "".join(
        JOB.format(name=name, port=port, expect=expect) for name, port, expect in jobs
    )
    with open(machine.settings, "a", encoding="utf-8") as file:
        file.write(f"probes:\n  jobs:{lines}" if jobs else "")


def listener(machine, port="0"):
    folder = machine.folder
    for name in ("close", "closed", "over"):
        (folder / name).unlink(missing_ok=True)
    return machine.act(
        "listen", "door", "127.0.0.1", str(port), "await", folder / "close", "close", "door",
        "touch", folder / "closed", "await", folder / "over",
    )


def end_listener(machine, actor):
    (machine.folder / "close").touch()
    wait_until((machine.folder / "closed").exists, "the listener is closed")
    (machine.folder / "over").touch()
    actor.wait()


def audit(machine, *arguments, status=0):
    return machine.records("audit", *arguments, status=status)


def wait_for_status(machine, word, job="door"):
    def there():
        result = machine.run(
            "portledger", "--ledger", machine.ledger_name, "--json", "audit", "--since", "-1h"
        )
        if result.status not in (0, 1):
            return None
        rows = [row for row in result.json() if row["job"] == job]
        return rows[0] if rows and rows[0]["status"] == word else None

    return wait_until(there, f"{job} is {word}")


@pytest.fixture
def running(machine):
    actor = listener(machine)
    machine.door = actor.port("door")
    write_jobs(machine, ("door", machine.door, "listening"))
    machine.install()
    machine.start()
    machine.actor = actor
    return machine


def test_a_listener_that_ends_is_a_change_with_its_reason(running):
    row = wait_for_status(running, "LISTENING")
    assert (row["host"], row["port"], row["transport"]) == ("127.0.0.1", running.door, "TCP")
    assert (row["cause"], row["expectation"]) == ("accepted", "held")
    assert row["available"] == 100
    assert row["median"] is not None
    running.cli("audit", "--expect", status=0)

    end_listener(running, running.actor)
    row = wait_for_status(running, "NOT LISTENING")
    assert (row["cause"], row["status_before"]) == ("reset", "LISTENING")
    assert 0 < row["available"] < 100
    assert row["changes"] == 1
    running.wait_for_sample()
    running.wait_for_sample()
    (row,) = audit(running, "--failures")
    assert "the listener of " in row["explanation"] and " ended " in row["explanation"]
    running.cli("audit", "--expect", status=1)
    plugin = running.run("portledger", "--ledger", running.ledger_name, "audit", "--nagios")
    assert plugin.status == 2
    assert plugin.out.startswith("PORTLEDGER CRITICAL - 0 of 1 ports as expected: 127.0.0.1:")
    assert "| held=0 not_held=1 undecided=0" in plugin.out

    changes = audit(running, "--changes")
    assert [change["status"] for change in changes] == ["LISTENING", "NOT LISTENING"]
    assert changes[1]["status_before"] == "LISTENING"
    gap = milliseconds(changes[1]["at"]) - milliseconds(changes[1]["before_at"])
    assert 0 < gap < 5000
    running.stop()
    running.cli("verify", status=0)


def test_what_the_service_asks_is_not_in_its_history(running):
    wait_for_status(running, "LISTENING")
    for _ in range(3):
        running.wait_for_sample()
    rows = running.records("history", "--port", str(running.door))
    pid = running.service_pid()
    assert [row for row in rows if row["pid"] == pid] == []
    running.stop()


def test_runs_while_the_service_stood_still_are_missed(running):
    wait_for_status(running, "LISTENING")
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < 5
    time.sleep(3.5)
    running.start()
    wait_for_status(running, "LISTENING")

    def missed():
        (job,) = running.records("jobs", "--config", running.file_name(running.settings))
        return job if job["runs_missed"] >= 2 else None

    job = wait_until(missed, "missed runs are told")
    assert job["missed_because"] == "service stopped"
    assert job["held"] == 1
    (row,) = audit(running)
    assert row["covered"] < 100
    running.stop()
    running.cli("verify", status=0)


def test_what_was_missed_is_counted_by_the_times_of_then(running):
    """The settings are changed while nobody looks: an hour had no run, a second had one."""
    wait_for_status(running, "LISTENING")
    running.stop()
    stopped = time.time() * 1000
    text = running.settings.read_text(encoding="utf-8").replace("every: 1s", "every: 1h")
    running.settings.write_text(text, encoding="utf-8")
    time.sleep(3.5)
    running.start()

    def missed():
        with sqlite3.connect(running.ledger) as ledger:
            return ledger.execute(
                "SELECT due_at, coalesce(last_due, due_at), runs, detail FROM job_run"
                " WHERE result = 2 AND reason = 1"
            ).fetchall()

    ((first, last, runs, detail),) = wait_until(missed, "missed runs are told")
    assert first <= stopped + 1000 < last
    assert runs == (last - first) / 1000 + 1 >= 3
    assert detail is None
    running.stop()
    running.cli("verify", status=0)


def test_jobs_come_and_go_by_a_reload(running):
    wait_for_status(running, "LISTENING")
    write_jobs(
        running, ("door", running.door, "listening"), ("other", running.door, "not-listening")
    )
    running.reload()
    row = wait_for_status(running, "LISTENING", job="other")
    assert row["expectation"] == "not held"
    write_jobs(running, ("other", running.door, "not-listening"))
    running.reload()

    def only_other():
        jobs = {job["job"]: job for job in running.records("jobs", "--config",
                running.file_name(running.settings))}
        return jobs if jobs["door"]["next_at"] is None else None

    jobs = wait_until(only_other, "the job is gone")
    assert jobs["other"]["next_at"] is not None
    time.sleep(2.5)

    def asked():
        return {row["job"]: row["asked"] for row in audit(running)}

    before = asked()
    wait_until(lambda: asked()["other"] >= before["other"] + 2, "the other job goes on")
    assert asked()["door"] == before["door"]
    running.stop()


SILENT_JOB = """
probes:
  jobs:
    - name: silent
      targets: [127.0.0.1-127.0.0.200]
      ports: [tcp/9, tcp/7]
      every: 1s
      spread: 0s
      timeout: 1m
      attempts: 3
"""

# What a firewall that drops does to tcp/7. To tcp/9 this machine says that nobody is there.
DROP = """table inet test {
    chain in {
        type filter hook input priority 0;
        tcp dport 7 drop
    }
}
"""

# Seconds that a stop may take; the verb is a program of its own, which Wine has to start.
STOP_WITHIN = {"linux": 2, "windows": 2 + 3}


def connecting(machine):
    """How many connections to tcp/7 are being made in the machine's network."""
    process = machine.native(
        ["ss", "-Htn", "state", "syn-sent", "dport", "=", ":7"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )
    return len(process.communicate()[0].splitlines())


def test_a_stop_ends_a_run_over_silent_hosts_at_once(machine):
    filtering = machine.native(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)
    filtering.communicate(DROP)
    assert filtering.returncode == 0
    write_jobs(machine)
    with open(machine.settings, "a", encoding="utf-8") as file:
        file.write(SILENT_JOB)
    machine.install()
    machine.start()
    wait_until(lambda: connecting(machine) == 200, "all silent hosts are being asked")
    machine.wait_for_sample()

    began = time.monotonic()
    machine.stop()
    took = time.monotonic() - began
    print(f"\nstopped in the middle of a run over 200 silent hosts in {took:.2f} s")
    assert took < STOP_WITHIN[machine.system]

    # What was known by then counts: the refusals. Of the silent ones nothing is said.
    rows = audit(machine, "--job", "silent")
    assert {(row["port"], row["status"]) for row in rows} == {(9, "NOT LISTENING")}
    assert len(rows) == 200
    machine.cli("verify", status=0)


MANY = 2000

# So many of them run every ten seconds: more than go on at once, so that most wait for their turn. Each
# run is a thread, a port and two sockets, for which Wine asks its server, which asks other
# machines' servers for the processor. The others rest until the next 29 February.
RUNNING = {"linux": MANY, "windows": 200}
EVERY = 10

# From one new job that had its turn to the next, on whatever machine.
STALLED = 60


def wait_for_turns(machine, count):
    """Each look must find more jobs that were asked than the one before, however slow that is."""
    asked = 0
    while asked < count:
        before = asked

        def more():
            result = machine.run("portledger", "--ledger", machine.ledger_name, "audit", "--json")
            return result.status == 0 and len(result.json()) > before and len(result.json())

        asked = wait_until(more, f"more than {before} of {count} jobs had their turn", STALLED)


RUNS = """
    SELECT name, job_run.id, due_at, coalesce(last_due, due_at), runs, result, reason
    FROM job_run JOIN job ON job.id = job_run.job ORDER BY name, due_at, job_run.id
"""
DONE, MISSED, ENDED = 1, 2, 4
STILL_RUNNING, TOO_BUSY = 4, 5


def check_runs(rows):
    """Those of one job: each run that was due is there once, with what became of it, and why."""
    step = EVERY * 1000
    for before, row in zip(rows, rows[1:]):
        assert row["due"] == before["last"] + step, (before, row)
    for row in rows:
        assert row["last"] - row["due"] == (row["runs"] - 1) * step, row
        assert row["result"] in (DONE, MISSED, ENDED), row
        if row["result"] == MISSED:
            # A run that went on then is written down when it has ended, which is later.
            going_on = any(
                other["result"] != MISSED and other["due"] < row["due"] and other["id"] > row["id"]
                for other in rows
            )
            assert row["reason"] == (STILL_RUNNING if going_on else TOO_BUSY), row


def test_thousands_of_jobs_have_their_turns(machine):
    """Their settings, defaults included, are more than a ledger takes for one value."""
    write_jobs(machine)
    running = RUNNING[machine.system]
    with open(machine.settings, "a", encoding="utf-8") as file:
        file.write("probes:\n  jobs:\n")
        for i in range(MANY):
            when = f"every: {EVERY}s, spread: {EVERY}s" if i < running else 'at: "0 0 29 2 *"'
            file.write(
                f"    - {{name: job {i}, targets: [127.0.{i // 250}.{i % 250 + 1}], "
                f"ports: [tcp/9], {when}, timeout: 300ms, attempts: 1}}\n"
            )
    machine.install()
    machine.start()
    wait_for_turns(machine, running)
    assert len(machine.records("jobs", "--config", machine.file_name(machine.settings))) == MANY
    machine.stop()

    columns = ("name", "id", "due", "last", "runs", "result", "reason")
    jobs = {}
    with sqlite3.connect(machine.ledger) as ledger:
        for values in ledger.execute(RUNS):
            row = dict(zip(columns, values))
            jobs.setdefault(row["name"], []).append(row)
    assert len(jobs) == running
    for rows in jobs.values():
        check_runs(rows)
    for result, word in ((DONE, "done"), (MISSED, "missed")):
        count = sum(row["runs"] for rows in jobs.values() for row in rows
                    if row["result"] == result)
        print(f"\n{count} runs {word}", end="")
    machine.cli("verify", status=0)


def test_a_run_in_the_foreground_stores_nothing(machine):
    actor = listener(machine)
    port = actor.port("door")
    write_jobs(machine, ("door", port, "listening"))
    config = machine.file_name(machine.settings)
    (row,) = machine.records("audit", "--run", "door", "--config", config)
    assert (row["status"], row["cause"], row["expectation"]) == ("LISTENING", "accepted", "held")
    end_listener(machine, actor)
    (row,) = machine.records("audit", "--run", "door", "--config", config, status=1)
    assert (row["status"], row["expectation"]) == ("NOT LISTENING", "not held")
    machine.cli("audit", "--run", "nobody", "--config", config, status=3)
    assert not machine.ledger.exists()
