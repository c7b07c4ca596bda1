# SPDX-License-Identifier: MIT
"""What only Linux can show here: the owners of accepted sockets, in both families."""

import pytest


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_ends_of_a_connection_have_their_owners(machine, address):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    server = machine.act(
        "listen", "door", address, "0", "accept", "guest", "door", "await", machine.folder / "over"
    )
    port = server.port("door")
    client = machine.act(
        "connect", "visitor", address, str(port), "await", machine.folder / "over"
    )
    server.wait_for("guest")
    machine.wait_for_sample()

    rows = [r for r in machine.records("history", "--port", str(port)) if r["state"] == "ESTABLISHED"]
    owners = {row["local_port"] == port: row["pid"] for row in rows}
    assert owners == {True: server.pid(), False: client.pid()}
    assert {row["attribution"] for row in rows} == {"exact"}
    assert {row["local_address"] for row in rows} == {address}
    (machine.folder / "over").touch()
    server.wait()
    client.wait()
    machine.stop()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_udp_sockets_have_their_owners(machine, address):
    machine.write_settings(ledger_commit="1s")
    machine.start()
    actor = machine.act("udp", "names", address, "0", "await", machine.folder / "over")
    port = actor.port("names")
    machine.wait_for_sample()
    (row,) = machine.records("history", "--port", str(port))
    assert (row["protocol"], row["local_address"], row["pid"]) == ("UDP", address, actor.pid())
    assert row["state"] is None
    (machine.folder / "over").touch()
    actor.wait()
    machine.stop()
