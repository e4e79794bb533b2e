"""What must not get slower unnoticed: translating a record, and what `hub --help` loads.

The one rule: no wall time and no figure of a machine. Processor time of this thread is compared with that of a fixed piece
of interpreter's work on the same record, both in turn and each at its best of many tries: a busy machine slows the two alike.
What a command loads is compared as a set of names.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from json import JSONDecoder
from json.decoder import py_scanstring
from json.scanner import py_make_scanner
from pathlib import Path

import pytest

from connectors import own
from hub import reference
from hub.agents.translate import Translator
from hub.engine.record import Outgoing, Record
from hub.local.topics import load_topics
from hub.settings import Settings
from tests.bench.work.plans import plans

#: Translating may take so many times what the standard library's JSON reader written in Python takes for the same record.
#: Set from 2.13 (2026-11-23), the most of 28 attempts beside a loaded machine (2.01 at least), and half as much again.
MOST = 3.2

_WORK = Path(__file__).parent / "work"
_RECORDS = 5  # few, so that a try is over before the machine turns to somebody else
_TRIES = 400
#: With longer tries one attempt of 24 was half as much again; what really got slower is so in every attempt.
_ATTEMPTS = 5

#: What `hub --help` has no use for; each of them alone would double its time.
_NEEDLESS = {
    "aiohttp", "aiokafka", "asyncio", "cryptography", "fastavro", "faust", "httpx", "logging", "mode", "msgspec", "openpyxl",
    "orjson", "pydantic", "pydantic_settings", "rich", "ssl", "structlog", "tempfile", "traceback", "uvicorn", "yaml",
}  # fmt: skip


@pytest.fixture
def known() -> Iterator[Settings]:
    """Settings of an installation that knows the bench's system."""
    yield Settings(connectors_dir=_WORK)
    own.install(Path("own"))


def test_translating_keeps_its_distance_from_the_interpreter(known: Settings) -> None:
    ratio = min(islice(_until_within(known), _ATTEMPTS))
    assert ratio <= MOST, f"translating takes {ratio:.2f} times the yardstick, more than {MOST}: something got slower"


def test_the_help_loads_only_what_it_needs() -> None:
    listed = (
        "import sys\nfrom hub.__main__ import main\ntry:\n  main()\nfinally:\n  print(*sys.modules, file=sys.stderr)"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; sys.argv[1:] = ['--help']\n{listed}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(answer.stderr.split())
    assert "click" in loaded
    assert "hub.cli.main" in loaded
    assert loaded & _NEEDLESS == set()
    assert {name for name in loaded if name.startswith(("hub.", "connectors"))} == {
        "hub.__main__", "hub.cli", "hub.cli.exits", "hub.cli.language", "hub.cli.main",
    }  # fmt: skip


def test_a_worker_loads_no_web_client_and_nothing_to_draw_with() -> None:
    script = (
        "import sys, hub.cli.worker\n"
        "from hub.engine.worker import create_app\n"
        "create_app('guard').conf\n"
        "print(*sys.modules)\n"
        "import aiohttp.client, rich.console\n"
        "assert aiohttp.client.ClientSession.__module__ == 'aiohttp.client'\n"
        "assert rich.console.Console().width\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert "faust.app.base" in loaded
    assert {name for name in loaded if name.split(".")[0] in ("aiohttp", "rich")} == set()


def _until_within(settings: Settings) -> Iterator[float]:
    ratio = float("inf")
    while ratio > MOST:
        yield (ratio := translating_to_reading(settings))


def translating_to_reading(settings: Settings) -> float:
    """How many times the yardstick translating takes."""
    translator = Translator(load_topics(settings, "local"), reference.load())
    sent = [each for each in islice(plans(2 * _RECORDS), 2 * _RECORDS) if not each.repeats and not each.breaks][
        :_RECORDS
    ]
    records = [
        Record("evt.gy-zd.brigade-json.v1", 0, offset, 1_772_000_000_000, each.key, each.value, ())
        for offset, each in enumerate(sent)
    ]
    texts = [each.value.decode() for each in sent]
    read = _reader()

    def translate() -> list[Outgoing]:
        return [written for record in records for written in translator.translate(record)]

    written = translate()
    assert [each.topic for each in written] == ["inspection.event.v1"] * _RECORDS  # the way of a good record, whole
    return _best_ratio(translate, lambda: [read(text) for text in texts])


def _best_ratio(one: Callable[[], object], other: Callable[[], object]) -> float:
    best_one = best_other = sys.maxsize
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(_TRIES):
            best_one = min(best_one, _cost(one))
            best_other = min(best_other, _cost(other))
    finally:
        if collecting:
            gc.enable()
    return best_one / best_other


def _cost(work: Callable[[], object]) -> int:
    began = time.thread_time_ns()
    work()
    return time.thread_time_ns() - began


def _reader() -> Callable[[str], object]:
    """The standard library's JSON reader without its C: strings, dictionaries and calls, as translating has them."""
    decoder = JSONDecoder()
    decoder.parse_string = py_scanstring
    decoder.scan_once = py_make_scanner(decoder)
    return decoder.decode
