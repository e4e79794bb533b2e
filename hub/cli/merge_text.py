"""What ``hub merge`` looks like on a terminal.

The one rule: a full dot is a rule that applied, an empty one a rule that did not, a small one a rule that was not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from hub.cli.language import current, say
from hub.cli.output import emit

_MARKS: Final = {"APPLIED": "●", "PASSED": "○", "UNASKED": "·"}
_DECISIONS: Final = {
    "SINGLE": ("单独实施", "goes alone"),
    "JOINED": ("合并实施", "made together"),
    "HOLD_CAP": ("暂缓:年度上限", "held: yearly cap"),
    "HOLD_REPEAT": ("暂缓:重复", "held: repeated"),
    "LEVEL_YIELDED": ("让与另一层级", "left to the other level"),
    "RESULT_RECOGNISED": ("结果互认,不再检查", "recognised, not inspected again"),
    "OUT_OF_SCOPE": ("不在统筹范围", "out of scope"),
    "VISITED": ("已检查", "visited"),
    "CANCELLED": ("已撤销", "cancelled"),
    "EXPIRED": ("已过期", "expired"),
}
_STATUS: Final = {
    "OPEN": ("成员可变动", "members may move"),
    "FROZEN": ("已发检查码", "check code issued"),
    "VISITED": ("已检查", "visited"),
    "DISSOLVED": ("已解散", "dissolved"),
}
_STAGES: Final = {
    "mark": " ",
    "step": say("步骤", "step"),
    "title": say("规则", "asked"),
    "because": say("结果与理由", "answer and reason"),
    "about": say("涉及", "about"),
}
_APART: Final = {
    "plan": say("计划", "plan"),
    "rule": say("规则", "rule"),
    "because": say("为何不在一起", "why apart"),
}
_MEMBERS: Final = {
    "plan": say("计划", "plan"),
    "agency": say("机关", "agency"),
    "role": say("角色", "role"),
    "items": say("事项", "items"),
}
#: One line for each reason, for spreadsheets.
FLAT: Final = {name: name for name in ("uscc", "joint", "plan", "decision", "step", "mark", "rule", "because", "about")}
FIGURES: Final = {
    "agency": say("机关", "agency"),
    "planned": say("计划", "planned"),
    "afterMerging": say("合并后入企", "after merging"),
    "avoided": say("减少", "avoided"),
    "joined": say("参与联合", "joined"),
    "jointRate": say("联合率", "joint rate"),
    "recognised": say("互认", "recognised"),
    "yielded": say("让与", "yielded"),
    "held": say("暂缓", "held"),
    "repeats": say("重复标记", "repeats"),
}
_BAR: Final = 30


def show(items: Sequence[Mapping[str, Any]], output: str) -> None:
    """Joints and plans, each with its reasons."""
    for number, item in enumerate(items):
        if number:
            click.echo()
        if "stages" in item:
            _show_plan(item, output)
        else:
            _show_joint(item, output)


def _show_plan(item: Mapping[str, Any], output: str) -> None:
    click.secho(
        f"{item['plan']} · {item['agency']} · {item['type']} · {item['site']} · {_days(item)} · {','.join(item['items'])}",
        bold=True,
    )
    end = item["closed"] if item["closed"] not in ("", item["decision"]) else ""
    named = " → ".join(f"{name} {say(*_DECISIONS[name])}" for name in (item["decision"], end) if name)
    click.echo(f"  {named}" + (f" · {item['joint']} {item['role']}" if item["joint"] else ""))
    emit("Stages", [_line(stage) for stage in item["stages"]], output, columns=_STAGES, wide={"rule": "id"})
    _show_apart(item, output)


def _show_joint(item: Mapping[str, Any], output: str) -> None:
    click.secho(f"{item['joint']} v{item['version']} · {item['kind']} · {item['site']} · {_days(item)}", bold=True)
    click.echo(f"  {item['status']} {say(*_STATUS[item['status']])} · {say('牵头', 'lead')} {item['lead']}")
    for rule in item["rules"]:
        click.echo(f"  ● {rule['rule']} {rule[current()]}")
    emit("Members", item["members"], output, columns=_MEMBERS)
    _show_apart(item, output)


def _show_apart(item: Mapping[str, Any], output: str) -> None:
    if item["apart"]:
        click.echo(say("  不与下列计划合并:", "  not together with:"))
        emit("Apart", [dict(one) | {"because": one[current()]} for one in item["apart"]], output, columns=_APART)


def _line(stage: Mapping[str, Any]) -> dict[str, Any]:
    return dict(stage) | {"mark": _MARKS[stage["mark"]], "because": stage[current()]}


def _days(item: Mapping[str, Any]) -> str:
    return f"{item['window']['from']}..{item['window']['to']}"


def flat(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every reason on a line of its own."""
    return [line for item in items for line in _flat(item)]


def _flat(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    head = {name: item.get(name, "") for name in ("uscc", "joint", "plan", "decision")}
    for stage in item.get("stages", item.get("rules", ())):
        yield head | dict(stage) | {"because": stage[current()]}
    for one in item["apart"]:
        yield head | {"step": "apart", "rule": one["rule"], "because": one[current()], "about": one["plan"]}


def show_figures(items: Sequence[Mapping[str, Any]], output: str) -> None:
    """The figures, with a bar for each agency: visits that stay, visits that wait, visits avoided."""
    most = max((item["planned"] for item in items), default=0) or 1
    lines = [
        dict(item)
        | {
            "agency": say("合计", "all") if item["agency"] == "*" else item["agency"],
            "jointRate": f"{item['jointRate']:.0%}",
            "bar": _bar(item, most),
        }
        for item in items
    ]
    emit(
        "MergeStats", lines, output, columns=FIGURES | {"bar": say("█ 入企 ▒ 暂缓 ░ 减少", "█ visits ▒ held ░ avoided")}
    )


def _bar(item: Mapping[str, Any], most: int) -> str:
    """As long as the plans are many; the edges are rounded together, so that the parts make up the whole."""
    edges = [0, item["afterMerging"], item["afterMerging"] + item["held"], item["planned"]]
    places = [round(edge * _BAR / most) for edge in edges]
    return "".join(sign * max(0, end - begin) for sign, begin, end in zip("█▒░", places, places[1:], strict=False))
