"""``hub deadline explain``: the count of one period, day by day.

The one rule: the days come from the rules that computed the date (`hub.rules.schedule`), under the calendar that date was computed with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
import yaml

from hub.canonical.event import Event
from hub.canonical.periods import Calendar
from hub.cli import deadline_text
from hub.cli.exits import Exit, Failed
from hub.cli.imagined import ENTITY, imagined, length, moment
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.cli.situation import Situation, look, situation_options
from hub.cli.trial import files
from hub.reference import ClockRule, Reference
from hub.reference.calendars import CalendarYear
from hub.rules import schedule
from hub.rules.ledger import Routed
from hub.rules.pipeline import with_announced_year
from hub.rules.schedule import count_days
from hub.rules.schedule.due import last_day
from hub.rules.schedule.table import OPEN
from hub.rules.state import Row

#: The clocks that the contract lets rest (§6.4).
_RESTING: Final = ("P01", "R04")
_AGGREGATES: Final = ("matter", "complaint", "inspection")


@click.command(
    help=say(
        "逐日说明期限怎样计算。CLOCK 为期限号(clockId),或其事项号、对象号、种类,须只有一个;"
        "不看枢纽而推算:--kind 种类 --from 起算时间。",
        "The count of a period day by day. CLOCK is a clockId, or a key, an entity or a kind that has but one open clock; "
        "without any hub: --kind KIND --from INSTANT.",
    )
)
@click.argument("clock", required=False)
@click.option("--kind", help=say("期限种类,如 F01", "Kind of period, e.g. F01"))
@click.option("--from", "start", help=say("起算时间 YYYY-MM-DD[THH:MM[:SS]]", "Start, YYYY-MM-DD[THH:MM[:SS]]"))
@click.option(
    "--suspend",
    multiple=True,
    metavar="FROM..[TO]",
    help=say("中止期间,可多次;无止日则仍在中止", "A rest, may be repeated; without TO it still rests"),
)
@click.option(
    "--span",
    type=click.IntRange(1, 1000),
    help=say("单位数,用于政策给定或延长后的期限", "Units, where policy gives them or after an extension"),
)
@click.option(
    "--due", type=click.DateTime(["%Y-%m-%d"]), help=say("由事件给定的期限日(D01)", "The day an event gives (D01)")
)
@click.option(
    "--calendar",
    "notice",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=say("日历文件:公布该年后重新计算", "A calendar file: count again once that year is announced"),
)
@situation_options
@output_option
def explain(
    clock: str | None,
    kind: str | None,
    start: str | None,
    suspend: tuple[str, ...],
    span: int | None,
    due: datetime | None,
    notice: Path | None,
    scenario: Path | None,
    bootstrap: str | None,
    realm: str,
    output: str,
) -> None:
    """Explain a clock of the hub or of a scenario, or an imagined one."""
    if clock is not None and kind is None and start is None:
        found = look(_AGGREGATES, scenario, bootstrap, realm)
        rows, history = _find(found, clock)
        items = [_item(row, found.reference, _calendar(row, found), history) for row in rows]
    elif clock is None and kind is not None and start is not None:
        items = _imagine(kind, moment(start), suspend, span, due.date() if due else None, notice)
    else:
        raise Failed(
            Exit.USAGE,
            say("请给出 CLOCK,或 --kind 与 --from", "give CLOCK, or both --kind and --from"),
        )
    if output in ("table", "wide"):
        deadline_text.show(items, output)
    elif output == "csv":
        emit("DeadlineExplanation", deadline_text.flat(items), output, columns=deadline_text.FLAT)
    else:
        emit("DeadlineExplanation", items, output, columns={})


def _find(found: Situation, named: str) -> tuple[list[Row], Sequence[Event]]:
    """The rows of the one clock that *named* means; exit 5 if there is none, 2 if there are several."""
    rows = [row for _, state in found.states for row in state.clocks]
    chosen = [row for row in rows if row.clock_id == named]
    if not chosen:
        keys = {row.clock_id: state.key for _, state in found.states for row in state.clocks}
        meant = [row for row in rows if named in (row.clock, row.entity, keys[row.clock_id])]
        running = {row.clock_id for row in meant if row.state in OPEN}
        ids = sorted(running or {row.clock_id for row in meant})
        if not ids:
            raise Failed(Exit.NOT_FOUND, say(f"没有期限 {named}", f"there is no clock {named}"))
        if len(ids) > 1:
            several = say(f"{named} 有多个期限,请选其一", f"{named} has several clocks, name one")
            raise Failed(Exit.USAGE, "\n  ".join([f"{several}:", *ids]))
        chosen = [row for row in rows if row.clock_id == ids[0]]
    return sorted(chosen, key=lambda row: not row.governing), found.history(chosen[0].clock_id)


def _calendar(row: Row, found: Situation) -> Calendar:
    """The calendar *row* was computed with: a later notice leaves a verdict, and a date that was certain, as they are."""
    now, shipped = found.reference.calendar, found.shipped.calendar
    return next((each for each in (now, shipped) if _fits(row, each)), now)


def _fits(row: Row, calendar: Calendar) -> bool:
    return not row.due_at or count_days(row, calendar)[-1].day == last_day(row.due_at)


def _imagine(
    kind: str, start: datetime, suspend: tuple[str, ...], span: int | None, due: date | None, notice: Path | None
) -> list[dict[str, Any]]:
    reference = files(None)
    rule = reference.clocks.get(kind)
    if rule is None:
        raise Failed(Exit.NOT_FOUND, say(f"没有期限 {kind}", f"no clock {kind}"))
    _require_length(rule, span or length(rule, reference.policy), due)
    if suspend and rule.unit not in ("C", "W", "C*"):
        raise Failed(
            Exit.USAGE, say(f"{kind} 按小时、月或指定日期计算,不中止", f"{kind} is not counted in days: it never rests")
        )
    if suspend and kind not in _RESTING:
        note(
            say(
                f"依法只有 {'、'.join(_RESTING)} 中止,以下为假设",
                f"by law only {' and '.join(_RESTING)} rest: this is a what-if",
            )
        )
    book = imagined(reference, kind, start, span=span, due=due)
    if suspend:
        schedule.rest(book, kind, ENTITY, [_rest(text) for text in suspend])
    if notice is not None:
        book.reference = _announced(reference, notice)
        schedule.recalculate(book)
    rows = schedule.run(book.state, kind, ENTITY)
    told = [step.event for step in book.steps if isinstance(step, Routed)]
    return [_item(row, book.reference, book.reference.calendar, told) for row in rows]


def _require_length(rule: ClockRule, span: int, due: date | None) -> None:
    if rule.unit == "X" and due is None:
        raise Failed(
            Exit.USAGE, say("该期限的末日由事件给出,请用 --due", "the event gives this period's day: use --due")
        )
    if rule.unit != "X" and not span:
        raise Failed(Exit.USAGE, say("该期限的长度由事件给出,请用 --span", "the event gives this period: use --span"))


def _rest(text: str) -> tuple[str, str]:
    begin, _, end = text.partition("..")
    if end and moment(end) < moment(begin):
        raise Failed(Exit.USAGE, say(f"中止期间有误: {text}", f"not a rest: {text}"))
    return moment(begin).isoformat(), moment(end).isoformat() if end else ""


def _announced(reference: Reference, path: Path) -> Reference:
    """*reference* with the year of a file: one of ``hub/reference/calendars``, or the data of ``clock.calendar.loaded``."""
    try:
        entry = yaml.safe_load(path.read_text("utf-8"))
        if any(len(str(day)) == len("YYYY-MM-DD") for day in [*entry["offDays"], *entry["workDays"]]):
            days = {name: [str(day) for day in entry[name]] for name in ("offDays", "workDays")}
            return with_announced_year(reference, {"year": int(entry["year"]), **days})
        year = CalendarYear.model_validate({"announced": None, "basis": str(path), **entry})
        calendar = reference.calendar.with_year(year.year, year.off(), year.work())
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise Failed(Exit.USAGE, say(f"不是日历文件: {path} ({error})", f"not a calendar: {path} ({error})")) from None
    return reference.with_calendar(calendar)


def _item(row: Row, reference: Reference, calendar: Calendar, history: Sequence[Event]) -> dict[str, Any]:
    rule = reference.clocks[row.clock]
    days = count_days(row, calendar)
    return {
        "clock": row.clock,
        "clockId": row.clock_id,
        "entity": row.entity,
        "title": rule.title,
        "basis": rule.basis,
        "kind": row.kind,
        "span": row.span,
        "unit": row.unit,
        "reading": row.reading,
        "governing": row.governing,
        "state": row.state,
        "obligor": row.obligor,
        "obligee": row.obligee,
        "startedAt": row.started_at,
        "follows": row.follows,
        "dueAt": row.due_at,
        "expiresAt": row.expires_at,
        "endedAt": row.ended_at,
        "opensAt": row.opens_at,
        "latestDemandAt": row.latest_demand_at,
        "provisional": row.provisional,
        "unannounced": sorted({one.day.year for one in days[1:] if not one.announced}),
        "counted": days[-1].number,
        "left": 0 if row.unit == "X" else row.span - days[-1].number,
        "suspensions": [{"from": begin, "to": end} for begin, end in row.pauses],
        "warned": list(row.warned),
        "warnings": list(row.warn_at),
        "agrees": _fits(row, calendar),
        "history": list(_history(history)) if row.governing else [],
        "days": [
            {
                "date": one.day.isoformat(),
                "day": one.kind.value,
                "announced": one.announced,
                "part": one.part.value,
                "number": one.number,
            }
            for one in days
        ],
    }


def _history(events: Sequence[Event]) -> Iterator[Mapping[str, Any]]:
    """What was said of the clock, with the date it had then."""
    for event in events:
        yield {
            "at": event.recorded.isoformat(timespec="seconds"),  # its legal time is the start of the clock
            "what": event.type.removeprefix("clock."),
            "dueAt": event.data.get("dueAt", ""),
            "provisional": event.data.get("provisional", False),
        }
