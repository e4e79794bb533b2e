"""The ways this process ends itself, and the one line it leaves behind.

One rule: what is not known to be right is not tried again here. The process ends at once, without clean-up, and whoever
watches over it starts a new one, which learns from the log what happened. Hence no exception for these cases: nobody may
catch them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from enum import IntEnum
from typing import NoReturn

from hub.log import get_logger


class Exit(IntEnum):
    """Exit codes, above those of the shell conventions for usage errors and below those of signals."""

    #: The agent raised, or did not answer in time.
    AGENT_FAILED = 80
    #: Something between begin and commit went wrong: written or not, we cannot know.
    OUTCOME_UNKNOWN = 81
    #: Somebody else owns this lane now.
    FENCED = 82
    #: A lane did not open.
    OPEN_FAILED = 83
    #: A batch did not finish before its lane had to be given up.
    REVOKE_OVERRUN = 84
    #: There was something to do and nothing moved.
    STALLED = 85
    #: The event loop did not answer.
    LOOP_HUNG = 86
    #: The process stood still for longer than the group waits for a member.
    PAUSED = 87
    #: The log could not be read.
    INTAKE_FAILED = 88
    #: The state was written by a version that this one does not understand.
    STATE_UNREADABLE = 89


_log = get_logger("hub.engine")
_last_words = threading.Lock()


def die(code: Exit, why: str, **fields: object) -> NoReturn:
    """Say why in one line and end the process now."""
    _last_words.acquire()  # never released: the first to die speaks, others wait for the end
    with contextlib.suppress(Exception):  # a broken log must not keep a wrong process alive
        _log.critical("WorkerExit", exit=code.name, code=int(code), why=why, pid=os.getpid(), **fields)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(int(code))
