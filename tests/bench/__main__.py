"""`python -m tests.bench`: the hub beside its peers, on one broker, in one run. What ran is kept after every run."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.cli.output import emit, note
from tests.bench.broker import INPUT, Topics, local_broker, partitions_of
from tests.bench.cores import TooFewCores, two_cores
from tests.bench.judge import expect
from tests.bench.machine import commit, machine, versions
from tests.bench.processors import GUARANTEES, PEERS, Processor, SetupFailed, find, names, prepare
from tests.bench.report import COLUMNS, KILL_COLUMNS, rows, write
from tests.bench.running import Outcome, Stage, killed, run
from tests.bench.work.plans import plans

_HOME: Final = Path(".hub/bench")
_RESULTS: Final = _HOME / "results.json"
_KILLS: Final = _HOME / "kills.json"
_PAGES: Final = Path("docs/speed")
_WARM_UP: Final = 20_000


def main() -> int:
    options = _parser().parse_args()
    options.results = options.results or (_KILLS if options.kill else _RESULTS)
    if options.report:
        kills = json.loads(_KILLS.read_text()) if _KILLS.is_file() else None
        for path in write(json.loads(options.results.read_text()), options.pages, kills):
            note(f"wrote {path}")
        return 0
    try:
        broker_core, core = two_cores()
        wanted = [name for name in options.only.split(",") if name] or names(options.peers)
        chosen = [find(name, _HOME, peers=options.peers) for name in wanted]
    except (TooFewCores, LookupError, ValueError) as error:
        note(str(error))
        return 2
    ready, left_out = _prepared(chosen)
    results = _begun(options, ready, left_out)
    given = [each for each in GUARANTEES if options.guarantee in ("", each)]
    entries = [(each, guarantee) for each in ready for guarantee in given if guarantee in each.guarantees]
    if not entries:
        note("nothing to run: no such processor gives that guarantee")
        return 2
    os.sched_setaffinity(0, {broker_core})
    # Told to end, it ends as by Ctrl-C: with the processes it started, and without their records left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_measured(options, entries, core, results))
    except KeyboardInterrupt:
        note(f"interrupted; what ran until now: {options.results}")
        return 130
    if options.kill:
        emit("BenchKill", results["runs"], options.output, columns=KILL_COLUMNS)
    else:
        emit("BenchResult", rows(results), options.output, columns=COLUMNS)
    note(f"all runs: {options.results}")
    wrong = [each for each in results["runs"] if each["faults"]]
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"of {', '.join(names())}; without: all")
    parser.add_argument("--peers", type=Path, default=PEERS, help="where the processors' folders are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--enterprises", type=int, default=20_000)
    parser.add_argument(
        "--guarantee", default="", choices=("", *GUARANTEES), help="without: every one that each can give"
    )
    parser.add_argument(
        "--kill", action="store_true", help="no figures: kill each in the middle, start it again, judge"
    )
    parser.add_argument("--commit-ms", type=int, default=100, help="interval of transactions or commits")
    parser.add_argument("--results", type=Path, help=f"where the runs are kept, else {_RESULTS} or {_KILLS}")
    parser.add_argument("--append", action="store_true", help="more rounds of the same work behind those that are kept")
    parser.add_argument("-o", "--output", default="table", choices=("table", "json", "jsonl", "yaml", "csv"))
    parser.add_argument(
        "--report", action="store_true", help="run nothing: write the page and its charts from what is kept"
    )
    parser.add_argument("--pages", type=Path, default=_PAGES, help="where the page goes")
    return parser


def _prepared(chosen: list[Processor]) -> tuple[list[Processor], dict[str, str]]:
    """Those whose environment is there, and why the others are left out."""
    ready: list[Processor] = []
    left_out: dict[str, str] = {}
    for processor in chosen:
        try:
            prepare(processor, note)
        except SetupFailed as failed:
            note(f"{failed}\n{processor.name} is left out")
            left_out[processor.name] = str(failed)
        else:
            ready.append(processor)
    return ready, left_out


def _begun(options: argparse.Namespace, ready: list[Processor], left_out: dict[str, str]) -> dict[str, Any]:
    work = {"events": options.events, "enterprises": options.enterprises, "commit_ms": options.commit_ms}
    former: dict[str, Any] = {"runs": [], "processors": {}}
    if options.append and options.results.is_file():
        former = json.loads(options.results.read_text())
        if former["work"] != work:
            raise SystemExit(f"{options.results} holds runs of other work: {former['work']}")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "work": work,
        "processors": former["processors"]
        | {
            each.name: {
                "title": each.title,
                "language": each.language,
                "notes": each.notes,
                "libraries": each.libraries(),
                "pins": each.pins(),
            }
            for each in ready
        },
        "left_out": left_out,
        "runs": former["runs"],
    }


async def _measured(
    options: argparse.Namespace, entries: list[tuple[Processor, str]], core: int, results: dict[str, Any]
) -> None:
    """All rounds. Every round begins with another entry, so that no one always follows the same."""
    records = list(plans(options.events, enterprises=options.enterprises))
    begun = max((each["round"] for each in results["runs"]), default=0)
    (broker_core,) = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as scratch:
        async with local_broker(Path(scratch), broker_core) as kafka:
            topics = Topics(kafka.bootstrap)
            topics.create(INPUT)
            appended = topics.load(INPUT, records)
            expected = expect(records, appended, partitions_of(topics.read(INPUT), records))
            topics.warm(records[:_WARM_UP])
            stage = Stage(kafka.bootstrap, topics, kafka.pid, core, expected, _HOME / "logs", options.commit_ms)
            note(
                f"{options.events:,} records: {len(expected.outputs):,} outputs and {expected.refused.total():,} refused must come"
            )
            for number in range(begun + 1, begun + options.rounds + 1):
                turn = number % len(entries)
                for processor, guarantee in (*entries[turn:], *entries[:turn]):
                    outcome = await (killed if options.kill else run)(stage, processor, guarantee, number)
                    note(outcome.line())
                    _keep(options.results, results, outcome)


def _keep(path: Path, results: dict[str, Any], outcome: Outcome) -> None:
    results["runs"].append(
        {
            "round": outcome.round,
            "processor": outcome.processor,
            "guarantee": outcome.guarantee,
            "figures": {name: round(value, 3) for name, value in outcome.figures.items()},
            "faults": outcome.faults,
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".tmp")
    written.write_text(json.dumps(results, ensure_ascii=False, indent=1))
    written.replace(path)


if __name__ == "__main__":
    sys.exit(main())
