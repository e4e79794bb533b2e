"""What every kind of connector owes, with every system that may use it: the sentences are the contract, the beds the kinds.

Kills at each single step are each kind's own tests (`test_*_crash.py`, `test_filedrop.py`): a step is the kind's own word.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from connectors import registry
from connectors.pauses import Pauses, pausing
from connectors.protocol import Draft, Envelope
from connectors.runner import take_in
from connectors.webhook import sinks_closed
from tests.connectors.contract.beds import BEDS, Bed
from tests.connectors.log import TOPICS, Log, taking
from tests.connectors.sites import NOON

SYSTEMS = sorted(registry.CONNECTORS)
IN = [bed for bed in BEDS if bed.takes_in]
OUT = [bed for bed in BEDS if bed.hands_out]
#: One system for what does not depend on its words; another for each kind, so that all forms come by.
IN_TURN = [(bed, SYSTEMS[number % len(SYSTEMS)]) for number, bed in enumerate(IN)]
OUT_IN_TURN = [(bed, SYSTEMS[-1 - number % len(SYSTEMS)]) for number, bed in enumerate(OUT)]


def named(value: Any) -> str | None:
    return value.label or value.kind if isinstance(value, type) and issubclass(value, Bed) else None


def documents(dialect: str) -> list[bytes]:
    return [sample.read_bytes() for sample, _ in registry.system(dialect).cases()]


def golden(dialect: str) -> list[Draft]:
    """Every event of the system's samples, as their keepers say they are."""
    told = (orjson.loads(expected.read_bytes()) for _, expected in registry.system(dialect).cases())
    return [Draft(each["type"], each["data"], each["ownId"], each["party"]) for file in told for each in file]


def events(dialect: str, log: Log) -> list[Draft]:
    return [draft for sent in log.records for draft in registry.read(dialect, sent.value, sent.headers["content-type"])]


async def until(met: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await met():
            await asyncio.sleep(0.05)


def sorted_by_text(drafts: list[Draft]) -> list[Draft]:
    return sorted(
        drafts, key=lambda each: orjson.dumps([each.type, each.own_id, each.data], option=orjson.OPT_SORT_KEYS)
    )


@pytest.mark.parametrize("dialect", SYSTEMS)
@pytest.mark.parametrize("bed_type", IN, ids=named)
async def test_samples_arrive_as_their_golden_events(bed_type: type[Bed], dialect: str, tmp_path: Path) -> None:
    """Whatever the way, the same words mean the same; and the same sent again has the same ids."""
    log = Log()
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        for number, content in enumerate(documents(dialect)):
            await bed.put(f"a{number}", content)
        async with taking(bed.connector(), log):
            await until(bed.settled)

    assert sorted_by_text(events(dialect, log)) == sorted_by_text(golden(dialect))
    assert await bed.reasons() == []


@pytest.mark.parametrize("dialect", SYSTEMS)
@pytest.mark.parametrize("bed_type", OUT, ids=named)
async def test_deliveries_are_found_by_the_peer_in_its_own_words(
    bed_type: type[Bed], dialect: str, tmp_path: Path
) -> None:
    """Each once though each is sent twice, in the order of their numbers, and read back as what they were."""
    sent = golden(dialect)
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        connector = bed.connector()
        sink = connector.sinks[bed.system.owner]
        for number, draft in enumerate(sent):
            about = Envelope(f"id-{number}", draft.party or bed.system.owner, "k", NOON.isoformat(), number)
            record = connector.dialect.write(draft.type, draft.data, about)
            assert record is not None
            for _ in range(2):
                await sink.send(record, key=f"{number:012}-id-{number}")
        await sinks_closed({"bed": connector})
        found = [registry.read(dialect, document)[0] for document in await bed.received()]

    assert [(draft.type, draft.data) for draft in found] == [(draft.type, draft.data) for draft in sent]
    assert [draft.own_id for draft in found] == [f"id-{number}" for number in range(len(sent))]


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_what_is_sent_twice_has_the_same_ids(bed_type: type[Bed], dialect: str, tmp_path: Path) -> None:
    log = Log()
    async with bed_type(tmp_path, registry.system(dialect)) as bed, taking(bed.connector(), log):
        for name in ("a", "b"):
            await bed.put(name, documents(dialect)[0])
            await until(bed.settled)

    assert log.ids
    assert set(Counter(log.ids).values()) == {2}


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_junk_is_refused_with_a_reason_and_the_rest_goes_on(
    bed_type: type[Bed], dialect: str, tmp_path: Path
) -> None:
    log = Log()
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        await bed.put("a-junk", b"\x00\xffjunk {{<")
        await bed.put("b-good", documents(dialect)[0])
        async with taking(bed.connector(), log):
            await until(bed.settled)

        assert await bed.reasons() == ["INVALID_FIELD"]
    assert log.ids


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_a_break_at_any_send_loses_nothing_and_adds_no_other_id(
    bed_type: type[Bed], dialect: str, tmp_path: Path
) -> None:
    """The broker goes away at each send in turn, and the connector is made anew: what is repeated has the id it had."""
    undisturbed = Log()
    async with bed_type(tmp_path / "whole", registry.system(dialect)) as bed:
        await bed.put("a", documents(dialect)[0])
        async with taking(bed.connector(), undisturbed):
            await until(bed.settled)
    for at in range(1, len(undisturbed.ids) + 1):
        log = Log(breaks_at=at)
        async with bed_type(tmp_path / str(at), registry.system(dialect)) as bed:
            await bed.put("a", documents(dialect)[0])
            async with taking(bed.connector(), log):
                await log.reached.wait()
            async with taking(bed.connector(), log):
                await until(bed.settled)
            assert set(log.ids) == set(undisturbed.ids)
            assert await bed.reasons() == []


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_nothing_is_settled_that_the_log_has_not_and_nothing_is_read_far_ahead(
    bed_type: type[Bed], dialect: str, tmp_path: Path
) -> None:
    """A slow broker slows the peer: what it has not acknowledged is still the peer's."""
    log = Log(holds=True)
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        await bed.put("a", documents(dialect)[0])
        async with taking(bed.connector(), log):
            async with asyncio.timeout(10):
                while not log.sends:
                    await asyncio.sleep(0.02)
            sent = log.sends
            await asyncio.sleep(0.5)
            assert not await bed.settled()
            assert log.sends == sent
            log.holds = False
            await until(bed.settled)
    assert len(log.ids) == log.sends


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_a_pause_leaves_everything_where_it_is(bed_type: type[Bed], dialect: str, tmp_path: Path) -> None:
    log, pauses = Log(), Pauses.under(tmp_path)
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        pauses.pause("bed.in", "")

        async def work() -> None:
            await take_in(bed.connector(), TOPICS, log, lambda: NOON)

        pump = asyncio.create_task(pausing("bed.in", work, pauses, lambda _: None)())
        await bed.put("a", documents(dialect)[0])
        await asyncio.sleep(0.8)
        assert not log.sends
        pauses.resume("bed.in")
        await until(bed.settled)
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
    assert log.ids


@pytest.mark.parametrize(("bed_type", "dialect"), OUT_IN_TURN, ids=named)
async def test_no_secret_is_ever_said(bed_type: type[Bed], dialect: str, tmp_path: Path) -> None:
    """Not in a log line, not in what `check` finds, not in the settings as they are shown."""
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        with capture_logs() as logs:
            findings = [each async for each in bed.made_by.check(bed.connection(), bed.site)]
            if bed.takes_in:
                await bed.put("a", documents(dialect)[0])
                async with taking(bed.connector(), Log()):
                    await until(bed.settled)
        said = f"{logs} {findings} {bed.connection()!r}"

        assert findings
        assert all(each.ok for each in findings), findings
        assert not [secret for secret in bed.secrets if secret in said]


@pytest.mark.parametrize(("bed_type", "dialect"), IN_TURN, ids=named)
async def test_a_look_at_what_waits_leaves_it_there(bed_type: type[Bed], dialect: str, tmp_path: Path) -> None:
    log = Log()
    async with bed_type(tmp_path, registry.system(dialect)) as bed:
        await bed.put("a", documents(dialect)[0])
        rows = await bed.made_by.peek(bed.connection(), bed.site, 1)
        assert [row.error for row in rows] == [None]
        async with taking(bed.connector(), log):
            await until(bed.settled)
    assert log.ids
