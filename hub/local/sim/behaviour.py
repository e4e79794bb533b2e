"""What a system does: ``behaviour.yaml`` beside its mapping, or what follows from its samples if there is none.

The one rule: everything is judged when the file is read; an actor meets no word it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hub.canonical.catalogue import Catalogue
from hub.local.sim.condition import Condition, condition
from hub.local.sim.office import Hours

FILE: Final = "behaviour.yaml"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN: Final = re.compile(r"(\d+)([smhd])").fullmatch
INVALID: Final = "INVALID_FIELD"


class BehaviourInvalid(Exception):
    """The file is wrong; one line for each fault."""


def _seconds(text: str) -> float:
    found = _SPAN(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time: 20s, 5m, 2h or 3d")
    return float(int(found[1]) * _UNITS[found[2]])


def _span(value: Any) -> Any:
    """``2h`` or ``1h..8h`` as (least, most) seconds."""
    if not isinstance(value, str):
        return value
    least, _, most = value.partition("..")
    span = (_seconds(least), _seconds(most or least))
    if span[0] > span[1]:
        raise ValueError(f"{value!r}: from is after to")
    return span


def _event(value: str) -> str:
    if value not in Catalogue.load():
        raise ValueError(f"{value!r} is no event of the catalogue")
    return value


Span = Annotated[tuple[float, float], BeforeValidator(_span)]
EventName = Annotated[str, BeforeValidator(_event)]
Share = Annotated[float, Field(ge=0, le=1)]
When = Annotated[Condition | None, BeforeValidator(condition)]
Says = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Choice(_Part):
    """One of several ways to go on; what is left of 1 is: nothing is sent, and the thread ends."""

    send: EventName
    share: Share
    say: Says = Field(default_factory=dict)


class Step(_Part):
    """One record, *after* the one before it or after what it answers."""

    send: EventName | None = None
    pick: tuple[Choice, ...] = ()
    after: Span = (0.0, 0.0)
    say: Says = Field(default_factory=dict)
    share: Share = 1.0  #: else this step and those behind it are not done
    unless: tuple[EventName, ...] = ()  #: not if the thread has seen one of these

    @model_validator(mode="after")
    def _one_way(self) -> Step:
        if (self.send is None) == (not self.pick):
            raise ValueError("a step has either `send` or `pick`")
        if sum(choice.share for choice in self.pick) > 1.0 + 1e-9:
            raise ValueError("the shares of `pick` are more than 1")
        return self

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What it may send."""
        return self.pick or (Choice(send=str(self.send), share=1.0),)


class Begin(_Part):
    """What a system does by itself, *every* so often."""

    every: Span
    facts: Says = Field(default_factory=dict)  #: what is settled for the whole thread
    speaker: str = "{me}"  #: who speaks, for a system of many bodies
    steps: tuple[Step, ...] = Field(min_length=1)


class Answer(_Part):
    """What it does when *to* is delivered to it."""

    to: EventName
    when: When = None  #: CEL over ``e`` (the event's fields) and ``me`` (the party it was delivered to)
    steps: tuple[Step, ...] = Field(min_length=1)


class Mistake(_Part):
    """What goes wrong now and then, and the code with which it is refused; empty: it does no harm."""

    kind: Literal["dead_code", "missing_field", "wrong_check_digit", "wrong_fact", "twice", "late", "out_of_order"]
    share: Share
    of: tuple[EventName, ...] = ()  #: only in these events
    by: Span = (3600.0, 7200.0)  #: how late
    say: Says = Field(default_factory=dict)  #: what a wrong fact says instead
    refused: str = ""

    @model_validator(mode="after")
    def _code(self) -> Mistake:
        harmless = self.kind in ("twice", "late", "out_of_order")
        if harmless == bool(self.refused):
            raise ValueError(f"{self.kind}: `refused` is {'for mistakes that are refused' if harmless else 'missing'}")
        if (self.kind == "wrong_fact") != bool(self.say):
            raise ValueError("`say` is what a wrong_fact says instead")
        return self


class Nightly(_Part):
    """One file in the night with everything of these kinds."""

    at: Annotated[float, BeforeValidator(lambda text: Hours.minutes(text) * 60)]
    events: tuple[EventName, ...]


class Behaviour(_Part):
    """The whole file."""

    about: str = Field(min_length=1)
    about_en: str = Field(min_length=1)
    door: Literal["http", "file"]
    hours: Annotated[Hours, BeforeValidator(Hours.read)] = Hours(8 * 3600 + 1800, 17 * 3600 + 1800)
    collect: Span = (600.0, 600.0)  #: how long records lie until a file is made of them
    nightly: Nightly | None = None
    says: dict[EventName, Says] = Field(default_factory=dict)  #: what this system writes into an event, always
    begins: dict[str, Begin] = Field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def steps(self) -> Iterator[Step]:
        """Every step."""
        for begin in self.begins.values():
            yield from begin.steps
        for answer in self.answers:
            yield from answer.steps

    def sends(self) -> tuple[str, ...]:
        """Every event it may send."""
        return tuple(dict.fromkeys(choice.send for step in self.steps() for choice in step.choices))


def read(path: Path) -> Behaviour:
    """The behaviour in the file *path*. Raise `BehaviourInvalid`."""
    try:
        return Behaviour.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        faults = [f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise BehaviourInvalid("\n".join(faults)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BehaviourInvalid(f"{path}: {error}") from None


@cache
def usual() -> dict[str, Says]:
    """What an ordinary record of the city says, whichever system sends it: ``usual.yaml``."""
    found: dict[str, Says] = yaml.safe_load(Path(__file__).with_name("usual.yaml").read_text("utf-8"))
    return found
