# SPDX-License-Identifier: MIT
"""
PORTLEDGER_SYSTEM says which machine is meant (linux, windows), PORTLEDGER_PROGRAMS where its
programs are. ctest sets both.
"""

import os
import pathlib

import pytest

from machines import LinuxMachine, WindowsMachine

MACHINES = {"linux": LinuxMachine, "windows": WindowsMachine}


def machine_class():
    return MACHINES[os.environ["PORTLEDGER_SYSTEM"]]


@pytest.fixture(name="programs")
def programs_folder():
    return pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"])


@pytest.fixture
def machine(tmp_path, programs):
    there = machine_class()(tmp_path, programs)
    try:
        yield there
    finally:
        there.close()


@pytest.fixture
def windows_only():
    if os.environ["PORTLEDGER_SYSTEM"] != "windows":
        pytest.fail("this file is for windows: list it so in tests/system/CMakeLists.txt")


def pytest_sessionfinish(session, exitstatus):
    """No test at all is a failure: a file that was renamed must not pass."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = 1
