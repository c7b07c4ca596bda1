# SPDX-License-Identifier: MIT
"""What the running service says of itself: in the ledger, by `status`, and for Prometheus."""

import re
import stat

from machines import wait_until

HEAD = re.compile(r"# (HELP|TYPE) (portledger_[a-z_]+) (.+)")
VALUE = re.compile(r'(portledger_[a-z_]+)(\{[a-z]+="[^"\\\n]*"\})? (-?[0-9]+(\.[0-9]+)?)')


def parse(content):
    """{name with labels: value}; asserts what the text format asks for."""
    assert content.endswith("\n")
    values, helped, typed = {}, {}, {}
    last = None
    for line in content.splitlines():
        head = HEAD.fullmatch(line)
        if head:
            kind, name, words = head.groups()
            table = helped if kind == "HELP" else typed
            assert name not in table, f"{kind} twice: {name}"
            table[name] = words
            last = name
            continue
        value = VALUE.fullmatch(line)
        assert value, f"no line of the format: {line!r}"
        name, labels, number, _ = value.groups()
        assert name == last and name in helped and typed[name] in ("counter", "gauge"), line
        assert (typed[name] == "counter") == name.endswith("_total"), line
        assert name + (labels or "") not in values, line
        values[name + (labels or "")] = float(number)
    return values


def test_health_is_in_the_ledger_and_in_the_metrics(machine):
    metrics = machine.folder / "portledger.prom"
    machine.write_settings(
        ledger_commit="200ms",
        collector_interval="200ms",
        metrics_textfile=f"'{machine.file_name(metrics)}'",
    )
    machine.start_foreground()
    wait_until(metrics.exists, "the metrics")
    values = parse(metrics.read_text())
    assert values["portledger_running"] == 1
    assert values["portledger_interval_seconds"] == 0.2
    assert values["portledger_ledger_bytes"] > 0
    assert values["portledger_resident_memory_bytes"] > 1 << 20
    assert values.get("portledger_open_handles", 99) > 3  # Wine does not tell
    assert not metrics.with_name(metrics.name + ".new").exists()
    if machine.system == "linux":
        assert stat.S_IMODE(metrics.stat().st_mode) == 0o644

    (status,) = wait_until(
        lambda: [record for record in machine.records("status") if record["health_at"]],
        "health in the ledger",
    )
    assert status["sample_time"] > 0
    assert status["sample_time_worst"] >= status["sample_time"]
    assert status["memory"] > 1 << 20
    assert status["cpu_time"] >= 0
    assert status["limits"] is None and status["failures"] is None
    first = machine.cli("--format", "table", "status").out
    assert "Handles" not in first
    assert "Handles" in machine.cli("--format", "table", "status", "-v").out

    machine.interrupt_foreground()
    values = parse(metrics.read_text())
    assert values["portledger_running"] == 0
    assert values["portledger_samples_total"] > 10
