"""Records in from an outbox table, on PostgreSQL, on SQLite, and on PostgreSQL over a DB-API driver."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.database.ddl import ddl
from connectors.database.kind import Outbox, opener
from connectors.protocol import Unavailable
from connectors.runner import take_in
from hub.canonical.event import derived_id, own_event_id
from tests.connectors.databases import SECRET, Peer, made, plan, until_empty
from tests.connectors.log import TOPICS, Log, taking
from tests.connectors.sites import NOON

YJJ = registry.system("yjj-json")


async def test_a_bureaus_own_records_arrive_in_order_and_are_marked(peer: Peer) -> None:
    """The samples of the emergency bureau, one row each; ids are those of its own system."""
    samples = [row.record for path, _ in YJJ.cases() for row in YJJ.format.decode(path.read_bytes()) if row.record]
    await peer.insert(*samples)
    log = Log()

    async with taking(peer.connector(plain=False), log):
        await until_empty(peer)

    expected = [own_event_id("GY-YJJ", YJJ.dialect.read(record)[0].own_id) for record in samples]
    assert log.ids == expected
    assert await peer.outcomes() == [(True, None)] * len(samples)


async def test_a_row_without_an_id_in_its_record_has_the_rows(peer: Peer) -> None:
    """And keeps it for ever: the same row, taken again on purpose, is the same event."""
    [row_id] = await peer.insert(plan(1))
    log = Log()
    async with taking(peer.connector(), log):
        await until_empty(peer)
        await asyncio.sleep(0.3)
        await peer.sql("UPDATE hub_outbox SET taken_at = NULL")
        await until_empty(peer)

    assert log.ids == [derived_id("GY-YJJ", "outbox", "hub_outbox", row_id)] * 2


async def test_each_row_that_is_no_record_is_refused_alone_and_told_why(peer: Peer) -> None:
    if peer.server is not None:
        await peer.script("ALTER TABLE hub_outbox ALTER COLUMN payload TYPE text; ALTER TABLE hub_outbox ALTER COLUMN payload DROP NOT NULL")  # fmt: skip
    junk: list[Any] = [
        "not json", "[]", "7", '{"type": "a", "type": "b"}', "{}", "[{}, {}]", '{"type": NaN}', "", '{"x": "' + "长" * 300_000 + '"}',
        '{"type": "a", "data": {"name": "\\ud800"}}', "<x/>", '{"type": "inspection.plan.closed"}',
    ]  # fmt: skip
    for number, each in enumerate(junk):
        await peer.insert(plan(number), each)
    log = Log()

    async with taking(peer.connector(batch=7), log):
        await until_empty(peer)

    assert log.plans == [f"P{number}" for number in range(len(junk))]
    assert await peer.outcomes() == [(True, None), (True, "INVALID_FIELD")] * len(junk)
    told = await peer.sql("SELECT result_detail FROM hub_outbox WHERE result_code IS NOT NULL ORDER BY seq")
    assert all(len(detail) > 8 for (detail,) in told)
    assert "300000" not in str(told)


async def test_a_row_that_is_corrected_is_taken(peer: Peer) -> None:
    await peer.insert({"type": "inspection.plan.closed"})
    log = Log()
    async with taking(peer.connector(), log):
        await until_empty(peer)
        assert await peer.outcomes() == [(True, "INVALID_FIELD")]
        await asyncio.sleep(0.3)
        await peer.sql(
            f"UPDATE hub_outbox SET taken_at = NULL, payload = $1{'::text' if peer.database == 'kingbase' else ''}",
            json.dumps(plan(4)),
        )
        await until_empty(peer)

    assert log.plans == ["P4"]
    assert await peer.outcomes() == [(True, None)]


async def test_a_row_that_a_slow_transaction_makes_visible_late_is_taken(pg: Peer) -> None:
    """The row with the smaller number commits after the greater one was taken, and the same the other way round."""
    assert pg.server is not None
    slow, quick = [await pg.server.owner(pg.name) for _ in range(2)]
    begun, soon = slow.transaction(), quick.transaction()
    log = Log()
    put = "INSERT INTO hub_outbox (id, aggregatetype, aggregateid, type, payload) VALUES (gen_random_uuid(), 'p', $1, 'c', $2)"
    async with taking(pg.connector(), log):
        await begun.start()
        await slow.execute(put, "a", json.dumps(plan(1)))
        await soon.start()
        await quick.execute(put, "b", json.dumps(plan(2)))
        await slow.execute(put, "a", json.dumps(plan(3)))
        await soon.commit()
        await until_empty(pg)
        assert log.plans == ["P2"]
        await asyncio.sleep(0.3)
        await begun.commit()
        await until_empty(pg)

    assert log.plans == ["P2", "P1", "P3"]
    await slow.close()
    await quick.close()


async def test_a_smaller_number_that_comes_later_is_taken_in_any_database(peer: Peer) -> None:
    await peer.insert(plan(1), plan(2), plan(3))
    await peer.sql("UPDATE hub_outbox SET seq = seq + 100")
    log = Log()
    async with taking(peer.connector(), log):
        await until_empty(peer)
        [late] = await peer.insert(plan(4))
        await peer.sql(f"UPDATE hub_outbox SET seq = 50 WHERE id = {'$1::text::uuid' if peer.server else '$1'}", late)
        await until_empty(peer)

    assert log.plans == ["P1", "P2", "P3", "P4"]


async def test_only_one_reads_and_the_next_goes_on_where_it_ended(peer: Peer) -> None:
    first, second = Log(), Log()
    one, two = peer.connector(lease_seconds=1), peer.connector(lease_seconds=1)
    async with taking(one, first):
        await peer.insert(plan(1))
        await until_empty(peer)
        await asyncio.sleep(1.3)  # longer than a lease that nobody renews
        for _ in range(2):
            with pytest.raises(Unavailable, match="another process reads"):
                await take_in(two, TOPICS, second, lambda: NOON)
        await peer.insert(plan(2))
        await until_empty(peer)
    await asyncio.sleep(0.2)
    async with taking(two, second):
        await peer.insert(plan(3))
        await until_empty(peer)

    assert (first.plans, second.plans) == (["P1", "P2"], ["P3"])


async def test_what_the_log_does_not_take_stays_in_the_table(peer: Peer) -> None:
    await peer.insert(plan(1), plan(2))
    log, connector = Log(broken=True), peer.connector()
    with pytest.raises(Unavailable):
        await take_in(connector, TOPICS, log, lambda: NOON)
    assert await peer.waiting() == 2

    log.broken = False
    async with taking(connector, log):
        await until_empty(peer)
    assert log.plans == ["P1", "P2"]


async def test_a_slow_log_leaves_the_rows_where_they_are(peer: Peer) -> None:
    """At most one batch is here, whatever waits there."""
    row = plan(0)
    row["data"]["reason"] = "x" * 20_000
    await _many(peer, 3_000, json.dumps(row))
    log, before = Log(seconds=0.01), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with taking(peer.connector(batch=20), log):
        await asyncio.sleep(1.5)
        taken = 3_000 - await peer.waiting()
        assert len(log.records) - 20 <= taken <= len(log.records) + 20
        assert 0 < taken < 1_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


async def test_fifty_thousand_rows(peer: Peer, record_property: Any) -> None:
    await _many(peer, 50_000, json.dumps(plan(0)))
    log, started = Log(), time.monotonic()
    async with taking(peer.connector(), log):
        await until_empty(peer, 120)

    seconds = time.monotonic() - started
    record_property("rows_per_second", round(50_000 / seconds))
    print(f"\n{peer.settings.get('driver', 'asyncpg')}: 50,000 rows in {seconds:.1f} s")
    assert len(set(log.ids)) == len(log.ids) == 50_000
    assert seconds < 100


async def test_a_server_that_is_restarted_loses_and_renames_nothing(pg: Peer) -> None:
    assert pg.server is not None
    await _many(pg, 2_000, json.dumps(plan(0)))
    log = Log(seconds=0.0005)
    async with taking(pg.connector(batch=50), log) as working:
        while len(log.records) < 300:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(pg.server.kill)
        await asyncio.sleep(0.3)
        assert not working.done()
        await asyncio.to_thread(pg.server.start)
        await until_empty(pg)

    ids = [row_id for (row_id,) in await pg.sql("SELECT id::text FROM hub_outbox ORDER BY seq")]
    assert list(dict.fromkeys(log.ids)) == [derived_id("GY-YJJ", "outbox", "hub_outbox", each) for each in ids]
    assert len(log.ids) <= 2_050  # at most one batch came twice


async def test_a_new_row_wakes_the_hub(pg: Peer) -> None:
    log = Log()
    async with taking(pg.connector(poll_seconds=60), log):
        await pg.insert(plan(1))
        await until_empty(pg)
        await asyncio.sleep(0.3)  # by now it waits for good
        await pg.insert(plan(2))
        await until_empty(pg, 5)

    assert log.plans == ["P1", "P2"]


async def test_marks_that_do_not_stay_stop_the_reading(peer: Peer) -> None:
    """Else the same row would be sent for ever."""
    undo = "UPDATE hub_outbox SET taken_at = NULL WHERE seq = NEW.seq; "
    if peer.server is None:
        await peer.script(
            f"CREATE TRIGGER t AFTER UPDATE OF taken_at ON hub_outbox WHEN NEW.taken_at IS NOT NULL BEGIN {undo} END"
        )
    else:
        await peer.script(
            "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.taken_at = NULL; RETURN NEW; END $$; "
            "CREATE TRIGGER t BEFORE UPDATE ON hub_outbox FOR EACH ROW EXECUTE FUNCTION undo()"
        )
    await peer.insert(plan(1))
    with pytest.raises(Unavailable, match="do not stay"):
        await take_in(peer.connector(), TOPICS, log := Log(), lambda: NOON)
    assert log.plans == ["P1"]


async def test_nothing_is_sent_that_could_not_be_marked(pg: Peer) -> None:
    await pg.insert(plan(1))
    await pg.script("REVOKE UPDATE (result_code) ON hub_outbox FROM hub")
    log = Log()
    with pytest.raises(Unavailable, match="InsufficientPrivilege"):
        await take_in(pg.connector(), TOPICS, log, lambda: NOON)
    assert log.records == []


async def test_a_statement_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    """Another program holds the whole file; the driver itself would wait for five seconds."""
    peer = await made("sqlite", None, tmp_path)
    other = sqlite3.connect(tmp_path / "peer.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Unavailable, match="Timeout"):
        await take_in(peer.connector(seconds=0.3), TOPICS, Log(), lambda: NOON)
    assert time.monotonic() - started < 3
    other.close()


async def test_a_table_in_a_schema_of_its_own(pg: Peer) -> None:
    """With the rights that the ready DDL gives there, announcements included."""
    names = {"schema": "zf", "table": "fjb", "writer": "bureau"}
    await pg.script(f"CREATE SCHEMA zf; {ddl('outbox', 'postgresql', names)}")
    log = Log()
    async with taking(pg.connector(schema="zf", table="fjb", poll_seconds=60), log):
        for number in (1, 2):
            await pg.sql(
                "INSERT INTO zf.fjb (id, aggregatetype, aggregateid, type, payload) VALUES (gen_random_uuid(), 'p', 'a', 'c', $1)",
                json.dumps(plan(number)),
            )
            async with asyncio.timeout(10):
                while (await pg.sql("SELECT COUNT(*) FROM zf.fjb WHERE taken_at IS NULL"))[0][0]:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
    assert log.plans == ["P1", "P2"]


async def test_the_hub_may_not_change_what_was_sent(pg: Peer) -> None:
    """The bureau's program may only insert; the hub may only mark."""
    await pg.insert(plan(1))
    session = await signed_in(pg)
    try:
        for statement in (
            "UPDATE hub_outbox SET payload = '{}'", "DELETE FROM hub_outbox", "INSERT INTO hub_outbox (id) VALUES (NULL)",
        ):  # fmt: skip
            with pytest.raises(Unavailable, match="InsufficientPrivilege"):
                await session.fetch(statement)
    finally:
        await session.close()


async def test_a_reading_that_was_left_open_is_closed_by_the_next(peer: Peer) -> None:
    """As after a pause: nobody has told the generator that it will not be asked again."""
    await peer.insert(plan(1), plan(2))
    source = peer.connector().source
    assert source is not None
    abandoned = source.deliveries().__aiter__()
    await abandoned.__anext__()
    async with aclosing(source.deliveries()) as again:  # type: ignore[type-var]
        batch = await again.__anext__()
    assert [each.record["data"]["planId"] for each in batch] == ["P1", "P2"]


async def test_peeking_leaves_the_rows(peer: Peer) -> None:
    await peer.insert(plan(1), {}, plan(3))
    seen = await Outbox().peek(peer.connection(), peer.site(), 2)
    assert [(row.number, row.record) for row in seen] == [(1, plan(1)), (2, {})]
    assert await peer.waiting() == 3


async def test_the_password_is_in_no_log(peer: Peer, capfd: pytest.CaptureFixture[str]) -> None:
    (peer.folder / "password").write_text(f"{SECRET}-wrong\n")
    if peer.server is not None:
        with pytest.raises(Unavailable) as raised:
            await take_in(peer.connector(), TOPICS, Log(), lambda: NOON)
        assert SECRET not in str(raised.value)
    (peer.folder / "password").write_text(f"{SECRET}\n")
    await peer.insert(plan(1), {"junk": SECRET})
    async with taking(peer.connector(), Log()):
        await until_empty(peer)
    told = capfd.readouterr()
    assert "outbox.refused" in told.out + told.err
    assert SECRET not in told.out + told.err


async def signed_in(peer: Peer) -> Any:
    """Signed in as the hub."""
    return await opener(peer.connection())()


async def _many(peer: Peer, count: int, payload: str) -> None:
    """Rows made by the database itself."""
    if peer.server is None:
        await peer.sql(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
            "INSERT INTO hub_outbox (id, aggregatetype, aggregateid, type, payload) "
            "SELECT lower(hex(randomblob(16))), 'plan', 'a', 'closed', $1 FROM n",
            payload,
        )
    else:
        await peer.sql(
            "INSERT INTO hub_outbox (id, aggregatetype, aggregateid, type, payload) "
            f"SELECT gen_random_uuid(), 'plan', 'a', 'closed', $1 FROM generate_series(1, {count})",
            payload,
        )
