# SPDX-License-Identifier: MIT
"""The verbs of portledgerd.exe against a real service control manager."""

REFUSED = 5


def test_every_verb_may_be_said_twice(machine):
    first = machine.verb("install").out
    assert "is installed" in first
    assert "Warning" not in first
    assert first.count("portledger seal key of ledger") == 1
    again = machine.verb("install").out
    assert "installed already" in again
    assert "seal key" not in again
    assert "stopped" in machine.verb("status", status=1).out
    assert "is running" in machine.verb("start").out
    assert "running already" in machine.verb("start").out
    assert "running" in machine.verb("status").out
    assert "has stopped" in machine.verb("stop").out
    assert machine.processes_of("portledgerd.exe") == []
    assert "not running" in machine.verb("stop").out
    assert "removed" in machine.verb("uninstall").out
    assert "not installed" in machine.verb("uninstall").out
    assert "not installed" in machine.verb("status", status=1).out


def test_a_running_service_is_stopped_before_it_is_removed(machine):
    machine.install()
    machine.start()
    machine.wait_for_sample()
    assert "has stopped" in machine.verb("uninstall").out
    assert machine.processes_of("portledgerd.exe") == []
    (status,) = machine.records("status", status=1)
    assert status["stopped_because"] == "service stopped"


def test_the_key_that_install_shows_proves_the_ledger(machine):
    shown = machine.verb("install").out
    (line,) = [line for line in shown.splitlines() if line.startswith("portledger seal key of")]
    machine.start()
    machine.wait_for_sample()
    machine.stop()
    key = machine.folder / "key.txt"
    key.write_text(line + "\n")
    machine.cli("verify", "--key", machine.file_name(key))


def test_a_program_that_everybody_may_replace_is_not_installed(machine):
    (machine.install_folder / "portledgerd.exe").chmod(0o777)
    result = machine.run("portledgerd", "install")
    assert result.status == REFUSED
    assert "others could put another program" in result.err
    (machine.install_folder / "portledgerd.exe").chmod(0o755)
    machine.install_folder.parent.chmod(0o777)
    assert machine.run("portledgerd", "install").status == REFUSED
    machine.install_folder.parent.chmod(0o755)
    machine.install()


def test_what_is_not_installed_cannot_be_started(machine):
    for verb in ("start", "stop", "reload"):
        result = machine.run("portledgerd", verb)
        assert result.status != 0
        assert "portledgerd install" in result.err


def test_a_service_that_cannot_start_says_so_with_its_code(machine):
    machine.settings.parent.mkdir(parents=True)
    machine.settings.write_text("collector:\n  interval: 5\n")
    machine.install()
    result = machine.run("portledgerd", "start", timeout=90)
    assert result.status == REFUSED
    assert "ended at once" in result.err and "portledgerd run" in result.err
    stopped = machine.verb("status", status=1).out
    assert "it ended with code" in stopped
    assert "code 0" not in stopped


def test_a_settings_file_may_have_any_name(machine):
    folder = machine.drive / "Some Folder ü"
    folder.mkdir()
    settings = folder / "my settings.yaml"
    ledger = "C:\\Some Folder ü\\ledger 1.db"
    settings.write_text(f"ledger:\n  path: {ledger}\n  commit: 1s\n")
    machine.verb("install", "--config", "C:\\Some Folder ü\\my settings.yaml")
    machine.verb("start")
    machine.ledger_name = ledger
    machine.wait_for_sample()
    machine.verb("stop")
    assert (folder / "ledger 1.db").exists()
    assert not machine.ledger.exists()


def test_the_service_runs_as_an_account_of_its_own(machine):
    out = machine.verb("install", "--account", "NT SERVICE\\PortLedger").out
    assert "does not have SeDebugPrivilege" in out
    assert "Warning" not in out
    machine.start()
    machine.wait_for_sample()
    machine.stop()
    (status,) = machine.records("status", status=1)
    assert status["stopped_because"] == "service stopped"
