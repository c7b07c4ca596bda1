# SPDX-License-Identifier: MIT
"""A watch of a port, live: what it prints when something opens and closes, and after Ctrl-C."""

import json
import signal

import pytest

from machines import PATIENCE, wait_until


@pytest.fixture
def door(machine):
    """A listener that is closed when the file `over` is there."""
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    actor.number = actor.port("door")
    yield actor
    (machine.folder / "over").touch()
    actor.wait()


def watch(machine, *words):
    out, err = machine.folder / "watch.out", machine.folder / "watch.err"
    process = machine.spawn([machine.program("portledger"), *words], out, err)
    process.lines = lambda: out.read_text().splitlines()
    process.complaints = err.read_text
    return process


def wait_for_line(process, part):
    def there():
        assert process.poll() is None, process.complaints()
        return [line for line in process.lines() if part in line]

    return wait_until(there, f'"{part}" from the watch')[-1]


def interrupt(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0, process.complaints()


def test_a_log_is_whole_after_ctrl_c(machine, door):
    log = machine.folder / "watch.log"
    process = watch(
        machine, "wport", str(door.number), "-wt", "1", "--log", machine.file_name(log)
    )
    wait_for_line(process, "LISTENING")
    assert "LISTENING" in log.read_text()  # before its end, too
    (machine.folder / "over").touch()
    wait_for_line(process, "- closed")
    interrupt(process)
    assert log.read_text().splitlines() == process.lines()
    assert process.lines()[-1].endswith(f"interrupted: stopped watching port {door.number}")


def test_programs_get_a_record_for_each_change(machine, door):
    process = watch(machine, "wpid", str(door.pid()), "--watch", "1", "--jsonl")
    wait_for_line(process, "found")
    (machine.folder / "over").touch()
    wait_for_line(process, "closed")
    interrupt(process)
    records = [json.loads(line) for line in process.lines()]
    assert [record["change"] for record in records] == ["found", "closed"]
    assert {record["local_port"] for record in records} == {door.number}
    assert records[0]["at"] <= records[1]["before_at"] < records[1]["at"]


def test_a_port_that_nobody_holds_is_an_answer(machine):
    result = machine.run("portledger", "wport", "9")
    assert result.status == 1, result
    assert "nothing holds port 9" in result.err
