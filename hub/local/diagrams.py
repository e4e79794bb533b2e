"""The page ``docs/state-machines.md``, drawn from the rules' own tables: ``python -m hub.local.diagrams`` (``make docs``).

The one rule: the page says what the tables say. Nobody edits it; a test fails when it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.rules.machines import START, Edge, Machine, machines

PAGE: Final = Path(__file__).parents[2] / "docs" / "state-machines.md"

_HEAD: Final = """\
# State machines 状态机

Drawn by `make docs` from the tables that the rules go by; do not edit. 由规则所用的表生成,请勿手改。
An arrow from the black dot is where a thing begins; `→ X` behind a name is what changes inside the state.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [_HEAD, *(line for number, machine in enumerate(machines(), 1) for line in _section(number, machine))]
    )


def _section(number: int, machine: Machine) -> Iterator[str]:
    zh, en = machine.title
    yield f"## {number}. {zh} · {en}"
    yield ""
    yield from machine.about
    yield ""
    yield f"Table 表: {machine.table}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"    {line}" for line in _drawn(machine))
    yield "```"
    yield ""


def _drawn(machine: Machine) -> Iterator[str]:
    named = {node for edge in machine.edges for node in (edge.source, edge.target)} - {START}
    for node in sorted(named):
        zh, en = machine.names[node]
        yield f'state "{zh}<br/>{en}<br/>{node}" as {_id(node)}'
    arrows: dict[tuple[str, str], list[str]] = {}
    for edge in machine.edges:
        arrows.setdefault((edge.source, edge.target), []).append(_label(edge, machine))
    for (source, target), labels in arrows.items():
        told = "<br/>".join(dict.fromkeys(filter(None, labels)))
        arrow = f"{_id(source)} --> {_id(target)}"
        yield f"{arrow} : {told}" if told else arrow
    leaving = {edge.source for edge in machine.edges if edge.source != edge.target}
    yield from (f"{_id(node)} --> [*]" for node in sorted(named - leaving))


def _label(edge: Edge, machine: Machine) -> str:
    zh, en = edge.by
    if not edge.note:
        return f"{zh} {en}".strip()
    return f"{zh} {en} → {edge.note} {machine.names[edge.note][0]}"


def _id(node: str) -> str:
    """A name Mermaid takes: no dots."""
    return node.replace(".", "_") if node else "[*]"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
