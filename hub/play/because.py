"""Why an output arose (``play --explain``): the fact that led to it, the rules by their ids, and the law as far as the rules tell it.

The one rule: nothing is decided or guessed here: rule ids stand in the decision, law stands with the clock or in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hub.canonical.catalogue import Catalogue
from hub.canonical.states import LEAD
from hub.cli.language import say
from hub.play.outcome import Emitted
from hub.reference import Reference
from hub.rules.inspection.rule_ids import RULES

#: What kind of clock it is (contract §6.2).
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "duty": ("义务期限,逾期即超期", "a duty: late is missed"),
    "right": ("权利期限,逾期失权", "a right: it lapses"),
    "cond": ("附条件义务", "a duty only if the case arises"),
    "soft": ("提示性期限", "soft: it lapses without a miss"),
    "wait": ("等待期", "a waiting time: it is met by passing"),
}


def because(record: Emitted, facts: Mapping[str, str], reference: Reference) -> Iterator[str]:
    """The reasons of *record*, one sentence each. *facts*: id → event type of what was given."""
    if record.cause:
        event = facts.get(record.cause, "")
        yield say(f"起因: {record.cause} {event}", f"cause: {record.cause} {event}").rstrip()
    else:
        yield say("起因: 时间届至", "cause: the time had come")
    data = record.data
    if "clockId" in data:
        yield from _clock(data, reference)
    for rule in _rules(data):
        sentence = RULES[rule]
        yield say(f"规则 {rule}: {sentence.zh}", f"rule {rule}: {sentence.en}")
    if record.event == "matter.lead.advanced":
        names = [f"{state} {say(*LEAD[state])}" for name in ("state", "sub") if (state := str(data.get(name, "")))]
        yield say(f"线索状态: {' · '.join(names)}", f"the lead stands at: {' · '.join(names)}")
    basis = _basis(record, reference)
    if basis:
        yield say(f"依据: {basis}", f"basis: {basis}")


def _rules(data: Mapping[str, Any]) -> Iterator[str]:
    named = [*data.get("ruleIds", ()), *([data["leadRule"]] if "leadRule" in data else [])]
    yield from (rule for rule in dict.fromkeys(named) if rule in RULES)


def _clock(data: Mapping[str, Any], reference: Reference) -> Iterator[str]:
    rule = reference.clocks.get(data["clock"])
    if rule is None:
        return
    zh, en = _KINDS.get(rule.kind, ("", ""))
    units = f"{rule.span or '?'} {rule.unit}"
    yield say(f"期限 {rule.name} {rule.title}({units}),{zh}", f"clock {rule.name} ({units}), {en}")
    yield say(f"由 {data['obligor']} 对 {data['obligee']} 履行", f"owed by {data['obligor']} to {data['obligee']}")


def _basis(record: Emitted, reference: Reference) -> str:
    if record.data.get("basis"):
        return str(record.data["basis"])
    known = Catalogue.load().get(record.event)
    return known.basis if known else ""
