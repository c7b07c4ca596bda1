# SPDX-License-Identifier: MIT
"""Somebody links, moves or deletes the ledger's files while the service writes: said, never silent."""

import os
import shutil

import pytest

from machines import wait_until

LEDGER, REFUSED = 4, 5


@pytest.fixture
def running(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start()
    machine.wait_for_sample()
    return machine


def second_service(machine, ledger):
    settings = machine.folder / "second.yaml"
    settings.write_text(f"ledger:\n  path: {ledger}\n")
    return machine.run("portledgerd", "run", "--config", str(settings))


def wait_for_failure(machine):
    """The service ends by itself, with a failure; what it said last."""
    wait_until(lambda: machine.foreground.poll() is not None, "the end of the service")
    assert machine.foreground.returncode not in (0, None)
    return machine.foreground_log().read_text().splitlines()[-1]


def test_a_symbolic_link_leads_to_the_same_ledger(running):
    link = running.folder / "link.db"
    link.symlink_to(running.ledger)
    result = second_service(running, link)
    assert result.status == REFUSED
    assert "another portledgerd" in result.err
    running.wait_for_sample()
    by_link = running.run("portledger", "--ledger", str(link), "--json", "status")
    assert by_link.status == 0, by_link
    assert by_link.json()[0]["state"] == "recording"
    running.stop()


def test_a_ledger_with_two_names_is_refused(running):
    running.stop()
    os.link(running.ledger, running.folder / "second-name.db")
    for name in (running.ledger, running.folder / "second-name.db"):
        result = second_service(running, name)
        assert result.status == LEDGER
        assert "hard links" in result.err


def test_a_deleted_ledger_ends_the_service_with_a_failure(running):
    shutil.rmtree(running.ledger.parent)
    assert "deleted or moved" in wait_for_failure(running)


def test_a_moved_ledger_ends_the_service_with_a_failure(running):
    running.ledger.rename(running.ledger.parent / "elsewhere.db")
    assert "deleted or moved" in wait_for_failure(running)


def test_who_gets_past_a_deleted_lock_ends_the_first_service(running):
    (running.ledger.parent / "ledger.db-lock").unlink()
    first = running.foreground
    first_log = running.foreground_log()
    running.start_foreground()
    wait_until(lambda: first.poll() is not None, "the end of the first service")
    assert first.returncode != 0
    assert "another portledgerd" in first_log.read_text().splitlines()[-1]
    running.wait_for_sample()  # and the second one goes on
    running.stop()


STRANGER = 12345  # nobody's number


def start_refused(machine):
    result = machine.run("portledgerd", "run", "--config", str(machine.settings))
    assert result.status == REFUSED, result
    return result.err.splitlines()[-1]


def test_a_folder_that_an_ordinary_user_made_before_is_refused(machine):
    machine.write_settings()
    folder = machine.ledger.parent
    folder.mkdir()
    os.chown(folder, STRANGER, STRANGER)
    assert "belongs to another user" in start_refused(machine)
    assert not list(folder.iterdir())


def test_a_folder_that_others_may_write_to_is_refused(machine):
    machine.write_settings()
    folder = machine.ledger.parent
    folder.mkdir()
    folder.chmod(0o777)
    assert "others can write into it" in start_refused(machine)
    folder.chmod(0o750)
    machine.start()
    machine.stop()


def test_a_link_of_an_ordinary_user_in_the_place_of_the_folder_is_refused(machine):
    machine.write_settings()
    target = machine.folder / "target"
    target.mkdir()
    machine.ledger.parent.symlink_to(target)
    os.chown(machine.ledger.parent, STRANGER, STRANGER, follow_symlinks=False)
    assert "link of another user" in start_refused(machine)
    assert not list(target.iterdir())


def test_a_file_in_the_place_of_the_folder_is_refused(machine):
    machine.write_settings()
    machine.ledger.parent.write_text("in the way")
    result = machine.run("portledgerd", "run", "--config", str(machine.settings))
    assert result.status != 0
    assert machine.ledger.parent.read_text() == "in the way"


PLANTED = """
mount -t tmpfs -o mode=$mode none /var/lib
mkdir /var/lib/portledger
echo planted >/var/lib/portledger/ledger.db
chown -R 12345:12345 /var/lib/portledger
exec "$@"
"""
SHOW = """
timeout -s INT 5 "$@"
cd /var/lib
stat -c '%U %a %n' portledger portledger.untrusted-*
cat portledger.untrusted-*/ledger.db
"""


def planted(mode):
    """Starts what is said behind it where /var/lib has this mode, and a stranger's folder."""
    script = PLANTED.replace("$mode", mode)
    return ["unshare", "-m", "sh", "-ec", script, "planted", "sh", "-c", SHOW, "show"]


def test_the_usual_folder_that_only_root_can_have_made_is_left_to_root(machine):
    machine.around = planted("755")
    result = machine.run("portledgerd", "run")
    assert "start_failed" in result.err and "belongs to another user" in result.err, result
    assert "untrusted" not in result.out


def test_the_usual_folder_that_a_stranger_made_is_renamed_and_made_anew(machine):
    machine.around = planted("1777")
    result = machine.run("portledgerd", "run")
    assert "folder_untrusted" in result.err and "started" in result.err, result
    lines = result.out.splitlines()
    assert lines[0] == "root 750 portledger"
    assert lines[1].startswith("UNKNOWN 755 portledger.untrusted-2")
    assert lines[2] == "planted"


@pytest.mark.parametrize("program", ["portledger", "portledgerd"])
def test_a_pipe_is_no_file(machine, program):
    pipe = machine.folder / "pipe"
    os.mkfifo(pipe)
    words = ["--ledger", str(pipe), "status"]
    if program == "portledgerd":
        words = ["check-config", "--config", str(pipe)]
    result = machine.run(program, *words)
    assert result.status == LEDGER
    assert "no regular file" in result.err
