"""Starting a clock.

The one rule: a start is a legal time. A start whose end is long past is written all the same and expires with the next timer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from hub.rules.ledger import Ledger
from hub.rules.schedule.due import lay_out, lay_warnings
from hub.rules.schedule.table import Moment, is_open, written
from hub.rules.schedule.tell import tell
from hub.rules.state import Row


def start(
    ledger: Ledger,
    clock: str,
    entity: str,
    started_at: Moment,
    *,
    obligor: str,
    obligee: str,
    told_obligor: Iterable[str] = (),
    told_obligee: Iterable[str] = (),
    procuratorate: str = "",
    span: int | None = None,
    due: date | str | None = None,
    opens_at: date | str = "",
    latest_demand_at: date | str = "",
    kind: str = "",
    follows: str = "",
) -> Row | None:
    """Start *clock* for *entity* and return its governing row; None if it already runs.

    *told_…* default to the party itself; words such as PARTY 当事人 and COURT are told nothing. *span* is for clocks whose
    number the policy gives, *due* for X clocks, *kind* for one that is harder or softer than its rule,
    *follows* names the clock on whose last day this one starts.
    """
    state = ledger.state
    if is_open(state, clock, entity):
        return None
    rule = ledger.reference.clocks[clock].on(written(started_at))
    count = state.starts[f"{clock}|{entity}"] = state.starts.get(f"{clock}|{entity}", 0) + 1
    first = Row(
        clock=clock,
        clock_id=f"{state.key}|{clock}|{entity}|{count}",
        entity=entity,
        started_at=written(started_at),
        due_at=str(due or ""),
        reading="",
        governing=True,
        state="RUNNING",
        obligor=obligor,
        obligee=obligee,
        opens_at=str(opens_at),
        latest_demand_at=str(latest_demand_at),
        span=rule.span if span is None else span,
        kind=kind or rule.kind,
        told_obligor=tuple(told_obligor) or (obligor,),
        told_obligee=tuple(told_obligee) or (obligee,),
        procuratorate=procuratorate,
        follows=follows,
    )
    rows = [
        replace(first, reading=unit, unit=unit, governing=governs)
        for unit, governs in _readings(ledger, clock, rule.unit)
    ]
    for row in rows:
        lay_out(row, ledger.reference)
    state.clocks.extend(rows)
    set_warnings(ledger, rows)
    tell(ledger, "started", rows[0])
    return rows[0]


def _readings(ledger: Ledger, clock: str, unit: str) -> Iterable[tuple[str, bool]]:
    """Units under which the law may be read, the governing one first (民法典 203 calendar days; 处罚法 85 working days)."""
    if unit != "C*":
        return ((unit, True),)
    chosen = ledger.reference.policy["clockUnit"].get(clock, "C")
    return ((chosen, True), ("W" if chosen == "C" else "C", False))


def set_warnings(ledger: Ledger, rows: list[Row]) -> None:
    """Lay out when the governing row of the run *rows* warns: duties and rights of a hub party only (contract §6.5)."""
    speaker = rows[0]
    dates = [row.due_at for row in rows if row.state == "RUNNING" and row.due_at]
    if (
        speaker.state != "RUNNING"
        or not dates
        or speaker.kind not in ("duty", "right")
        or speaker.obligor not in ledger.reference.directory
    ):
        speaker.warn_at = ()
        return
    lay_warnings(speaker, min(dates), ledger.reference.calendar)
