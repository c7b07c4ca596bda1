# SPDX-License-Identifier: MIT
"""System calls of a running service that fail for a while, or for good."""

import os
import pathlib
import resource
import signal
import subprocess
import time

import pytest

from machines import wait_until


@pytest.fixture
def running(machine):
    machine.write_settings(ledger_commit="200ms", collector_interval="200ms")
    machine.start()
    machine.wait_for_sample()
    return machine


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_files(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd"))


def wait_for_descriptors(pid, before):
    """No more than there were: some are open only while a sample is taken, or a file is hashed."""
    try:
        wait_until(lambda: descriptors(pid) <= before, "descriptors are closed", 10.0)
    except AssertionError as error:
        raise AssertionError(open_files(pid)) from error


def memory(pid):
    words = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
    return int(words[1]) * resource.getpagesize()


def cpu(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_no_descriptor_is_to_be_had_for_a_while(running):
    """All that must be opened for a sample fails with EMFILE."""
    pid = running.service_pid()
    log = running.foreground_log()
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    before, grown = descriptors(pid), memory(pid)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    wait_until(lambda: "sample_failed" in log.read_text(), "the failure is said")
    used = cpu(pid)
    time.sleep(5)
    used = cpu(pid) - used
    assert used < 1.0, "it tries in a tight loop"
    assert log.read_text().count("sample_failed") == 1
    assert descriptors(pid) <= before + 1
    assert memory(pid) < grown + (8 << 20)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: "sample_recovered" in log.read_text(), "the recovery is said")
    running.wait_for_sample()
    assert "Too many open files" in log.read_text()
    gaps = running.records("status", "--gaps", status=1)
    failed = [gap["duration"] for gap in gaps if gap["reason"] == "sample failed"]
    assert len(failed) == 1 and failed[0] > 4000, gaps
    wait_for_descriptors(pid, before)
    running.stop()


def test_a_service_that_was_stopped_by_force_goes_on_with_a_gap(running):
    """Everything hangs: SIGSTOP, as a debugger or a hypervisor does it."""
    pid = running.service_pid()
    os.kill(pid, 19)
    time.sleep(4)
    os.kill(pid, 18)
    running.wait_for_sample()
    gaps = running.records("status", "--gaps", status=1)
    assert len([gap for gap in gaps if gap["duration"] > 3000]) == 1, gaps
    running.stop()


# What a sample asks the kernel for. EIO, since nobody expects it.
NEEDED = ["sendto", "recvmsg", "openat", "getdents64", "read"]
CALLS = [*NEEDED, "readlinkat", "newfstatat", "lseek"]


def inject(pid, call, when, seconds):
    """Lets calls of all threads fail; strace(1), "Tampering"."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={call}"]
    process = subprocess.Popen([*command, "-e", f"inject={call}:error=EIO:when={when}"])
    time.sleep(seconds)
    assert process.poll() is None, "strace did not attach, or the service has ended"
    process.send_signal(signal.SIGINT)
    process.wait()


@pytest.mark.parametrize("call", CALLS)
def test_a_system_call_fails_once_and_then_for_good(running, call):
    pid = running.service_pid()
    log = running.foreground_log()
    before = descriptors(pid)
    inject(pid, call, "3", 1.0)
    running.wait_for_sample()
    inject(pid, call, "1+", 3.0)
    assert running.foreground.poll() is None, log.read_text()
    running.wait_for_sample()
    words = log.read_text()
    assert words.count("sample_failed") == words.count("sample_recovered") <= 3
    assert "sample_failed" in words or call not in NEEDED
    if "sample_failed" in words:
        reasons = [gap["reason"] for gap in running.records("status", "--gaps", status=1)]
        assert "sample failed" in reasons
        assert "Input/output error" in words
    wait_for_descriptors(pid, before)
    running.stop()
    verified = running.run("portledger", "--ledger", running.ledger_name, "verify")
    assert verified.status == 0, verified
