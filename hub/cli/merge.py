"""``hub merge``: why inspections are merged, held or left alone, and what merging spares the enterprises.

The one rule: what is shown is read from the states; the command decides nothing. It is for operators: it tells of all agencies' plans.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from hub.cli import merge_text
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.cli.situation import Situation, look, situation_options
from hub.reference import Reference
from hub.rules.inspection import Enterprise, PlanExplanation, Tally, explain
from hub.rules.inspection.explain import Because, left_out
from hub.rules.inspection.rule_ids import RULES
from hub.rules.inspection.stages import stages
from hub.rules.inspection.state import Joint
from hub.rules.inspection.tally import Period, tally_agencies

TOTAL: Final = "*"


@click.group(help=say("统筹:为何合并、为何不合并,以及成效。", "Merging: why and why not, and what it spares."))
def merge() -> None:
    """Root of ``explain`` and ``stats``."""


@merge.command(
    "explain",
    help=say(
        "逐条说明计划、联合检查或某企业全部计划为何这样处理。REFERENCE 为计划号、联合检查号或统一社会信用代码。",
        "Why a plan, a joint visit or all plans of an enterprise stand as they do, rule by rule. "
        "REFERENCE is a planId, a jointId or a unified social credit code.",
    ),
)
@click.argument("reference")
@situation_options
@output_option
def explain_(reference: str, scenario: Path | None, bootstrap: str | None, realm: str, output: str) -> None:
    """Explain what *reference* names."""
    found = look(("inspection",), scenario, bootstrap, realm)
    items: list[dict[str, Any]] = []
    for _, state in found.states:
        assert isinstance(state, Enterprise)
        joint = state.joints.get(reference)
        plans = joint.body.plans if joint else {reference} if reference in state.plans else set(state.plans)
        if not (joint or reference in state.plans or reference == state.key):
            continue
        items += [_joint(state, joint, found.reference)] if joint else []
        told = [one for one in explain(state, found.reference) if one.plan in plans]
        items += [_plan(state, one, found.reference) for one in told]
    if not items:
        raise Failed(
            Exit.NOT_FOUND,
            say(
                f"没有计划、联合检查或企业 {reference}", f"there is no plan, joint visit or enterprise {reference} here"
            ),
        )
    if output in ("table", "wide"):
        merge_text.show(items, output)
    elif output == "csv":
        emit("MergeExplanation", merge_text.flat(items), output, columns=merge_text.FLAT)
    else:
        emit("MergeExplanation", items, output, columns={})


def _plan(state: Enterprise, told: PlanExplanation, reference: Reference) -> dict[str, Any]:
    plan = state.plans[told.plan]
    verdict = plan.verdict
    return {
        "uscc": state.key,
        "plan": plan.id,
        "agency": plan.agency,
        "type": plan.type,
        "site": plan.site,
        "window": plan.window.written(),
        "items": [item.code for item in plan.items],
        "decision": told.decision,
        "closed": told.closed,
        "joint": told.joint,
        "role": verdict.role if verdict else "",
        "stages": [
            {
                "step": stage.step,
                "title": say(*stage.title),
                "mark": stage.mark.value,
                "rule": stage.rule,
                "zh": stage.sentence.zh,
                "en": stage.sentence.en,
                "about": stage.about,
            }
            for stage in stages(state, told, reference)
        ],
        "apart": _apart(told.apart),
    }  # fmt: skip


def _joint(state: Enterprise, joint: Joint, reference: Reference) -> dict[str, Any]:
    body = joint.body
    return {
        "uscc": state.key,
        "joint": joint.id,
        "version": joint.version,
        "status": joint.status,
        "kind": body.kind,
        "site": body.site,
        "window": body.window.written(),
        "lead": body.lead,
        "leadRule": body.lead_rule,
        "members": [
            {"plan": member.plan, "agency": member.agency, "role": member.role, "items": list(member.items)}
            for member in body.members
        ],
        "items": [{"code": item.code, "performer": item.performer} for item in body.items],
        "rules": [{"rule": rule, "zh": RULES[rule].zh, "en": RULES[rule].en} for rule in body.rules],
        "apart": _apart(left_out(state, joint, reference.calendar)),
    }


def _apart(reasons: Iterable[Because]) -> list[dict[str, str]]:
    return [{"plan": one.about, "rule": one.rule, "zh": one.sentence.zh, "en": one.sentence.en} for one in reasons]


@merge.command(
    help=say(
        "成效:计划数、合并后入企数、减少、联合率、重复标记;按机关,可限期间(计划窗口的首日,标记按检查日)。",
        "Figures: planned, after merging, avoided, joint rate, repeats flagged; by agency, for a period "
        "(the first day of a plan's window; flags by the day of the visit).",
    )
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help=say("首日", "First day"))
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help=say("末日", "Last day"))
@click.option("--agency", default="", help=say("只看该机关", "This agency only"))
@situation_options
@output_option
def stats(
    first: datetime | None,
    last: datetime | None,
    agency: str,
    scenario: Path | None,
    bootstrap: str | None,
    realm: str,
    output: str,
) -> None:
    """Add up the figures of all enterprises."""
    period = Period(first.date() if first else date.min, last.date() if last else date.max)
    if period.last < period.first:
        raise Failed(Exit.USAGE, say("--to 早于 --from", "--to lies before --from"))
    found = look(("inspection",), scenario, bootstrap, realm)
    totals = _totals(found, period)
    enterprises = sum(bool(tally_agencies(state, period)) for _, state in found.states if isinstance(state, Enterprise))
    totals = {agency: totals.get(agency, Tally())} if agency else {TOTAL: sum(totals.values(), Tally()), **totals}
    items = [_figures(name, one) for name, one in totals.items()]
    if output in ("table", "wide"):
        merge_text.show_figures(items, output)
        note(say(f"{enterprises} 家企业", f"{enterprises} enterprises") + _told(first, last))
    else:
        emit("MergeStats", items, output, columns=merge_text.FIGURES)


def _totals(found: Situation, period: Period) -> dict[str, Tally]:
    totals: dict[str, Tally] = {}
    for _, state in found.states:
        assert isinstance(state, Enterprise)
        for agency, one in tally_agencies(state, period).items():
            totals[agency] = totals.get(agency, Tally()) + one
    return dict(sorted(totals.items()))


def _figures(agency: str, one: Tally) -> dict[str, Any]:
    return {
        "agency": agency,
        "planned": one.planned,
        "afterMerging": one.visits,
        "avoided": one.saved,
        "joined": one.joined,
        "jointRate": round(one.joined / one.planned, 4) if one.planned else 0.0,
        "recognised": one.recognised,
        "yielded": one.yielded,
        "held": one.held,
        "repeats": one.repeats,
    }


def _told(first: datetime | None, last: datetime | None) -> str:
    days = [f"{day:%Y-%m-%d}" if day else "…" for day in (first, last)]
    return f" · {days[0]} – {days[1]}" if first or last else ""
