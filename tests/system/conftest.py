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


@pytest.fixture(scope="module")
def command_line(tmp_path_factory):
    """One machine for all tests of a file that only look at what a command line does."""
    programs = pathlib.Path(os.environ["PORTLEDGER_PROGRAMS"])
    there = machine_class()(tmp_path_factory.mktemp("command_line"), programs)
    try:
        yield there
    finally:
        there.close()


def pytest_sessionfinish(session, exitstatus):
    """No test at all is a failure: a file that was renamed must not pass."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = 1
