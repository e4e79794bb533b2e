"""``hub deadline``: when does a statutory period end, and by what law.

The one rule: the answer comes from the same rules and calendars that run the clocks; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import click

from hub.cli.deadline_explain import explain
from hub.cli.deadline_text import weekday
from hub.cli.exits import Exit, Failed
from hub.cli.imagined import imagined, length, moment
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.cli.trial import files
from hub.reference import ClockRule, Reference

_LIST: Final = {
    "clock": say("期限", "clock"),
    "title": say("名称", "title"),
    "span": say("长度", "span"),
    "kind": say("性质", "kind"),
}
_ANSWER: Final = {
    "clock": say("期限", "clock"),
    "reading": say("读法", "reading"),
    "governing": say("为准", "governs"),
    "dueAt": say("最后一日", "last day"),
    "expiresAt": say("届满", "expires"),
    "warnings": say("提醒", "warnings"),
    "provisional": say("暂定", "provisional"),
}


class _ComputeByDefault(click.Group):
    """``hub deadline F01 2026-09-29`` needs no verb: what names none of them is for ``compute``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["compute", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ComputeByDefault,
    help=say(
        "期限:何时届满(compute,可省略),逐日怎样计算(explain)。",
        "Statutory periods: when they end (compute, the default), and the count day by day (explain).",
    ),
)
def deadline() -> None:
    """Root of ``compute`` and ``explain``."""


deadline.add_command(explain)


@deadline.command(
    help=say(
        "期限何时届满。只给 CLOCK 或什么都不给则列出期限;START 为起算时间 YYYY-MM-DD[THH:MM[:SS]]。",
        "When a period ends. Without START the periods are listed; START is YYYY-MM-DD[THH:MM[:SS]].",
    )
)
@click.argument("clock", required=False)
@click.argument("start", required=False)
@click.option(
    "--span",
    type=click.IntRange(1, 1000),
    help=say(
        "单位数,用于政策给定长度的期限或延长后的期限", "Units, for periods the policy sets, or after an extension"
    ),
)
@output_option
def compute(clock: str | None, start: str | None, span: int | None, output: str) -> None:
    """List the periods, or compute one."""
    reference = files(None)
    if clock is not None and clock not in reference.clocks:
        raise Failed(Exit.NOT_FOUND, say(f"没有期限 {clock}", f"no clock {clock}"))
    if clock is None or start is None:
        rules = [rule for rule in reference.clocks.values() if clock in (None, rule.name)]
        emit(
            "Clock",
            [_listed(rule) for rule in rules],
            output,
            columns=_LIST,
            wide={"miss": say("超期告知", "miss"), "basis": say("依据", "basis")},
        )
        return
    rule = reference.clocks[clock]
    if rule.unit == "X" or not (span or length(rule, reference.policy)):
        raise Failed(
            Exit.USAGE,
            say("该期限的长度由事件给出,请用 --span", "the event gives this period: use --span"),
        )
    rows = list(_rows(reference, rule, moment(start), span))
    emit("Deadline", rows, output, columns=_ANSWER, wide={"basis": say("依据", "basis")})
    note(f"{rule.title} · {rule.basis}")


def _listed(rule: ClockRule) -> Mapping[str, Any]:
    span = f"{rule.span or '?'} {rule.unit}" if rule.unit != "X" else "X"
    return {
        "clock": rule.name,
        "title": rule.title,
        "span": span,
        "kind": rule.kind,
        "miss": rule.miss,
        "basis": rule.basis,
    }


def _rows(reference: Reference, rule: ClockRule, start: datetime, span: int | None) -> Iterator[Mapping[str, Any]]:
    for row in imagined(reference, rule.name, start, span=span).state.clocks:
        yield {
            "clock": row.clock,
            "title": rule.title,
            "reading": row.reading,
            "governing": row.governing,
            "startedAt": row.started_at,
            "dueAt": f"{row.due_at[:19]} {weekday(date.fromisoformat(row.due_at[:10]))}",
            "expiresAt": row.expires_at[:19],
            "warnings": [moment[:16] for moment in row.warn_at],
            "provisional": row.provisional,
            "basis": rule.basis,
        }
