"""Logs hold no personal data: canaries go in by every way there is, and are searched for in what comes out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hub import telemetry

CANARIES = {
    "identity number": "520103199003072316",
    "identity number with X": "52010319900307231X",
    "old identity number": "520103900307231",
    "mobile": "13885123456",
    "mobile with country": "+86 138-8512-3456",
    "landline": "0851-85123456",
    "name": "王小明canary",
}


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    telemetry.configure(stream=stream, colours=False, process="test")
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.contextvars.clear_contextvars()
        structlog.reset_defaults()


@pytest.mark.parametrize("colours", [False, True])
def test_no_canary_comes_out(said: io.StringIO, colours: bool) -> None:
    telemetry.configure(stream=said, colours=colours, process="test")
    log = structlog.get_logger("hub.test")
    for canary in CANARIES.values():
        log.info("lead.refused", name=canary, 姓名=canary, id_number=canary)
        log.warning("lead.refused", payload={"subject": {"legalRepresentative": canary, "list": [{"phone": canary}]}})
        try:
            raise ValueError(canary if any(map(str.isdigit, canary)) else "x")
        except ValueError:
            log.exception("lead.failed")
        if any(map(str.isdigit, canary)):
            log.info(f"as text {canary}。", detail=[canary, (canary,)], nested={"a": {"b": f"电话{canary}号"}})
            logging.getLogger("library").error("a library says %s", canary)
            log.info("number", value=int(canary) if canary.isdigit() else 0)
    text = said.getvalue()
    assert "lead.refused" in text
    assert [what for what, canary in CANARIES.items() if canary in text] == []


def test_what_is_not_personal_stays_readable(said: io.StringIO) -> None:
    kept = {
        "uscc": "91520100MA6DKX1A2B",
        "event_id": "0190f1a0-0000-7000-8000-123456789012",
        "offset": 1234567890,
        "topic": "evt.gy-zd.zhifa-json.v1",
        "duration_ms": 1.5,
    }
    structlog.get_logger("hub.test").info("event.published", **kept)
    line = json.loads(said.getvalue())
    assert {key: line[key] for key in kept} == kept
    assert (line["event"], line["level"], line["logger"], line["process"]) == (
        "event.published",
        "info",
        "hub.test",
        "test",
    )
    assert line["ts"].endswith("Z")
