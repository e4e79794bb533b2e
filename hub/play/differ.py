"""What was said and what would be said: which decisions differ, and in what.

The one rule: a decision is the same if it says the same to the same parties. Ids, versions of an aggregate and moments follow
from what was decided before, so they are never compared.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hub.play.log import Said

#: Fields that say what a decision is about: two that differ in one of them are two decisions.
_NAMES: Final = ("planId", "visitId", "leadId", "applicationId", "disputeId", "requestId", "eventId", "decisionNo", "clock", "entity", "code")  # fmt: skip
#: A check code is keyed by a secret that whoever tries out rules need not have.
_UNTOLD: Final = frozenset({"checkCode"})
RECIPIENTS: Final = "→"


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that would differ: *recorded* None = said only now, *now* None = said no more."""

    recorded: Said | None
    now: Said | None

    @property
    def said(self) -> Said:
        """Either of the two."""
        said = self.recorded or self.now
        assert said is not None
        return said

    @property
    def kind(self) -> str:
        """CHANGED, GONE or NEW."""
        return "NEW" if self.recorded is None else "GONE" if self.now is None else "CHANGED"

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """Field → (recorded, now), for those that differ; None = not there."""
        old, new = (_shown(said) if said else {} for said in (self.recorded, self.now))
        if self.recorded and self.now and None in (self.recorded.to, self.now.to):
            old.pop(RECIPIENTS, None)
            new.pop(RECIPIENTS, None)
        return {name: (old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)}


@dataclass(slots=True)
class Comparison:
    """What came of comparing."""

    compared: int = 0  #: things recorded in the range
    differences: list[Difference] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Event type → kind → how many."""
        found: dict[str, Counter[str]] = {}
        for difference in self.differences:
            found.setdefault(difference.said.type, Counter())[difference.kind] += 1
        return {name: dict(sorted(found[name].items())) for name in sorted(found)}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From *since* up to *until*, not included; in real life not beyond *present*: what comes then is not decided yet."""

    since: datetime
    until: datetime
    present: datetime

    def holds(self, said: Said | None) -> bool:
        """Does *said* lie in it?"""
        return said is not None and self.since <= said.at < (
            self.until if said.realm else min(self.until, self.present)
        )


def compare(recorded: Iterable[Said], now: Iterable[Said], within: Stretch) -> Comparison:
    """Compare all, and report what lies in *within* on either side."""
    groups: defaultdict[tuple[str, ...], tuple[list[Said], list[Said]]] = defaultdict(lambda: ([], []))
    for side, sayings in enumerate((recorded, now)):
        for said in sayings:
            groups[said.realm, said.key, said.cause, said.type][side].append(said)
    result = Comparison()
    for old, new in groups.values():
        result.compared += sum(map(within.holds, old))
        for pair in _pairs(old, new):
            if within.holds(pair.recorded) or within.holds(pair.now):
                result.differences.append(pair)
    result.differences.sort(key=lambda pair: (pair.said.at, pair.said.realm, pair.said.key, pair.said.type))
    return result


def _pairs(old: Sequence[Said], new: Sequence[Said]) -> list[Difference]:
    """What is left when equals have met, each beside the one it most resembles."""
    left = _leave_equals(list(old), list(new), lambda said: (_text(said), said.to))
    left = _leave_equals(*left, lambda said: (_text(said), None), also=_unknown_recipients)
    gone, fresh = left
    pairs = []
    for said in gone:
        alike = [other for other in fresh if _same_matter(said, other)]
        nearest = max(alike, key=lambda other: _resemblance(said, other), default=None)
        if nearest is not None:
            fresh.remove(nearest)
        pairs.append(Difference(said, nearest))
    return [*pairs, *(Difference(None, said) for said in fresh)]


def _leave_equals(
    old: list[Said], new: list[Said], name: Any, also: Any = lambda _old, _new: True
) -> tuple[list[Said], list[Said]]:
    waiting: defaultdict[Any, list[Said]] = defaultdict(list)
    for said in new:
        waiting[name(said)].append(said)
    gone = []
    for said in old:
        equal = next((other for other in waiting[name(said)] if also(said, other)), None)
        if equal is None:
            gone.append(said)
        else:
            waiting[name(said)].remove(equal)
    left = {id(said) for rest in waiting.values() for said in rest}
    return gone, [said for said in new if id(said) in left]


def _unknown_recipients(old: Said, new: Said) -> bool:
    return old.to is None or new.to is None


def _same_matter(old: Said, new: Said) -> bool:
    if old.type.startswith("receipt."):
        return True
    return all(old.data.get(name) == new.data.get(name) for name in _NAMES)


def _resemblance(old: Said, new: Said) -> int:
    return sum(new.data.get(name) == value for name, value in old.data.items())


def _plain(said: Said) -> dict[str, Any]:
    """The data as JSON has it: what was read back from a topic has lists where a rule gave tuples."""
    plain: dict[str, Any] = json.loads(json.dumps(said.data, sort_keys=True))
    return {name: value for name, value in plain.items() if name not in _UNTOLD}


def _text(said: Said) -> str:
    return json.dumps(_plain(said), sort_keys=True)


def _shown(said: Said) -> dict[str, Any]:
    parties = [] if said.to is None else sorted(f"{party}:{projection}" for party, projection in said.to)
    return _plain(said) | ({RECIPIENTS: parties} if parties else {})


def plain(difference: Difference) -> Mapping[str, Any]:
    """As ``-o json`` prints it."""
    said = difference.said
    return {
        "kind": difference.kind,
        "event": said.type,
        "realm": said.realm,
        "key": said.key,
        "cause": said.cause or None,
        "at": said.at.isoformat(timespec="seconds"),
        "recorded": _plain(difference.recorded) if difference.recorded else None,
        "now": _plain(difference.now) if difference.now else None,
        "differs": {name: {"recorded": old, "now": new} for name, (old, new) in difference.fields.items()},
    }
