"""The state machines as the rules have them, as plain edges for whoever draws them.

The one rule: every edge is read from a table that decides; nothing is drawn that no rule does, and no rule is drawn twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hub.canonical import states
from hub.canonical.catalogue import Catalogue
from hub.canonical.states import Names
from hub.rules.complaint.aggregate import NEEDS
from hub.rules.inspection import moves
from hub.rules.inspection.state import OPEN
from hub.rules.matter.case import CASE
from hub.rules.matter.court import COURT
from hub.rules.matter.lead import MOVES, State
from hub.rules.matter.referral import REFERRAL
from hub.rules.matter.relief import RELIEF
from hub.rules.matter.scene import Rule
from hub.rules.matter.track import TURNS, Track
from hub.rules.matter.transfer import TRANSFER
from hub.rules.schedule.verdict import EXPIRY, IN_TIME, LATE

#: Before the first fact.
START: Final = ""

#: Entities that the column "needs" names by themselves → the fact that makes each known.
_FIRST: Final[Mapping[str, str]] = {
    "case": "case.filed",
    "lead": "lead.transferred",
    "referral": "referral.sent",
    "application": "application.filed",
    "ticket": "ticket.received",
}

#: What the hub finds itself, in words.
_FOUND: Final[Names] = {
    moves.RERUN: ("重算后不再成组", "the re-run finds no such group"),
    moves.LEFT: ("最后一个成员退出", "the last member left"),
    moves.WINDOW_OVER: ("检查窗口已过", "the window is over"),
    "RESULT_RECOGNISED": ("全部事项结果互认", "every item is recognised"),
    "LEVEL_YIELDED": ("全部事项由另一层级实施", "every item is left to the other level"),
}


@dataclass(frozen=True, slots=True)
class Edge:
    """*by* leads from *source* (`START` = nothing known yet) to *target*; *note* = what it changes inside the state."""

    source: str
    target: str
    by: tuple[str, str] = ("", "")
    note: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its title, the table it is read from, what a reader must know, and its edges."""

    title: tuple[str, str]
    table: str
    about: tuple[str, str]
    names: Names
    edges: tuple[Edge, ...]


def machines() -> tuple[Machine, ...]:
    """All of them, in the order of the page."""
    return (_plan(), _joint(), _lead(), _track(), _clock(), *_procedures())


def _plan() -> Machine:
    decisions = next(f.enum for f in Catalogue.load()["inspection.plan.decided"].fields if f.name == "decision")
    standing = [name for name in decisions if ("", name) not in moves.CLOSINGS]
    submitted, rerun = _named("inspection.plan.submitted"), ("重算", "re-run")
    edges = [Edge(START, OPEN, submitted), *(Edge(OPEN, OPEN, rerun, name) for name in standing)]
    edges += [Edge(source or OPEN, target, _named(by)) for (source, by), target in moves.CLOSINGS.items()]
    return Machine(
        ("检查计划", "Inspection plan"),
        "hub/rules/inspection/moves.py `CLOSINGS`",
        (
            "未关闭的计划在每次事实之后重算,结论可变;关闭是终局的,只有窗口已过的计划仍可补报检查。",
            "An open plan is decided anew after every fact; closing is final, but an expired plan may still be reported visited.",
        ),
        {**states.PLAN, OPEN: ("未关闭", "open")},
        tuple(edges),
    )


def _joint() -> Machine:
    formed = Edge(START, OPEN, _named("inspection.joint.formed"))
    edges = tuple(Edge(source, target, _named(by)) for (source, by), target in moves.JOINT_MOVES.items())
    return Machine(
        ("联合检查", "Joint visit"),
        "hub/rules/inspection/moves.py `JOINT_MOVES`",
        (
            "发码前成员随重算变动(inspection.joint.changed);发码后固定,重新开放则检查码作废。",
            "Before the check code the members move with each re-run (inspection.joint.changed); the code fixes them, reopening voids it.",
        ),
        states.JOINT,
        (formed, *edges),
    )


def _lead() -> Machine:
    edges = []
    for (state, move), (to, sub) in MOVES.items():
        name, _, outcome = move.partition(":")
        zh, en = _named(f"matter.{name}")
        by = (f"{zh} {outcome}", f"{en} {outcome}") if outcome else (zh, en)
        edges.append(Edge(START if state is State.NONE else state.value, to.value, by, sub.value))
    return Machine(
        ("涉嫌犯罪线索", "Criminal lead"),
        "hub/rules/matter/lead.py `MOVES`",
        (
            "状态由全部事实按法律时间排列得出,迟到的事实归其位;表中没有的不改变状态。",
            "The state follows from all facts in the order of their legal times, so a late one takes its place; what is not in the table changes nothing.",
        ),
        states.LEAD,
        tuple(edges),
    )


def _track() -> Machine:
    edges = []
    for source in (Track.NONE, Track.OPEN, Track.CLOSED):
        for name, target in TURNS.items():
            zh, en = _named(name)
            if name == "matter.reconsideration.decided":
                zh, en = f"{zh} FILED", f"{en} FILED"
            edges.append(Edge(source.value, target.value, (zh, en)))
        zh, en = _named("matter.lead.concluded")
        edges.append(Edge(source.value, Track.CONVICTED.value, (f"{zh} CONVICTED", f"{en} CONVICTED")))
    return Machine(
        ("刑事程序与行政处罚", "Criminal track and penalty"),
        "hub/rules/matter/track.py `TURNS`",
        (
            "进行中不得罚款、没收(PENALTY_IN_LIEU),判处刑罚后不得再罚款(FINE_AFTER_CONVICTION);法律时间最晚的事实为准,有罪判决终局。",
            "While open no fine and no confiscation (PENALTY_IN_LIEU), after a conviction no fine (FINE_AFTER_CONVICTION); the latest legal time decides, a conviction for good.",
        ),
        states.TRACK,
        (Edge(START, Track.NONE.value), *(edge for edge in edges if edge.source != edge.target)),
    )


def _clock() -> Machine:
    running = "RUNNING"
    edges = [Edge(START, running, ("起算", "started")), Edge(running, IN_TIME, ("期内办结", "ended in time"))]
    for happening, table in ((("逾期办结", "ended late"), LATE), (("期满", "time is over"), EXPIRY)):
        for kind, verdict in table.items():
            zh, en = states.CLOCK_KINDS[kind]
            edges.append(Edge(running, verdict, (f"{happening[0]}({zh})", f"{happening[1]} ({en})")))
    return Machine(
        ("期限", "Statutory clock"),
        "hub/rules/schedule/verdict.py `IN_TIME`, `LATE`, `EXPIRY`",
        (
            "未画出:中止与恢复,事项另行了结而失效,以及期内办结迟到报送时撤回逾期。",
            "Not drawn: resting and going on, voiding when the matter ends otherwise, and a miss taken back when a timely end arrives late.",
        ),
        states.CLOCK,
        tuple(edges),
    )


def _procedures() -> Iterator[Machine]:
    """Procedures without a state of their own: where one stands is which facts are known."""
    for title, table, rules in (
        (("行政处罚案件", "Case and penalty"), "hub/rules/matter/case.py `CASE`", CASE),
        (("移送", "Transfer"), "hub/rules/matter/transfer.py `TRANSFER`", TRANSFER),
        (("反向移送", "Reverse referral"), "hub/rules/matter/referral.py `REFERRAL`", REFERRAL),
        (
            ("救济与非诉执行", "Relief and court enforcement"),
            "hub/rules/matter/court.py `COURT`, hub/rules/matter/relief.py `RELIEF`",
            {**RELIEF, **COURT},
        ),
    ):
        yield _procedure(title, table, "matter", {name: _alternatives(rule) for name, rule in rules.items()})
    table = "hub/rules/complaint/aggregate.py `NEEDS`"
    # Of several the last one is the narrowest: a ticket that was accepted was received.
    yield _procedure(("投诉举报", "Complaint"), table, "complaint", {name: needs[-1:] for name, needs in NEEDS.items()})


def _alternatives(rule: Rule) -> tuple[str, ...]:
    return tuple(filter(None, rule.needs.split("/")))


def _procedure(title: tuple[str, str], table: str, aggregate: str, needs: Mapping[str, tuple[str, ...]]) -> Machine:
    edges = []
    for name, words in needs.items():
        target = name.removeprefix(f"{aggregate}.")
        edges += [Edge(_FIRST.get(word, word), target) for word in words] or [Edge(START, target)]
    targets = {edge.target for edge in edges}
    # What another procedure leads to is where this one begins: enforcement goes on from a decision served.
    edges = [*(Edge(START, name) for name in sorted({edge.source for edge in edges} - targets - {START})), *edges]
    known = targets | {edge.source for edge in edges}
    return Machine(
        title,
        table,
        (
            "节点是已知的事实,箭头表示其后可以报送;提前到达的事件等待,不拒收。",
            "A node is a fact that is known, an arrow what may be sent then; what comes early waits and is not refused.",
        ),
        {name: _named(f"{aggregate}.{name}") for name in sorted(known - {START})},
        tuple(edges),
    )


def _named(event: str) -> tuple[str, str]:
    """Names of an event type, or of what the hub found itself."""
    known = Catalogue.load().get(event)
    return (known.title, known.title_en) if known else _FOUND[event]
