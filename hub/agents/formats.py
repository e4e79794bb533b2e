"""The format of a lane's state as a whole: one mark beside the aggregates.

The one rule: the mark is written with the first state of a format, in the same transaction, so a version that does not know the
format finds out when it opens the lane and not when it meets the record.
"""

from __future__ import annotations

from typing import Final

from hub.engine.state import State, StateView
from hub.rules.state import FORMAT, NewerFormat

_MARK: Final = b"\x00format"


def mark_format(state: StateView) -> None:
    """Say that records of the present format may stand here."""
    if int(state.get(_MARK) or b"1") < FORMAT:
        state.put(_MARK, b"%d" % FORMAT)


def unreadable(state: State) -> str:
    """Why this version must leave *state* alone, "" if it need not."""
    found = int(state.get(_MARK) or b"1")
    return str(NewerFormat(found)) if found > FORMAT else ""
