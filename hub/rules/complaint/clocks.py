"""The periods of a ticket, by the law it falls under.

The one rule: the channel gives the regime; market supervision 市监, petition 信访 and hotline 热线 each count in their own way.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.complaint.state import Ticket
from hub.rules.ledger import Ledger
from hub.rules.schedule.table import OPEN
from hub.rules.state import Row


class Regime(StrEnum):
    """The law a ticket falls under."""

    MARKET = "MARKET"  # 市场监督管理投诉举报处理办法
    PETITION = "PETITION"  # 信访工作条例
    HOTLINE = "HOTLINE"  # 政务服务便民热线


_REGIMES: Final = {"12315": Regime.MARKET, "PETITION": Regime.PETITION}

#: The clock a return 退件 must be in time for: an objection to the assignment.
RETURN_RIGHTS: Final = ("C02b", "C03r")
#: Clocks that may be extended (办法 31; 信访工作条例 34).
EXTENDABLE: Final = ("C01c", "C02c")


def regime(ticket: Ticket) -> Regime:
    """The law *ticket* falls under."""
    return _REGIMES.get(ticket.channel, Regime.HOTLINE)


def begin(ticket: Ticket, ledger: Ledger, clock: str, at: str, span: int | None = None) -> None:
    """Start one of the ticket's clocks: the owner owes it to the source."""
    schedule.start(ledger, clock, ticket.key, at, obligor=ticket.obligor, obligee=ticket.source, span=span)


def begin_received(ticket: Ticket, ledger: Ledger) -> None:
    """Start what runs from the receipt of the ticket."""
    policy = ledger.reference.policy
    match regime(ticket), ticket.kind:
        case Regime.MARKET, "投诉":
            begin(ticket, ledger, "C01a", ticket.received_at)
        case Regime.MARKET, "举报":
            begin(ticket, ledger, "C01c", ticket.received_at)
        case Regime.PETITION, _:
            begin(ticket, ledger, "C02a", ticket.received_at)
            begin(ticket, ledger, "C02b", ticket.received_at)
        case Regime.HOTLINE, kind:
            begin(ticket, ledger, "C03", ticket.received_at, policy["c03"][kind])
            begin(ticket, ledger, "C03r", ticket.received_at, policy["sla"]["C03r"])


def end(ticket: Ticket, ledger: Ledger, at: str, *clocks: str) -> None:
    """End those of *clocks* that the ticket has."""
    for clock in clocks:
        schedule.end(ledger, clock, ticket.key, at)


def hand_over(ticket: Ticket) -> None:
    """Let the ticket's open clocks bind its present owner. They run from the receipt all the same."""
    owner = ticket.obligor
    ticket.clocks = [
        replace(row, obligor=owner, told_obligor=(owner,))
        if row.state in OPEN
        else row  # a verdict stays with the one it was given on
        for row in ticket.clocks
    ]


def check_return(ticket: Ticket, at: str) -> None:
    """Raise `Refused` unless the right to return the ticket still lives at *at*."""
    held = [clock for clock in RETURN_RIGHTS if schedule.governing(ticket, clock, ticket.key)]
    if not held or any(schedule.late(ticket, clock, ticket.key, at) for clock in held):
        raise Refused(
            "TOO_LATE",
            "退件期限已过,请继续办理或提请联席会议",
            detail_en="the period for returning a ticket has run out: go on with it",
        )


def extended_clock(ticket: Ticket, at: str) -> Row:
    """The clock that an extension at *at* lengthens, or raise `Refused`."""
    for clock in EXTENDABLE:
        row = schedule.governing(ticket, clock, ticket.key)
        if row is None or row.state == "VOID" or (row.ended_at and row.ended_at < at):
            continue
        if schedule.expired(row, at):
            raise Refused(
                "TOO_LATE",
                f"期限已于 {row.due_at} 届满,不能再延长,请尽快办结",
                pointer="/extendedAt",
                detail_en=f"the period ended on {row.due_at}: finish the ticket without an extension",
            )
        return row
    raise Refused(
        "EXTENSION_NOT_ALLOWED",
        "该工单没有可以延长的期限,请按原期限办理",
        detail_en="this ticket has no period that can be extended: keep to what runs",
    )
