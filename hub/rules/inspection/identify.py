"""Which joint a group is: the one its agencies already know, or a new one (contract §5, joint identity).

The one rule: a number is given once and never again, and a joint keeps it as long as two of its plans stay together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.reference import Reference
from hub.rules.inspection import rule_ids
from hub.rules.inspection.group import Group
from hub.rules.inspection.lead import Candidate, assign, elect
from hub.rules.inspection.state import OPEN, Body, Joint, Member, Profile
from hub.rules.inspection.window import Window

#: A group and a joint are the same if they share so many plans.
SHARED_PLANS = 2


def identify(groups: Sequence[Group], joints: Iterable[Joint]) -> list[Joint | None]:
    """For each group the unfrozen joint it continues, None if it is a new one."""
    free = sorted((joint for joint in joints if joint.status == OPEN), key=lambda joint: joint.number)
    kept: list[Joint | None] = []
    for group in groups:
        plans = {draft.plan.id for draft in group.drafts}
        known = next((joint for joint in free if len(joint.body.plans & plans) >= SHARED_PLANS), None)
        if known:
            free.remove(known)
        kept.append(known)
    return kept


def compose(group: Group, profile: Profile, reference: Reference) -> Body:
    """What the joint of *group* is made of."""
    candidates = [Candidate(draft.plan, draft.items) for draft in group.drafts]
    return body_of(candidates, group.window, elect(candidates, profile, reference), reference)


def body_of(
    candidates: Sequence[Candidate],
    window: Window,
    elected: tuple[str, str],
    reference: Reference,
    *,
    frozen: bool = False,
) -> Body:
    """The body of a joint of *candidates* with a known (lead, leadRule)."""
    lead, lead_rule = elected
    one_agency = len({candidate.agency for candidate in candidates}) == 1
    rules = [rule_ids.TOGETHER, rule_ids.SAME_AGENCY if one_agency else rule_ids.SEVERAL_AGENCIES, lead_rule]
    return Body(
        site=candidates[0].plan.site,
        kind="MERGED_SAME_AGENCY" if one_agency else "JOINT",
        members=tuple(_member(candidate, lead) for candidate in candidates),
        lead=lead,
        lead_rule=lead_rule,
        window=window,
        items=assign(candidates, lead, reference.directory),
        rules=tuple(dict.fromkeys([*rules, rule_ids.KEPT] if frozen else rules)),
    )


def _member(candidate: Candidate, lead: str) -> Member:
    plan = candidate.plan
    role = "LEAD" if plan.agency == lead else "PART"
    return Member(plan.id, plan.agency, plan.handler, role, tuple(item.code for item in candidate.items))
