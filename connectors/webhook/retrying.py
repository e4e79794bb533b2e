"""What an answer means and when the next try is due.

The one rule: pure. Nothing is ever dropped: after the last try a delivery is parked, and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal

_MINUTE: Final = 60.0
_HOUR: Final = 60 * _MINUTE

#: Seconds before each try, counted from the one before: three days and three and a half hours in all.
DELAYS: Final = (
    0.0, 5.0, 5 * _MINUTE, 30 * _MINUTE,
    2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
#: So that receivers that failed together are not tried together.
JITTER: Final = 0.2
#: A receiver that says "not so fast" without saying when.
_THROTTLED: Final = frozenset({429, 502, 504})
_THROTTLE_SECONDS: Final = 30.0
#: A receiver may ask for patience, not for oblivion.
_LONGEST_RETRY_AFTER: Final = 24 * _HOUR
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try. *status* 0: no complete answer, and *reason* says why."""

    status: int
    reason: str = ""
    retry_after: str = ""
    digest: str = ""  #: SHA-256 of the reply's body: evidence of what was answered, without keeping it


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows: ``delivered``, ``later`` (at *due*), ``gone`` (the receiver wants no more) or ``parked``."""

    kind: Literal["delivered", "later", "gone", "parked"]
    due: datetime | None = None


def judge(answer: Answer, tries: int, now: datetime, jitter: float) -> Verdict:
    """*tries* with this one; *jitter* in [-1, 1]."""
    if 200 <= answer.status < 300:
        return Verdict("delivered")
    if answer.status == _GONE:
        return Verdict("gone")
    if tries >= len(DELAYS):
        return Verdict("parked")
    seconds = DELAYS[tries] * (1 + JITTER * jitter)
    if answer.status in _THROTTLED:
        seconds = max(seconds, _THROTTLE_SECONDS)
    # A wish for less than the table gives is not granted: the table is what was agreed.
    return Verdict("later", now + timedelta(seconds=max(seconds, wished_seconds(answer.retry_after, now))))


def wished_seconds(retry_after: str, now: datetime) -> float:
    """The seconds of a ``Retry-After`` (seconds or a date); 0 for none and for nonsense."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0.0
    if moment.tzinfo is None:  # RFC 5322 "-0000"
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
