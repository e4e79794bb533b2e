"""What the enterprise aggregate refuses, and the sentences that tell the sender what to do instead.

The one rule: every sentence ends with what the sender can do; none names another agency's reasons.
"""

from __future__ import annotations

from hub.canonical.refused import Refused


def wrong_agency(code: str) -> Refused:
    """The sender is not the agency of what it names."""
    return Refused(
        "NOT_PERMITTED",
        f"只有 {code} 的机关或其受委托组织可以报送,请核对编号",
        detail_en=f"only the agency of {code} or its entrusted body may send this: check the id",
    )


def not_leader(joint: str) -> Refused:
    """Only the lead moves a joint."""
    return Refused(
        "NOT_PERMITTED",
        f"联合检查 {joint} 由牵头机关办理,请与牵头机关联系",
        pointer="/jointId",
        detail_en=f"only the lead of {joint} may do this: ask the lead",
    )


def plan_taken(plan: str) -> Refused:
    """Another agency uses this planId."""
    return Refused(
        "NOT_PERMITTED",
        f"计划编号 {plan} 已被其他机关使用,请另编编号后重新报送",
        pointer="/planId",
        detail_en=f"{plan} belongs to another agency's plan: send yours under another id",
    )


def not_member(unit: str) -> Refused:
    """The visiting agency has no part in the unit it names."""
    return Refused(
        "NOT_PERMITTED",
        f"{unit} 中没有该机关的计划,请核对编号或不填编号",
        pointer="/agency",
        detail_en=f"the agency has no plan in {unit}: correct the id or leave it out",
    )


def not_held(plan: str) -> Refused:
    """Only a repeated visit on hold can be justified."""
    return Refused(
        "NOT_PERMITTED",
        f"计划 {plan} 未因重复检查暂缓,请按原决定办理",
        pointer="/planId",
        detail_en=f"{plan} is not held as a repeated visit, nothing is to be justified: go by what was decided",
    )


def plan_closed(plan: str, reason: str) -> Refused:
    """The plan is over."""
    return Refused(
        "STALE_TARGET",
        f"计划 {plan} 已结束({reason}),如需检查请报送新计划",
        pointer="/planId",
        detail_en=f"{plan} is closed ({reason}): send a new plan if a visit is still needed",
    )


def joint_over(joint: str) -> Refused:
    """The joint is dissolved or visited."""
    return Refused(
        "STALE_TARGET",
        f"联合检查 {joint} 已解散或已完成,请改用计划编号",
        pointer="/jointId",
        detail_en=f"{joint} is dissolved or already visited: name your plan instead",
    )


def not_in_joint(plan: str, joint: str) -> Refused:
    """The plan left the joint, or never was in it."""
    return Refused(
        "STALE_TARGET",
        f"计划 {plan} 不在联合检查 {joint} 中,请核对编号",
        pointer="/planId",
        detail_en=f"{plan} is not part of {joint}: check the ids",
    )


def no_code_for(plan: str) -> Refused:
    """The plan cannot be given a code of its own."""
    return Refused(
        "STALE_TARGET",
        f"计划 {plan} 被暂缓、已并入联合检查或为非现场检查,请以联合检查编号申请,或先解除暂缓",
        pointer="/planId",
        detail_en=f"{plan} is held, part of a joint or off-site: ask for the joint's code, or have the hold released first",
    )


def not_approved(plans: str) -> Refused:
    """A head has not approved yet."""
    return Refused(
        "NOT_APPROVED",
        f"计划 {plans} 尚未经机关负责人批准,请先报送批准",
        detail_en=f"not approved by the head of the agency yet: {plans}; send the approval first",
    )


def window_over(plan: str) -> Refused:
    """The plan's days have passed."""
    return Refused(
        "TOO_LATE",
        f"计划 {plan} 的检查窗口已过,请调整窗口后重新报送",
        pointer="/window/to",
        detail_en=f"the window of {plan} has passed: choose another and send it again",
    )


def unit_fixed(plan: str) -> Refused:
    """The plan's unit no longer moves."""
    return Refused(
        "TOO_LATE",
        f"计划 {plan} 已发检查码或已检查,不能调整;可请牵头机关重新开放",
        pointer="/planId",
        detail_en=f"{plan} is frozen or visited and cannot be amended: ask the lead to reopen",
    )


def objection_late(joint: str) -> Refused:
    """Objections are for the time before the code."""
    return Refused(
        "TOO_LATE",
        f"联合检查 {joint} 已发检查码,不再接受异议;可撤销计划或请牵头机关重新开放",
        pointer="/jointId",
        detail_en=f"the code of {joint} is issued, too late to object: cancel the plan or ask the lead to reopen",
    )
