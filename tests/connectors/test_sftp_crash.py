"""Killed before any step, cut off at any request: every row arrives, always under the same id, and the peer sees its file once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from pathlib import Path

import orjson
import pytest

from connectors.protocol import Unavailable
from connectors.runner import take_in
from connectors.sftp.kind import Sftp
from hub.canonical.event import own_event_id
from tests.connectors.log import TOPICS, Log
from tests.connectors.sailing import sail
from tests.connectors.sftp_peer import SAMPLE, peered
from tests.connectors.sites import NOON, site
from tests.connectors.test_filedrop import names

HEADER, *ROWS = SAMPLE.read_bytes().split(b"\r\n")
FILE = b"\r\n".join([HEADER, ROWS[0], b"torn,row"])
MANIFEST = "a.csv.manifest.json"
EXPECTED = own_event_id("GY-RSJ", "RSJ0001")
#: More than a file has steps, so that the last processes come to the end of theirs.
STEPS = {"rename": 64, "copy": 48}


def manifest() -> bytes:
    import hashlib

    return orjson.dumps({"file": "a.csv", "bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest()})


@pytest.mark.parametrize("claim", ["rename", "copy"])
async def test_killed_at_any_step_it_goes_on_and_nothing_is_lost_or_renamed(tmp_path: Path, claim: str) -> None:
    async with peered(tmp_path) as peer:
        steps = range(1, STEPS[claim] + 1)
        for step in steps:
            out = peer.home / str(step) / "out"
            out.mkdir(parents=True)
            (out.parent / "in").mkdir()
            (out / MANIFEST).write_bytes(manifest())
            (out / "a.csv").write_bytes(FILE)
        said = peer.said | {
            "key_file": "ours", "known_hosts": "known_hosts", "quiet_seconds": 0, "manifests": True, "claim": claim,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.connectors.sailing",
            str(tmp_path), str(peer.keys), orjson.dumps(said).decode(), str(len(steps)),
            cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said_by_it, _ = await process.communicate()
        codes = [int(line.split()[1]) for line in said_by_it.decode().splitlines() if line.startswith("ended ")]
        killed = codes.count(-9)
        assert codes == [-9] * killed + [0] * (len(steps) - killed)
        assert 20 < killed < len(steps)

        for step in steps[:killed]:
            async with asyncio.timeout(20):
                await sail(tmp_path / f"hub{step}", peer.keys, said | {"root": f"/{step}"})
        for step in steps:
            home = peer.home / str(step)
            assert set((tmp_path / f"hub{step}/ids").read_text().split()) == {EXPECTED}
            reports = home / ("out" if claim == "rename" else "in")
            own = ["a.csv", MANIFEST] if claim == "rename" else []
            assert names(reports / "done") == sorted([*own, "a.csv.receipt.json"])
            assert names(reports / "err") == ["a.csv.reason.json"]
            assert orjson.loads((reports / "done/a.csv.receipt.json").read_bytes())["accepted"] == 1
            assert not list(home.rglob(".taken/*/*"))
            assert not list((tmp_path / f"hub{step}").rglob("a.*"))


@pytest.mark.parametrize("request_cut", ["open", "read", "write", "posix_rename", "lstat", "scandir", "mkdir"])
async def test_a_server_that_goes_away_at_any_request_and_comes_back(tmp_path: Path, request_cut: str) -> None:
    """The first, then the second such request and so on is cut off, until one passage needs no more of them."""
    for number in range(1, 40):
        async with peered(tmp_path / str(number)) as peer:
            (peer.out / "a.csv").write_bytes(FILE)
            written, reasons = Log(), []
            connector = Sftp().connect(peer.connection(quiet_seconds=0), site(tmp_path / f"hub{number}", ["GY-RSJ"]))
            peer.cut_at(request_cut, number)
            async with asyncio.timeout(20):
                while not (peer.out / "done/a.csv").exists():
                    try:
                        await until_first(take_in(connector, TOPICS, written, lambda: NOON), peer.out / "done/a.csv")
                    except Unavailable as error:
                        reasons.append(str(error))
            assert set(written.ids) == {EXPECTED}
            assert "a.csv.receipt.json" in names(peer.out / "done")
            assert all(peer.settings().place in reason or "/" in reason for reason in reasons)
        if not reasons:
            assert number > 1
            return
    raise AssertionError("a passage has no end of requests")


async def until_first(work: Awaitable[None], path: Path) -> None:
    """Until *work* fails, or *path* is there."""
    task = asyncio.ensure_future(work)
    try:
        while not path.exists() and not task.done():
            await asyncio.sleep(0.01)
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
