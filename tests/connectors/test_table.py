"""Deliveries out into an inbox table, on PostgreSQL, on SQLite, and on PostgreSQL over a DB-API driver."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from connectors import registry
from connectors.database.table import TableSink
from connectors.protocol import Connector, Envelope, Record, Unavailable
from tests.connectors.databases import USCC, Peer, nobody_listens

CLOSED = {"uscc": USCC, "planId": "P1", "agency": "GY-YJJ", "reason": "EXPIRED"}


def told(connector: Connector, number: int = 1, data: dict[str, Any] | None = None) -> Record:
    """What the party is told about an event, as the runner asks for it."""
    envelope = Envelope(f"e-{number}", "HUB", USCC, "2026-03-09T10:00:00+08:00", number)
    record = connector.dialect.write("inspection.plan.closed", data or CLOSED, envelope)
    assert record is not None
    return record


async def inbox(peer: Peer, columns: str = "id, party, type, key, sequence") -> list[tuple[Any, ...]]:
    return await peer.sql(f"SELECT {columns} FROM hub_inbox ORDER BY party, sequence")


def sink(connector: Connector, party: str = "GY-YJJ") -> TableSink:
    found = connector.sinks[party]
    assert isinstance(found, TableSink)
    return found


@pytest.mark.parametrize("dialect", ["yjj-json", "swj-xml", "rsj-csv"])
async def test_a_delivery_is_a_row_that_its_system_understands(peer: Peer, dialect: str) -> None:
    """In the party's own words, whatever their form; a text column has no encoding of its own."""
    connector = peer.connector("table", dialect, plain=False, **_sending(peer))
    system = registry.system(dialect)
    await sink(connector, system.owner).send(told(connector), key="000000000001-e-1")
    await sink(connector, system.owner).close()

    assert await inbox(peer) == [("e-1", system.owner, "inspection.plan.closed", USCC, 1)]
    [(payload, written)] = await inbox(peer, "payload, written_at")
    assert written
    assert "encoding=" not in payload[:60]
    if dialect == "yjj-json":
        assert json.loads(payload) == system.dialect.write("inspection.plan.closed", CLOSED, Envelope("e-1", "HUB", USCC, "2026-03-09T10:00:00+08:00", 1))  # fmt: skip


async def test_the_same_delivery_twice_is_one_row(peer: Peer) -> None:
    """Over two connections at once, as after a crash that was not one."""
    one, two = (peer.connector("table", plain=False, **_sending(peer)) for _ in range(2))
    for number in range(1, 4):
        await asyncio.gather(*(sink(each).send(told(each, number), key="k") for each in (one, two)))
    await asyncio.gather(*(sink(each).close() for each in (one, two)))
    assert [row[0] for row in await inbox(peer)] == ["e-1", "e-2", "e-3"]


async def test_each_party_has_rows_of_its_own(peer: Peer) -> None:
    connector = peer.connector("table", "zhifa-json", plain=False, **_sending(peer))
    inboxes = {party: each for party, each in connector.sinks.items() if isinstance(each, TableSink)}
    await asyncio.gather(*(each.send(told(connector), key="k") for each in inboxes.values()))
    await sink(connector, "GY-ZD").close()
    assert [row[1] for row in await inbox(peer)] == sorted(inboxes) == ["GY-ZD", "GY-ZD-DD2"]


async def test_a_row_that_the_table_refuses_is_no_row_that_is_there(peer: Peer) -> None:
    """A rule of the table's own is not taken for the second coming of the same delivery."""
    rule = "CREATE UNIQUE INDEX once ON hub_inbox (key)" if peer.database != "postgresql" else "ALTER TABLE hub_inbox ADD CHECK (sequence < 2)"  # fmt: skip
    await peer.script(rule)
    connector = peer.connector("table", plain=False, **_sending(peer))
    await sink(connector).send(told(connector), key="k")
    with pytest.raises(Unavailable):
        await sink(connector).send(told(connector, 2), key="k")
    await sink(connector).close()
    assert len(await inbox(peer)) == 1


async def test_a_character_that_no_text_column_takes_stops_nobody(peer: Peer) -> None:
    connector = peer.connector("table", plain=False, **_sending(peer))
    record = {**told(connector), "payload": {"a": "x\x00y", "b": [{"c": "\x00"}]}}
    await sink(connector).send(record, key="k")
    await sink(connector).close()
    [(payload,)] = await inbox(peer, "payload")
    assert json.loads(payload) == {"a": "x\ufffdy", "b": [{"c": "\ufffd"}]}


async def test_a_server_that_is_restarted_is_found_again(pg: Peer) -> None:
    assert pg.server is not None
    connector = pg.connector("table", plain=False, **_sending(pg))
    await sink(connector).send(told(connector), key="k")
    await asyncio.to_thread(pg.server.kill)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await sink(connector).send(told(connector, 2), key="k")
    await asyncio.to_thread(pg.server.start)
    await sink(connector).send(told(connector, 2), key="k")
    await sink(connector).close()
    assert [row[0] for row in await inbox(pg)] == ["e-1", "e-2"]


async def test_nobody_there_is_unavailable(pg: Peer) -> None:
    connector = pg.connector("table", plain=False, **{**_sending(pg), "port": nobody_listens()})
    with pytest.raises(Unavailable):
        await sink(connector).send(told(connector), key="k")


def _sending(peer: Peer) -> dict[str, Any]:
    """Of the settings of this database, those that only an outbox has taken away."""
    peer.settings.pop("poll_seconds", None)
    return {}
