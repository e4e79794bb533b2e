"""``when``: what other source fields must say for a value, or a message, to be meant.

The one rule: a condition works both ways. Equality turns itself round; an expression cannot, so it says under ``say`` what is
to be written, and what was written is tested against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mapping.expressions import Expression

_WORDS = frozenset({"cel", "in", "say"})


@dataclass(frozen=True, slots=True)
class Condition:
    """Compiled. *wanted*: source name -> the values that meet it; the first is the one written."""

    wanted: tuple[tuple[str, tuple[str, ...]], ...] = ()
    expression: Expression | None = None
    said: tuple[tuple[str, str], ...] = ()
    under: str = ""  #: the object of the source that has its names

    def __bool__(self) -> bool:
        return bool(self.wanted or self.expression)

    @property
    def paths(self) -> tuple[str, ...]:
        """The source fields it looks at."""
        names = self.expression.paths if self.expression else tuple(name for name, _ in self.wanted)
        return tuple(f"{self.under}.{name}" for name in names) if self.under else names

    def met(self, source: Mapping[str, Any]) -> bool:
        """Does *source* say it?"""
        if self.under:
            within = source.get(self.under)
            source = within if type(within) is dict else {}
        if self.expression is not None:
            return self.expression(source) is True
        return all(str(source.get(name, "")) in values for name, values in self.wanted)

    def say(self, source: dict[str, Any]) -> None:
        """Make *source* say it."""
        if self.under and self.said:
            source = source.setdefault(self.under, {})
        for name, value in self.said:
            source.setdefault(name, value)


def compile_condition(written: Mapping[str, Any], under: str = "") -> Condition:
    """The condition of a ``when``: ``{field: value}``, or ``{cel, in, say}``; *under* is the object that has the fields."""
    if "cel" not in written:
        wanted = tuple(
            (name, tuple(map(str, value)) if isinstance(value, list) else (str(value),))
            for name, value in written.items()
        )
        return Condition(wanted, None, tuple((name, values[0]) for name, values in wanted), under)
    if unknown := set(written) - _WORDS:
        raise ValueError(f"when: {', '.join(sorted(unknown))} is not known beside cel")
    expression = Expression(str(written["cel"]), written.get("in", {}))
    said = tuple((name, str(value)) for name, value in written.get("say", {}).items())
    if stranger := [name for name, _ in said if name not in expression.paths]:
        raise ValueError(f"when: say {', '.join(stranger)} is no input of the expression")
    return Condition((), expression, said, under)
