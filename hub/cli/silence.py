"""``hub connector silence``: who is unusually quiet for the hour.

One rule: the words beside a verdict say what it rests on, so that nobody has to believe it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import click

from hub.canonical.event import SHANGHAI
from hub.cli.connector_here import here
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option
from hub.cli.reach import bootstrap_option, reaching
from hub.silence.hours import HourlyCounts
from hub.silence.usual import LEAST_DAYS
from hub.silence.verdict import Limits, State, Verdict
from hub.silence.watch import Finding, look, watched

_ONCE_SHOWN: Final = 9999  #: days; beyond it a number says no more


@click.command(
    help=say(
        "静默:哪些系统在这一时段异常安静。", "Silence: which systems are unusually quiet for the hour."
    )
)  # fmt: skip
@click.option("--check", is_flag=True, help=say("有静默(SILENT)时退出码为 1", "Exit 1 if any is SILENT"))
@click.option("--party", "parties", multiple=True, help=say("只看这些单位", "Only these parties"))
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help=say("也列出从未使用的通用方言主题", "List topics of the common dialect that were never used, too"),
)
@bootstrap_option
@output_option
def silence(check: bool, parties: tuple[str, ...], everything: bool, bootstrap: str | None, output: str) -> int:
    """One line per party and dialect, the most silent first; 5 no such party, 4 Kafka is not reached."""
    place = here()
    topics, calendar = place.topics(), place.installation.reference.calendar
    unknown = sorted(set(parties) - set(topics.parties()))
    if unknown:
        raise Failed(Exit.NOT_FOUND, say(f"没有单位 {'、'.join(unknown)}", f"no party {', '.join(unknown)}"))
    own = place.settings.silence
    among = watched(topics, parties, own.unwatched)
    now = datetime.now(SHANGHAI)
    stopped = place.pauses.stopped("in")
    paused = {
        topics.ingress(each.party, each.system.dialect.name).name
        for name, each in place.every().items()
        if name in stopped
    }
    with reaching(place, bootstrap) as cluster:
        limits = Limits(own.quiet_days, own.silent_days)
        found = asyncio.run(look(HourlyCounts(cluster), among, calendar, limits, now, paused))
    shown = [each for each in found if everything or each.in_use]
    emit(
        "SilenceList", [_item(each) for each in sorted(shown, key=_most_silent_first)], output,
        columns={"party": say("单位", "Party"), "dialect": say("方言", "Dialect"), "state": say("状态", "State"), "last": say("最近一条", "Last record"), "silentFor": say("已静默", "Silent for"), "usualThisHour": say("此时段通常", "Usual this hour"), "missing": say("缺约", "Missing"), "why": say("依据", "Why")},
        wide={"topic": say("主题", "Topic"), "silentSeconds": say("静默秒", "Silent seconds"), "onceInDays": say("几日一遇", "Once in days"), "learnedDays": say("参照天数", "Learned days"), "provisional": say("暂定", "Provisional")},
    )  # fmt: skip
    if not shown:
        note(say("没有报送过;--all 列出全部主题", "nothing was ever sent; --all lists every topic"))
    silent = any(each.verdict.state is State.SILENT for each in found)
    return Exit.FINDINGS if check and silent else Exit.OK


def _most_silent_first(finding: Finding) -> tuple[int, float, str]:
    order = (State.SILENT, State.QUIET, State.PAUSED, State.NEW, State.OK, State.NEVER)
    return order.index(finding.verdict.state), -(finding.verdict.once_in_days or 0.0), finding.watched.topic


def _item(finding: Finding) -> Item:
    verdict = finding.verdict
    return {
        "party": finding.watched.party,
        "dialect": finding.watched.dialect,
        "state": verdict.state.value,
        "last": verdict.last.isoformat(timespec="seconds") if verdict.last else None,
        "silentFor": _duration(verdict.silent_for),
        "silentSeconds": None if verdict.silent_for is None else int(verdict.silent_for.total_seconds()),
        "usualThisHour": _number(verdict.usual),
        "missing": _number(verdict.missing),
        "onceInDays": None if verdict.once_in_days is None else round(min(verdict.once_in_days, _ONCE_SHOWN), 2),
        "comparableDays": verdict.past.days,
        "silentDays": verdict.past.silent,
        "learnedDays": verdict.learned_days,
        "provisional": verdict.provisional,
        "topic": finding.watched.topic,
        "why": _why(verdict),
    }


def _number(median: float | None) -> float | None:
    """A median of an even number of days may be a half, and else is whole."""
    return int(median) if median is not None and median == int(median) else median


def _duration(span: timedelta | None) -> str:
    if span is None:
        return ""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return say(f"{days} 天 {hours} 小时", f"{days} d {hours} h")
    return say(f"{hours} 小时 {minutes} 分", f"{hours} h {minutes} min")


def _why(verdict: Verdict) -> str:
    match verdict.state:
        case State.NEVER:
            return say("从未收到", "never heard")
        case State.NEW:
            return say(f"只有 {verdict.learned_days} 个整天可参照,需 {LEAST_DAYS} 天", f"{verdict.learned_days} whole days to learn from, {LEAST_DAYS} are needed")  # fmt: skip
        case State.OK:
            return say("正常", "as usual")
        case State.PAUSED:
            return say("连接已暂停: hub connector resume", "its connection is paused: hub connector resume")
    if verdict.last is None:
        return say("记录均已过保留期", "all its records have left the log")
    if verdict.once_in_days is None:
        return say("静默已久,且参照不足", "silent for long, and too little to learn from")
    sent, days = verdict.past.days - verdict.past.silent, verdict.past.days
    told = say(
        f"{days} 个可比日中 {sent} 天在同一时段有记录", f"records in these hours on {sent} of {days} comparable days"
    )  # fmt: skip
    return told + (say(";日历暂定", "; calendar provisional") if verdict.provisional else "")
