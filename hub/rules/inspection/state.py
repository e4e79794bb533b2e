"""What the enterprise aggregate remembers: profile, plans, joints, visits, counters.

The one rule: of a plan only what a decision looks at is kept. Officers, approvers, sources and the number of a deployment
are secrets of its agency (contract §5 S): what is not kept cannot leak.
"""

from __future__ import annotations

from datetime import date

import msgspec

from hub.rules.inspection.window import Window
from hub.rules.state import Common

# Why a plan is closed (contract §3.2).
LEVEL_YIELDED = "LEVEL_YIELDED"
RESULT_RECOGNISED = "RESULT_RECOGNISED"
VISITED = "VISITED"
CANCELLED = "CANCELLED"
EXPIRED = "EXPIRED"

# Where a joint stands. VISITED is shared with the plans.
OPEN = "OPEN"
FROZEN = "FROZEN"
DISSOLVED = "DISSOLVED"

#: Objections 异议 that keep the visit from the enterprise as well (contract §5 U).
SECRET_OBJECTIONS = ("UNANNOUNCED", "SECRECY")

ItemKey = tuple[str, str]  #: (catalogue, code)


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item of inspection 检查事项."""

    catalogue: str
    code: str
    tier: str  #: CITY or DISTRICT: the level that carries it out (权责清单)
    remote: bool = False

    @property
    def key(self) -> ItemKey:
        """What makes two items the same."""
        return self.catalogue, self.code


class Yield(msgspec.Struct, frozen=True):
    """An item a plan leaves to the plan of another level (K5)."""

    catalogue: str
    code: str
    to: str  #: planId


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the hub decided about a plan, with the rules that led to it."""

    decision: str
    items: tuple[Item, ...]  #: what is left to inspect
    rules: tuple[str, ...]
    recognised: tuple[str, ...] = ()
    yields: tuple[Yield, ...] = ()
    hold_ref: str = ""
    exempt: str = ""
    ground: str = ""
    joint: str = ""
    role: str = ""

    @property
    def yielded(self) -> tuple[str, ...]:
        """Codes of the items left to another level."""
        return tuple(entry.code for entry in self.yields)


class Plan(msgspec.Struct, omit_defaults=True):
    """One inspection plan 检查计划 in its newest version, and what became of it."""

    id: str
    version: int
    agency: str
    handler: str
    type: str  #: DAILY, CASE or SPECIAL
    site: str
    items: tuple[Item, ...]
    window: Window
    mode: str
    submitted_at: str
    approved: bool
    unannounced: bool
    trigger: str = ""
    ordered: bool = False  #: deployed from above; the number stays with its agency
    amended_at: str = ""
    approved_at: str = ""  #: latest approval that came as an event of its own
    objection: str = ""
    justification: str = ""
    verdict: Verdict | None = None
    told_version: int = 0  #: version of the last `inspection.plan.decided`
    joint: str = ""
    frozen_at: str = ""
    visits: tuple[date, ...] = ()
    closed: str = ""
    yielded_to: str = ""

    @property
    def in_scope(self) -> bool:
        """Is it subject to merging, caps and holds (K2)?"""
        return self.mode == "ONSITE" and self.type != "CASE"

    @property
    def secret(self) -> bool:
        """Must the enterprise hear nothing of it?"""
        return self.unannounced or self.objection in SECRET_OBJECTIONS

    @property
    def solo(self) -> bool:
        """Goes alone whatever else is planned (contract §5 step 6)."""
        return self.unannounced or bool(self.objection) or bool(self.justification)

    @property
    def ready(self) -> bool:
        """Has the head of the agency approved this version?"""
        return self.approved or (bool(self.approved_at) and self.approved_at >= self.amended_at)

    @property
    def rank(self) -> tuple[date, str, str]:
        """The order in which plans are taken (contract §5 step 6)."""
        return self.window.first, self.submitted_at, self.id


class Member(msgspec.Struct, frozen=True):
    """One plan inside a joint."""

    plan: str
    agency: str
    handler: str
    role: str  #: LEAD or PART
    items: tuple[str, ...]


class Performed(msgspec.Struct, frozen=True):
    """One item of a joint and who inspects it."""

    catalogue: str
    code: str
    performer: str


class Body(msgspec.Struct, frozen=True):
    """What a joint is made of; another body is another version of it."""

    site: str
    kind: str  #: JOINT or MERGED_SAME_AGENCY
    members: tuple[Member, ...]
    lead: str
    lead_rule: str
    window: Window
    items: tuple[Performed, ...]
    rules: tuple[str, ...]

    @property
    def plans(self) -> frozenset[str]:
        """Its planIds."""
        return frozenset(member.plan for member in self.members)

    @property
    def agencies(self) -> tuple[str, ...]:
        """Its members' agencies, each once, in the order of the plans."""
        return tuple(dict.fromkeys(member.agency for member in self.members))

    def same_as(self, other: Body) -> bool:
        """Would nobody notice the difference? The rule that named the lead may differ."""
        return (self.site, self.members, self.lead, self.window, self.items) == (
            other.site,
            other.members,
            other.lead,
            other.window,
            other.items,
        )


class Joint(msgspec.Struct, omit_defaults=True):
    """A joint visit 联合检查, or several plans of one agency merged 合并检查."""

    id: str
    number: int
    version: int
    body: Body
    status: str = OPEN
    frozen_at: str = ""
    visits: tuple[date, ...] = ()

    @property
    def fixed(self) -> bool:
        """Its members no longer move."""
        return self.status in (FROZEN, VISITED)


class Visit(msgspec.Struct, omit_defaults=True):
    """One visit to the enterprise, as recorded by an agency."""

    id: str
    agency: str
    day: date
    unit: str = ""  #: jointId or planId
    counted: bool = False  #: an inspection that counts as a visit to the enterprise
    same_as: str = ""  #: the visit of which this is a further record
    flags: tuple[str, ...] = ()


class Site(msgspec.Struct, frozen=True):
    """One place of business."""

    code: str
    address: str


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the registrar says of the enterprise. Nothing said: medium risk, no flags."""

    version: int = 0
    risk: str = "MEDIUM"
    major: bool = False  #: 重大企业项目
    key_sector: bool = False  #: 重点行业
    industry: str = ""
    sites: tuple[Site, ...] = ()
    related: tuple[str, ...] = ()

    def address_of(self, site: str) -> str:
        """Address of a site, "" if unknown."""
        return next((known.address for known in self.sites if known.code == site), "")


class Enterprise(Common, kw_only=True, omit_defaults=True):
    """State of the ENTERPRISE aggregate, one per unified social credit code."""

    profile: Profile = Profile()
    plans: dict[str, Plan] = msgspec.field(default_factory=dict)
    joints: dict[str, Joint] = msgspec.field(default_factory=dict)
    formed: int = 0  #: joints ever formed: the next one gets the next number
    visits: dict[str, Visit] = msgspec.field(default_factory=dict)
    passes: dict[str, dict[str, list[date]]] = msgspec.field(
        default_factory=dict
    )  #: site -> ``catalogue|code`` -> days of a PASS
    counters: dict[str, int] = msgspec.field(
        default_factory=dict
    )  #: ``agency|year`` -> visits that count against the cap
    yearly: dict[str, int] = msgspec.field(default_factory=dict)  #: year -> visits to the enterprise
    hinted: dict[str, None] = msgspec.field(default_factory=dict)
    handlers: dict[str, str] = msgspec.field(default_factory=dict)  #: agency -> who handled for it when last heard of

    def joint_of(self, plan: Plan) -> Joint | None:
        """The joint *plan* stands in, if any."""
        return self.joints[plan.joint] if plan.joint else None

    def fixed(self, plan: Plan) -> bool:
        """Is *plan* part of a frozen or visited unit?"""
        joint = self.joint_of(plan)
        return bool(plan.frozen_at or plan.visits) or (joint is not None and joint.fixed)

    def moving(self) -> list[Plan]:
        """Open plans a re-run may still decide about, in their order."""
        return sorted(
            (plan for plan in self.plans.values() if not plan.closed and not self.fixed(plan)),
            key=lambda plan: plan.rank,
        )
