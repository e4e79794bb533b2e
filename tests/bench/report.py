"""What the runs say: a table, a page, charts. The one rule: hub and peer are compared within a round, then over rounds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.chart import Bar, Row, draw
from tests.bench.measure import spread
from tests.bench.processors import GUARANTEES

HUB: Final = "hub"
Result = Mapping[str, Any]

COLUMNS: Final = {
    "guarantee": "guarantee",
    "title": "processor",
    "rounds": "rounds",
    "events_per_second": "events/s",
    "spread": "min–max",
    "ratio": "hub ÷ it",
    "cpu_per_100k": "CPU s/100,000",
    "broker_cpu_per_100k": "broker CPU s",
    "peak_mib": "peak MiB",
    "first_output_seconds": "first output s",
    "faults": "faults",
}
KILL_COLUMNS: Final = {"round": "round", "guarantee": "guarantee", "processor": "processor", "faults": "faults"}
_CHARTS: Final = (
    ("peers.svg", "events_per_second", "Events per second on one core (more is better)", ",.0f"),
    ("peers-cpu.svg", "cpu_per_100k", "CPU seconds per 100,000 events (less is better)", ".2f"),
    ("peers-memory.svg", "peak_mib", "Peak resident memory, MiB (less is better)", ".0f"),
)


def rows(results: Result) -> list[dict[str, Any]]:
    """A row per guarantee and processor, the fastest first."""
    found: list[dict[str, Any]] = []
    for guarantee in GUARANTEES:
        names = {run["processor"] for run in results["runs"] if run["guarantee"] == guarantee}
        some = [_row(results, guarantee, name) for name in sorted(names)]
        found += sorted(some, key=lambda row: -row["median"]["events_per_second"][1])
    return found


def _row(results: Result, guarantee: str, name: str) -> dict[str, Any]:
    runs = [run for run in results["runs"] if run["guarantee"] == guarantee and run["processor"] == name]
    right = [run["figures"] for run in runs if run["figures"]]
    spreads = {key: spread([each[key] for each in right]) for key in right[0]} if right else {}
    rate = spreads.get("events_per_second", (0.0, 0.0, 0.0))
    ratio = ratios(results, guarantee, name)
    return {
        "guarantee": guarantee,
        "processor": name,
        "title": results["processors"][name]["title"],
        "rounds": f"{len(right)}/{len(runs)}",
        "spread": f"{rate[0]:,.0f}–{rate[2]:,.0f}" if right else "",
        "ratio": "" if not ratio or name == HUB else f"{spread(ratio)[1]:.2f}",
        "faults": "; ".join(sorted({in_short(run["faults"]) for run in runs if run["faults"]})),
        "median": {"events_per_second": rate, **spreads},
        **({key: _written(key, middle) for key, (_, middle, _) in spreads.items()}),
    }


def in_short(faults: str) -> str:
    """How many of which kind; the examples stand in the runs that are kept."""
    return re.sub(r" \([^()]*\)", "", faults)


def ratios(results: Result, guarantee: str, name: str) -> list[float]:
    """Events per second of the hub over those of *name*, a ratio for each round in which both were right.

    The hub keeps its one guarantee whatever is asked of it, so it is held against every guarantee of a peer.
    """
    rates = {
        (run["processor"], run["guarantee"], run["round"]): run["figures"]["events_per_second"]
        for run in results["runs"]
        if run["figures"]
    }
    found: list[float] = []
    for (processor, given, number), rate in rates.items():
        ours = rates.get((HUB, guarantee, number)) or rates.get((HUB, GUARANTEES[0], number))
        if processor == name and given == guarantee and ours:
            found.append(ours / rate)
    return found


def _written(key: str, value: float) -> str:
    return f"{value:.2f}" if "cpu" in key or "seconds" in key else f"{value:,.0f}"


def write(results: Result, folder: Path, kills: Result | None = None) -> list[Path]:
    """The page's fragment and its charts in *folder*; *kills* are the runs of those that were killed meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "peers.md"
    page.write_text(markdown(results, kills))
    written = [page]
    for name, key, title, form in _CHARTS:
        chart = folder / name
        chart.write_text(draw(title, _chart_rows(rows(results), key), GUARANTEES, form))
        written.append(chart)
    return written


def _chart_rows(table: Sequence[Mapping[str, Any]], key: str) -> list[Row]:
    order = list(dict.fromkeys(row["processor"] for row in table))
    found: list[Row] = []
    for name in order:
        mine = [row for row in table if row["processor"] == name and key in row["median"] and row["spread"]]
        bars = [Bar(GUARANTEES.index(row["guarantee"]), *row["median"][key]) for row in mine]
        if bars:
            found.append(Row(mine[0]["title"], bars, ours=name == HUB))
    return found


def markdown(results: Result, kills: Result | None = None) -> str:
    """The page: where, how it was measured, the figures, who they are."""
    machine, work = results["machine"], results["work"]
    table = rows(results)
    lines = [
        "# The hub beside what one would use instead",
        "",
        "Written by `python -m tests.bench --report` from the runs of `make bench`; the work is described in",
        "[tests/bench/README.md](../../tests/bench/README.md).",
        "",
        f"{results['date']}, commit {results['commit']}, {machine['model']}, {machine['cores']} cores,",
        f"{machine['memory_gib']} GiB, {machine['system']}; Kafka {results['versions']['kafka']} on Java",
        f"{results['versions']['java']}, one broker. {work['events']:,} records of {work['enterprises']:,} enterprises,",
        f"transactions or commits every {work['commit_ms']} ms.",
        "",
        "![Events per second](peers.svg)",
        "",
    ]
    for guarantee in GUARANTEES:
        if some := [row for row in table if row["guarantee"] == guarantee]:
            lines += [f"## {guarantee}", "", *_table(some), ""]
    lines += [*_how(), *(_killed(kills) if kills else ()), *_who(results)]
    return "\n".join(lines) + "\n"


def _table(some: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = {key: title for key, title in COLUMNS.items() if key not in ("guarantee", "faults")}
    lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
    for row in some:
        cells = [str(row.get(key, "")) for key in columns]
        if row["processor"] == HUB:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [f"\n{row['title']}: no figure in some runs: {row['faults']}" for row in some if row["faults"]]


def _how() -> list[str]:
    return [
        "![CPU](peers-cpu.svg)",
        "",
        "![Memory](peers-memory.svg)",
        "",
        "## How to read this",
        "",
        "- Broker and harness have one core, the processor with all its threads and children has the other. Rounds are",
        "  interleaved: in each, every processor runs once, and every round begins with another one. Medians are over rounds;",
        "  *hub ÷ it* is the median of the ratios within a round, so that what slows a whole round down cancels. The hub knows",
        "  exactly once only, and is held with that against what others do at least once.",
        "- *events/s*: an output stands for its own input record and those before it in the same partition (repeats leave no",
        "  output of their own). The clock starts with the append time (`LogAppendTime`) of the output with which a quarter of",
        "  the input was done, and stops with that of the last output; events are the input records done in between. Start and",
        "  warm-up are in nobody's figure. The last commit comes after the last append, and is in nobody's figure either.",
        "- *CPU s/100,000*: user and system time of the processor's whole process tree in the same window, read from `/proc`",
        "  every 200 ms and interpolated; *broker CPU s* the broker's, for the same 100,000 events.",
        "- *peak MiB*: the largest resident memory of each of its processes (`VmHWM`), summed, over the whole run.",
        "- *rounds*: those without a fault of those run. Every output of every run is held against a reference computed by",
        "  other code: missing, doubled, wrong bytes, headers or overlaps, order per key, refused records. A run with a fault",
        "  has no figure.",
        "",
    ]


def _killed(kills: Result) -> list[str]:
    lines = ["## Killed in the middle", ""]
    lines += [
        f"SIGKILL to the whole process tree when half of {kills['work']['events']:,} records were done, then started again",
        "(`--kill`). At least once may do twice what was not yet committed, and nothing else.",
        "",
        "| processor | guarantee | runs | kept it | faults |",
        "|---|---|---|---|---|",
    ]
    for guarantee in GUARANTEES:
        for name in sorted({run["processor"] for run in kills["runs"]}):
            runs = [run for run in kills["runs"] if (run["processor"], run["guarantee"]) == (name, guarantee)]
            faults = [in_short(run["faults"]) for run in runs if run["faults"]]
            if runs:
                title = kills["processors"][name]["title"]
                kept = len(runs) - len(faults)
                lines.append(f"| {title} | {guarantee} | {len(runs)} | {kept} | {'; '.join(faults)} |")
    return [*lines, ""]


def _who(results: Result) -> list[str]:
    lines = ["## Who they are", ""]
    for name, about in sorted(results["processors"].items()):
        pins = ", ".join(f"{library} {version}" for library, version in about["libraries"].items())
        lines.append(
            f"- **{about['title']}** (`tests/bench/peers/{name}`, {about['language']}{': ' + pins if pins else ''}). {about['notes']}"
        )
    for name, why in results.get("left_out", {}).items():
        lines.append(f"- {name} was left out: {why.splitlines()[0]}")
    return lines
