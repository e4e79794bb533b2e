"""An outbox whose reader is killed before and after every statement: nothing lost, nothing under another id."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from connectors import registry
from hub.canonical.event import own_event_id
from tests.connectors.databases import Peer, until_empty
from tests.connectors.log import Log, taking
from tests.connectors.outboxing import POINTS

ROOT = Path(__file__).parents[2]
YJJ = registry.system("yjj-json")


async def test_killed_at_any_statement_every_row_arrives_under_its_own_id(peer: Peer) -> None:
    path, _ = next(iter(YJJ.cases()))
    sample = next(row.record for row in YJJ.format.decode(path.read_bytes()) if row.record)
    own_id = YJJ.dialect.read(sample)[0].own_id
    text = json.dumps(sample, ensure_ascii=False)
    count = 4 * len(POINTS) + 3
    await peer.insert(*(text.replace(own_id, f"ROW-{number:04}") for number in range(count)))

    done = subprocess.run(
        [sys.executable, "-m", "tests.connectors.outboxing", str(peer.folder), json.dumps({**peer.settings, "batch": 2})],
        cwd=ROOT, capture_output=True, timeout=200, check=True,
    )  # fmt: skip
    assert done.stdout.split()[-1] == str(len(POINTS)).encode(), done.stderr[-2000:]
    left = await peer.waiting()
    assert 0 < left < count
    log = Log()
    async with taking(peer.connector(plain=False, lease_seconds=1), log):
        await until_empty(peer)

    told = [*(peer.folder / "log").read_text().split(), *log.ids]
    expected = [own_event_id("GY-YJJ", f"ROW-{number:04}") for number in range(count)]
    assert list(dict.fromkeys(told)) == expected  # each row, in order, under no other id
    assert len(told) <= count + 2 * len(POINTS)  # at most one batch twice for each kill
