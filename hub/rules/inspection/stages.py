"""The way of one plan through the rules of 检查统筹, rule by rule: which applied, which did not and why, which were not asked.

The one rule: the stages stand in the order in which the hub asks them (contract §5), and each of them says something about every plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.reference import Reference
from hub.rules.inspection import rule_ids
from hub.rules.inspection.cap import cap_of, counter_key
from hub.rules.inspection.explain import PlanExplanation
from hub.rules.inspection.rule_ids import RULES, Sentence
from hub.rules.inspection.state import LEVEL_YIELDED, RESULT_RECOGNISED, Enterprise, Plan


class Mark(StrEnum):
    """What became of a plan at a stage."""

    APPLIED = "APPLIED"
    PASSED = "PASSED"  #: asked, and it did not hold
    UNASKED = "UNASKED"  #: an earlier stage had decided already


@dataclass(frozen=True, slots=True)
class Stage:
    """One rule asked about one plan."""

    step: str  #: letter of the contract
    title: Sentence
    mark: Mark
    rule: str  #: id of the rule that applied, "" if none did
    sentence: Sentence
    about: str = ""  #: what it speaks of: items, counters, a unit, plans


#: The stages in their order, each with the rules that speak at it; a rule that begins with the letter of a stage needs no entry.
TITLES: Final[Mapping[str, Sentence]] = {
    "K2": Sentence("统筹范围", "scope"),
    "I": Sentence("结果互认", "recognition"),
    "K5": Sentence("层级", "level"),
    "Q": Sentence("年度上限", "yearly cap"),
    "Z": Sentence("检查码与暂缓", "freeze and hold"),
    "K4": Sentence("合并", "grouping"),
    "L": Sentence("牵头", "lead"),
    "A": Sentence("结束", "end"),
}
_ELSEWHERE: Final[Mapping[str, str]] = {rule_ids.OBJECTED: "K4", "SAME_AGENCY": "L"}

#: What a stage says of a plan it let pass.
_PASSED: Final[Mapping[str, Sentence]] = {
    "K2": Sentence("现场的日常或专项检查,纳入统筹", "a daily or special check on site: in scope"),
    "I": Sentence("检查事项在有效期内没有合格结果可以互认", "no recent PASS covers its items"),
    "K5": Sentence("没有同系统另一层级的计划与之重复", "no plan of the other level of its system repeats its items"),
    "Q": Sentence("不适用年度上限", "the yearly cap does not apply"),
    "Z": Sentence("没有已发检查码或已检查的单元占用这些日期", "no unit fixed for a visit or visited takes its days"),
    "K4": Sentence("尚未分组", "not grouped yet"),
    "L": Sentence("不是联合检查,不需要牵头机关", "not a joint visit: no lead is needed"),
    "A": Sentence("计划尚未结束", "the plan is still open"),
}
_HIGH_RISK: Final = Sentence("高风险企业不适用结果互认", "results are not recognised for a high-risk enterprise")
_ALONE_ANYWAY: Final = Sentence("单独实施的计划不因他人的检查而暂缓", "a plan that goes alone is not held by others")
_NOT_GROUPED: Final = Sentence("单独实施的计划不参与分组", "a plan that goes alone is not grouped")
_FIXED: Final = Sentence(
    "本计划所在单元已发检查码或已检查,成员不再变动", "its own unit is frozen or visited: nothing moves any more"
)
_UNASKED: Final = Sentence("此前已有结论,不再适用", "decided before: not asked")

#: Decision → the last stage that was asked.
_DECIDED_AT: Final[Mapping[str, str]] = {
    "OUT_OF_SCOPE": "K2",
    RESULT_RECOGNISED: "I",
    LEVEL_YIELDED: "K5",
    "HOLD_CAP": "Q",
    "HOLD_REPEAT": "Z",
}


def stages(state: Enterprise, told: PlanExplanation, reference: Reference) -> tuple[Stage, ...]:
    """The way of the plan that *told* explains."""
    plan = state.plans[told.plan]
    return tuple(_stages(state, plan, told, reference))


def _stages(state: Enterprise, plan: Plan, told: PlanExplanation, reference: Reference) -> Iterator[Stage]:
    steps = list(TITLES)
    last = steps.index(_last_asked(plan, told))
    for number, step in enumerate(steps):
        said = [because for because in told.why if _step_of(because.rule) == step]
        about = _figures(state, plan, step, reference)
        for because in said:
            mentioned = " ".join(filter(None, (because.about, about if because is said[0] else "")))
            yield Stage(step, TITLES[step], Mark.APPLIED, because.rule, RULES[because.rule], mentioned)
        if said:
            continue
        if number <= last or step == "A":
            yield Stage(step, TITLES[step], Mark.PASSED, "", _passed(state, plan, step), about)
        else:
            yield Stage(step, TITLES[step], Mark.UNASKED, "", _UNASKED)


def _step_of(rule: str) -> str:
    return _ELSEWHERE.get(rule) or ("L" if rule in RULES and "." not in rule else rule.partition(".")[0])


def _last_asked(plan: Plan, told: PlanExplanation) -> str:
    if any(because.rule == rule_ids.CASE for because in told.why):
        return "K2"
    return _DECIDED_AT.get(told.decision, "L") if plan.verdict else "K2"


def _passed(state: Enterprise, plan: Plan, step: str) -> Sentence:
    if step == "I" and state.profile.risk == "HIGH":
        return _HIGH_RISK
    if step == "Z" and state.fixed(plan):
        return _FIXED
    if step == "Z" and plan.solo:
        return _ALONE_ANYWAY
    if step == "K4" and plan.solo:
        return _NOT_GROUPED
    return _PASSED[step]


def _figures(state: Enterprise, plan: Plan, step: str, reference: Reference) -> str:
    """What a person needs to check the stage by hand: counters against the cap, the days and partners of the unit, the lead."""
    match step:
        case "Q" if plan.in_scope:
            cap = cap_of(plan.agency, state.profile.risk, reference.policy)
            years = plan.window.years
            return " ".join(f"{year}:{state.counters.get(counter_key(plan.agency, year), 0)}/{cap}" for year in years)
        case "K4" if joint := state.joint_of(plan):
            others = ",".join(member.plan for member in joint.body.members if member.plan != plan.id)
            return f"{joint.body.window.first}..{joint.body.window.last} + {others}"
        case "L" if joint := state.joint_of(plan):
            return joint.body.lead
    return ""
