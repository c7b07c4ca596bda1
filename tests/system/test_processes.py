# SPDX-License-Identifier: MIT
"""What is behind a socket: user, command line, files and modules, live and in the ledger."""

import hashlib
import os

from machines import wait_until


def actor_file(machine):
    folder = getattr(machine, "install_folder", machine.programs)
    return folder / machine.actor_name


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listen(machine, **how):
    return machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over", **how)


def end(machine, actor):
    (machine.folder / "over").touch()
    actor.wait()


def rows_of(machine, port, *command):
    return [row for row in machine.records(*command) if row["local_port"] == port]


def check_owner(machine, row, actor):
    assert row["pid"] == actor.pid()
    assert row["attribution"] == "exact"
    assert row["path"].endswith(machine.actor_name)
    assert "listen door 127.0.0.1" in row["command_line"]
    assert row["user_id"]
    assert row["image_sha256"] == sha256(actor_file(machine))
    assert row["image_status"] == "read"


def test_live_everything_is_known_of_an_owner(machine):
    actor = listen(machine)
    port = actor.port("door")
    (row,) = rows_of(machine, port, "--verbose", "local")
    check_owner(machine, row, actor)
    modules = machine.records("modules", "--pid", str(actor.pid()))
    (own,) = [module for module in modules if module["path"] == row["path"]]
    assert own["image_sha256"] == row["image_sha256"]
    assert int(own["base"], 16) > 0 and own["size"] > 0
    assert len(modules) > 1 and all(module["flags"] is None for module in modules), modules
    (process,) = machine.records("processes", "--pid", str(actor.pid()))
    assert process["sockets"] == 1
    assert process["command_line"] == row["command_line"]
    end(machine, actor)


def test_the_ledger_keeps_what_is_known_of_an_owner(machine):
    machine.write_settings(ledger_commit="1s")
    machine.install()
    machine.start()
    actor = listen(machine)
    port = actor.port("door")
    found = "history", "--port", str(port)
    (row,) = wait_until(
        lambda: [row for row in history(machine, port) if row["image_sha256"]],
        "the file of the owner is read",
    )
    check_owner(machine, row, actor)

    def modules():
        there = machine.records("modules", "--at", "now", "--pid", str(actor.pid()))
        return there if there and all(module["image_status"] for module in there) else None

    there = wait_until(modules, "all modules are read")
    assert row["path"] in [module["path"] for module in there]
    end(machine, actor)
    machine.wait_for_sample()
    machine.stop()
    machine.start()  # what was read is not read into new rows
    machine.wait_for_sample()
    (row,) = machine.records(*found)
    assert row["image_sha256"] == sha256(actor_file(machine))
    machine.stop()


def history(machine, port):
    result = machine.run(
        "portledger", "--ledger", machine.ledger_name, "--json", "history", "--port", str(port)
    )
    return result.json() if result.status == 0 else []


def test_a_program_that_is_left_out_is_counted_and_not_named(machine):
    name = f"shy-{os.getpid()}"  # actors of tests that run beside this one have another
    machine.copy_actor(name)
    machine.write_settings(ledger_commit="1s", privacy_exclude_processes=f'["{name}*"]')
    machine.install()
    machine.start()
    actor = listen(machine, name=name)
    port = actor.port("door")
    machine.wait_for_sample()
    assert history(machine, port) == []
    status = machine.records("status")[0]
    assert status["left_out_sockets"] == 1
    assert status["left_out_processes"] == 1
    assert name.encode() not in machine.ledger.read_bytes()

    machine.write_settings(ledger_commit="1s", privacy_exclude_command_lines='["*"]')
    machine.reload()
    (row,) = wait_until(lambda: history(machine, port), "the program is recorded after a reload")
    assert name in row["path"]
    assert (row["command_line"], row["left_out"]) == (None, "command line")
    end(machine, actor)
    machine.stop()
