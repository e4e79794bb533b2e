"""When a system answers: an expression in CEL over what was delivered.

The one rule: it sees the event's fields as ``e`` and the party as ``me``, and a field that is not there leaves it unmet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cel


@dataclass(frozen=True)
class Condition:
    """A compiled expression."""

    text: str
    program: Any

    def met(self, data: Mapping[str, Any], party: str) -> bool:
        """Is it true of *data* as delivered to *party*?"""
        try:
            return self.program.execute({"e": dict(data), "me": party}) is True
        except (KeyError, ValueError, TypeError, RuntimeError):
            return False  # the projection left out what it asks for


def condition(text: Any) -> Any:
    """*text* compiled. Raise ValueError with what is wrong."""
    if not isinstance(text, str):
        return text
    return Condition(text, cel.compile(text))
