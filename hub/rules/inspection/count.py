"""Counting visits 检查频次: how often the enterprise was visited, and by whom it counts (contract §5 N).

The one rule: a visit is counted once, in the year it took place; whatever does not count says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.rules.inspection.cap import cap_of, class_of, counter_key, exemption
from hub.rules.inspection.lead import elect_member
from hub.rules.inspection.leave import candidates_of
from hub.rules.inspection.state import Enterprise, Joint, Plan, Visit
from hub.rules.ledger import Ledger

EMERGENCY = "EMERGENCY"


@dataclass(frozen=True, slots=True)
class Share:
    """Does a visit count for one agency, and if not, why not? No ground: it counts for the lead only."""

    agency: str
    counts: bool
    exempt: str = ""


def count(
    state: Enterprise, ledger: Ledger, visit: Visit, joint: Joint | None, plan: Plan | None, *, emergency: bool
) -> None:
    """Count *visit* and flag what is too much."""
    if joint:
        shares = _joint_shares(state, ledger, joint)
    elif plan:
        shares = [_share(plan.agency, exemption(plan, ledger.reference.policy))]
    else:
        shares = [_share(visit.agency, _unplanned(ledger, emergency=emergency))]
    year = visit.day.year
    total = state.yearly[str(year)] = state.yearly.get(str(year), 0) + 1
    rows = [_add(state, share, year) for share in shares]
    data = {"uscc": state.key, "visitId": visit.id, "year": year, "enterpriseCount": total, "agencies": rows}
    ledger.emit("inspection.visit.counted", data)
    for share in shares:
        _check_cap(state, ledger, visit, share)
    _check_frequency(state, ledger, visit)


def _share(agency: str, exempt: str) -> Share:
    return Share(agency, not exempt, exempt)


def _unplanned(ledger: Ledger, *, emergency: bool) -> str:
    """Ground of a visit without a plan: an emergency is exempt, any other counts as DAILY."""
    if emergency:
        return EMERGENCY
    kind = class_of("DAILY", ordered=False)
    return "" if kind in ledger.reference.policy["capCounts"] else kind


def _joint_shares(state: Enterprise, ledger: Ledger, joint: Joint) -> list[Share]:
    policy = ledger.reference.policy
    plans = [state.plans[member.plan] for member in joint.body.members]
    shares = [
        _of_agency(agency, [plan for plan in plans if plan.agency == agency], ledger) for agency in joint.body.agencies
    ]
    if policy["jointCountsAll"]:
        return shares
    lead = _counting_lead(state, ledger, joint)
    return [share if share.agency == lead else Share(share.agency, counts=False) for share in shares]


def _of_agency(agency: str, plans: Sequence[Plan], ledger: Ledger) -> Share:
    """One visit for an agency, however many of its plans it serves; it is exempt only if all of them are."""
    grounds = [exemption(plan, ledger.reference.policy) for plan in plans]
    return _share(agency, "" if "" in grounds else grounds[0])


def _counting_lead(state: Enterprise, ledger: Ledger, joint: Joint) -> str:
    """The brigade has no cap of its own: under L1 the visit counts for whom the members would have elected."""
    if joint.body.lead_rule != "L1":
        return joint.body.lead
    return elect_member(candidates_of(state, joint), state.profile, ledger.reference.policy)[0]


def _add(state: Enterprise, share: Share, year: int) -> dict[str, Any]:
    key = counter_key(share.agency, year)
    if share.counts:
        state.counters[key] = state.counters.get(key, 0) + 1
    row: dict[str, Any] = {"agency": share.agency, "count": state.counters.get(key, 0), "counted": share.counts}
    return {**row, "capExempt": share.exempt} if share.exempt else row


def _check_cap(state: Enterprise, ledger: Ledger, visit: Visit, share: Share) -> None:
    cap = cap_of(share.agency, state.profile.risk, ledger.reference.policy)
    if share.counts and state.counters[counter_key(share.agency, visit.day.year)] > cap:
        flag(state, ledger, visit, "CAP_EXCEEDED", share.agency, year=visit.day.year)


def _check_frequency(state: Enterprise, ledger: Ledger, visit: Visit) -> None:
    """Flag every visit that ends too dense a period, also a later one that *visit*, recorded late, makes too dense."""
    span = timedelta(days=ledger.reference.policy["frequency"]["days"])
    limit = ledger.reference.policy["frequency"]["visits"]
    counted = [known for known in state.visits.values() if known.counted]
    for last in sorted(counted, key=lambda known: (known.day, known.id)):
        if not visit.day <= last.day < visit.day + span:
            continue
        if sum(last.day - span < known.day <= last.day for known in counted) > limit:
            flag(state, ledger, last, "HIGH_FREQUENCY", last.agency)


def flag(state: Enterprise, ledger: Ledger, visit: Visit, code: str, agency: str, *, year: int | None = None) -> None:
    """Emit `inspection.visit.flagged`, once per visit, code and agency."""
    mark = f"{code}|{agency}"
    if mark in visit.flags:
        return
    visit.flags = (*visit.flags, mark)
    ledger.emit(
        "inspection.visit.flagged",
        {"uscc": state.key, "visitId": visit.id, "code": code, "agency": agency, "year": year},
    )
