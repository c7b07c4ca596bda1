# SPDX-License-Identifier: MIT
"""The unit file: what systemd thinks of it, and the service with the rights that it gives."""

import os
import shutil
import subprocess
import tempfile

import pytest

from machines import ROOT, wait_until

UNIT = ROOT / "installer" / "linux" / "portledger.service"
MOST_EXPOSURE = 19  # tenths: under 2.0
CAPABILITIES = "+sys_ptrace,+dac_read_search"


def directives():
    """The values of each directive, in their order."""
    found = {}
    for line in UNIT.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def analyze(*arguments):
    return subprocess.run(
        ["systemd-analyze", *arguments, UNIT], capture_output=True, text=True, check=False
    )


def test_systemd_takes_every_line():
    result = analyze("verify", "--man=no")
    lines = [line for line in result.stderr.splitlines() if UNIT.name in line]
    # That the program is not installed here says nothing of the file.
    assert [line for line in lines if "is not executable" not in line] == []


def test_the_service_is_little_exposed():
    result = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}")
    assert result.returncode == 0, result.stdout


def test_it_has_the_two_capabilities_and_a_user_of_its_own():
    found = directives()
    wanted = ["CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"]
    assert found["AmbientCapabilities"] == wanted
    assert found["CapabilityBoundingSet"] == wanted
    assert found["User"] == ["portledger"]
    assert found["ProtectProc"] == ["invisible"]
    assert found["ProtectHome"] == ["read-only"]


@pytest.fixture
def confined(machine):
    """The machine, whose service runs as another user with these capabilities and no more."""
    with tempfile.TemporaryDirectory(prefix="portledger-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(machine.program("portledgerd"), folder)
        data = os.path.join(folder, "data")
        os.mkdir(data, 0o750)
        os.chown(data, 65534, 65534)
        settings = os.path.join(folder, "portledger.yaml")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f"ledger:\n  path: {data}/ledger.db\n  commit: 1s\n")
        service = machine.spawn(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
             f"--inh-caps=-all,{CAPABILITIES}", f"--ambient-caps=-all,{CAPABILITIES}",
             f"--bounding-set=-all,{CAPABILITIES}", "--", program, "run", "--config", settings],
            machine.folder / "confined.out", machine.folder / "confined.err",
        )
        wait_until(
            lambda: " started: " in (machine.folder / "confined.err").read_text(),
            "the service watches",
        )
        yield os.path.join(data, "ledger.db")
        service.terminate()
        assert service.wait(30) == 0, (machine.folder / "confined.err").read_text()


def test_with_them_it_sees_the_owners_of_all_users(machine, confined):
    actor = machine.act("listen", "door", "127.0.0.1", "0", "await", machine.folder / "over")
    port = actor.port("door")

    def owner():
        result = machine.run(
            "portledger", "--ledger", confined, "--json", "history", "--local-port", str(port)
        )
        rows = result.json() if result.status == 0 else []
        return rows[0] if rows and rows[0]["path"] else None

    row = wait_until(owner, "the owner, who is root, is in the ledger with its path")
    assert row["attribution"] == "exact"
    assert row["user_id"] == "0"
    assert row["path"].endswith("port_actor")
    (machine.folder / "over").touch()
    actor.wait()
