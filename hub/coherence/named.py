"""What the rules name by code: clocks, parties, words of roles. Read from their source, so no list can be forgotten.

The one rule: a string in the source of a rule counts wherever it stands; a code built at run time is not seen.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import hub.canonical
import hub.rules

_CLOCK: Final = re.compile(r"[A-Z]\d\d[a-z]?")
_PARTY: Final = re.compile(r"GY-[A-Z0-9]+(-[A-Z0-9]+)?")


@cache
def words() -> frozenset[str]:
    """Every string in the source of the rules and of the language they speak."""
    sources = [
        path for package in (hub.rules, hub.canonical) for each in package.__path__ for path in Path(each).rglob("*.py")
    ]
    return frozenset(
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def clocks() -> frozenset[str]:
    """Clocks that a rule starts, ends or asks about."""
    return frozenset(word for word in words() if _CLOCK.fullmatch(word))


def parties() -> frozenset[str]:
    """Parties that a rule knows by code."""
    return frozenset(word for word in words() if _PARTY.fullmatch(word))
