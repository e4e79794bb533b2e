"""Where a joint visit 联合检查 and a plan 检查计划 may go: the two tables every change of them goes by.

The one rule: what is not in a table does not happen. Whoever changes a status has refused everything else before, so a
missing row is a defect of the rules and stops the worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.rules.inspection.state import (
    CANCELLED,
    DISSOLVED,
    EXPIRED,
    FROZEN,
    LEVEL_YIELDED,
    OPEN,
    RESULT_RECOGNISED,
    VISITED,
)

# What moves them: facts, and what the hub finds itself.
CODE: Final = "inspection.code.requested"
REOPEN: Final = "inspection.joint.reopened"
VISIT: Final = "inspection.visit.recorded"
CANCEL: Final = "inspection.plan.cancelled"
RERUN: Final = "rerun"  #: a re-run that no longer finds its group
LEFT: Final = "left"  #: the last member left a frozen joint
WINDOW_OVER: Final = "window over"

#: (status, what moves it) → status of a joint (contract §5, joint identity, Z, A, N).
JOINT_MOVES: Final[Mapping[tuple[str, str], str]] = {
    (OPEN, CODE): FROZEN,
    (OPEN, REOPEN): OPEN,
    (FROZEN, REOPEN): OPEN,
    (OPEN, RERUN): DISSOLVED,
    (FROZEN, LEFT): DISSOLVED,
    (OPEN, VISIT): VISITED,
    (FROZEN, VISIT): VISITED,
    (VISITED, VISIT): VISITED,
}

#: (reason of closing, "" = open; what closes it) → reason of closing of a plan. Closing is final, but an expired plan may
#: still be reported visited (contract §5 N). A decision of the re-run closes under its own name.
CLOSINGS: Final[Mapping[tuple[str, str], str]] = {
    ("", CANCEL): CANCELLED,
    ("", WINDOW_OVER): EXPIRED,
    ("", RESULT_RECOGNISED): RESULT_RECOGNISED,
    ("", LEVEL_YIELDED): LEVEL_YIELDED,
    ("", VISIT): VISITED,
    (EXPIRED, VISIT): VISITED,
}
