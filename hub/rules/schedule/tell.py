"""Saying what happened to a clock, and to whom.

The one rule: only the governing row speaks. Who hears it is written in the row, because only the aggregate that
started the clock knew who handles for whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hub.rules.ledger import Ledger
from hub.rules.state import Row

JUSTICE: Final = "GY-SFJ"


def tell(ledger: Ledger, what: str, row: Row) -> None:
    """Emit ``clock.<what>`` for *row*, if it governs."""
    if not row.governing:
        return
    told: dict[str, Iterable[str]] = {
        "obligor": row.told_obligor,
        "obligee": row.told_obligee,
        "missList": _miss_list(ledger, row),
    }
    ledger.emit(f"clock.{what}", _fields(ledger, row, ended=what in ("met", "missed", "miss.withdrawn")), told=told)


def _fields(ledger: Ledger, row: Row, *, ended: bool) -> dict[str, Any]:
    return {
        "key": ledger.state.key,
        "clock": row.clock,
        "clockId": row.clock_id,
        "entity": row.entity,
        "startedAt": row.started_at,
        "dueAt": row.due_at or None,
        "reading": row.reading,
        "obligor": row.obligor,
        "obligee": row.obligee or None,
        "provisional": row.provisional,
        "basis": ledger.reference.clocks[row.clock].on(row.started_at).basis,
        "opensAt": row.opens_at or None,
        "latestDemandAt": row.latest_demand_at or None,
        "endedAt": (row.ended_at or None) if ended else None,
    }


def _miss_list(ledger: Ledger, row: Row) -> Iterable[str]:
    for letter in ledger.reference.clocks[row.clock].on(row.started_at).miss:
        match letter:
            case "o":
                yield from row.told_obligor
            case "e":
                yield from row.told_obligee
            case "s":
                superior = ledger.reference.directory.superior_of(row.obligor)
                if superior:
                    yield superior
            case "j":
                yield JUSTICE
            case "p":
                if row.procuratorate:
                    yield row.procuratorate
