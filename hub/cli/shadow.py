"""``hub play --shadow FROM..TO``: which decisions would differ if a rule, a switch or a file were another.

The one rule: it reads the hub's topics and writes to none. Exit 0 = nothing differs, 1 = something does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from hub.boot import hub
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit
from hub.cli.language import say
from hub.cli.output import API_VERSION, note
from hub.cli.reach import reaching
from hub.cli.trial import files, stretch, switches
from hub.play.differ import Comparison, Difference, Stretch, compare, plain
from hub.play.log import REFUSED, Said
from hub.play.recorded import Log, read_log
from hub.play.shadow import Trial, shadow
from hub.play.story import gist, painted, title
from hub.reference import Reference

#: What the hub may not have decided yet when its log is read.
_UNDECIDED: Final = timedelta(seconds=5)
_MARKS: Final = {"CHANGED": ("≠", "yellow"), "GONE": ("−", "red"), "NEW": ("+", "green")}


def run_shadow(
    text: str, *, policy: Sequence[str], directory: Path | None, realm: str, bootstrap: str | None, output: str
) -> int:
    """Replay the log and tell what differs in the stretch *text*."""
    here = hub()
    since, until = stretch(text)
    reference = files(directory)
    changes = switches(policy, reference)
    trial = Trial(reference, changes) if changes or directory else None
    present = datetime.now(SHANGHAI) - _UNDECIDED
    if sys.stderr.isatty():
        note(say("读取日志……", "reading the log…"))
    with reaching(here, bootstrap) as cluster:
        log = asyncio.run(read_log(cluster, here.topics, {realm}))
    if log.cut:
        topics = ", ".join(sorted(log.cut))
        note(
            say(
                f"日志开头已过保留期,较早的事项不完整,可能显示为不同: {topics}",
                f"the log's beginning is gone; what is older is incomplete and may show as different: {topics}",
            )
        )
    within = Stretch(since, until, present)

    def differing(tried: Trial | None) -> Comparison:
        now = shadow(log.entries, here.reference, tried, since, min(until, present))
        return compare(log.said, log.comparable(now), within)

    found = differing(trial)
    # What differs without any change comes from other rules than those that decided then: it is not the change's doing.
    drift = len((differing(None) if trial else found).differences)
    if output == "json":
        click.echo(json.dumps(_json(found, log, within, changes, directory, drift), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, log, drift, here.reference, tried=trial is not None):
            click.echo(line, color=painted())
    return int(Exit.FINDINGS if found.differences else Exit.OK)


def _json(
    found: Comparison,
    log: Log,
    within: Stretch,
    changes: Mapping[str, Any],
    directory: Path | None,
    drift: int,
) -> Mapping[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "ShadowDifferences",
        "from": within.since.isoformat(timespec="seconds"),
        "to": within.until.isoformat(timespec="seconds"),
        "policy": changes,
        "reference": str(directory) if directory else None,
        "facts": log.facts,
        "compared": found.compared,
        "differWithoutChange": drift,
        "counts": found.counts,
        "items": [plain(one) for one in found.differences],
    }


def _lines(found: Comparison, log: Log, drift: int, reference: Reference, *, tried: bool) -> Iterator[str]:
    for one in found.differences:
        yield from _difference(one, reference)
    if found.differences:
        yield ""
        yield click.style(say("按事件类型", "by type of event"), bold=True)
        for name, kinds in found.counts.items():
            told = "  ".join(f"{_MARKS[kind][0]} {number}" for kind, number in kinds.items())
            yield f"  {name} {title(name)}  {told}"
        yield ""
    yield say(
        f"读取事实 {log.facts} 件,时段内对照 {found.compared} 项,不同 {len(found.differences)} 项",
        f"{log.facts} facts read, {found.compared} decisions compared in the stretch, {len(found.differences)} differ",
    )
    if tried and drift:
        yield say(
            f"其中或有 {drift} 项不因本次改动:不作改动重放也不同(当时的规则或设置与今不同)",
            f"{drift} differ even without the change: other rules or settings held when they were decided",
        )
    if not found.differences:
        yield click.style(say("✓ 没有不同", "✓ nothing differs"), fg="green", bold=True)


def _difference(one: Difference, reference: Reference) -> Iterator[str]:
    said = one.said
    mark, colour = _MARKS[one.kind]
    moment = said.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    where = f"{said.realm}~{said.key}" if said.realm else said.key
    yield f"{moment}  {click.style(mark, fg=colour, bold=True)} {said.type} {title(said.type)}  {where}"
    if one.kind == "CHANGED":
        names = _names(said)
        if names:
            yield f"{'':20}{names}"
        for name, (old, new) in one.fields.items():
            yield f"{'':20}{name}: {_value(old)} → {_value(new)}"
    else:
        word = say("不再有", "no longer") if one.kind == "GONE" else say("新出现", "only now")
        yield f"{'':20}{word}: {_gist(said, reference)}"


def _names(said: Said) -> str:
    return "  ".join(
        f"{name}={said.data[name]}" for name in ("planId", "clock", "leadId", "visitId") if name in said.data
    )


def _gist(said: Said, reference: Reference) -> str:
    if said.type == REFUSED:
        return f"{said.data['code']}  {said.about}"
    if said.type in Catalogue.load() and not said.data:
        return " ".join(f"{party}:{projection}" for party, projection in sorted(said.to or ()))
    return gist(said.data, reference)


def _value(value: Any) -> str:
    if value is None:
        return say("无", "none")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
