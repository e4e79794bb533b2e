"""``policy.yaml``: the switches that a city may turn where the law is silent (contract §11).

The one rule: every switch is there and has the form the rules expect; what each means stands beside its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError

from hub.reference.entry import Entry, faults
from hub.reference.finding import Finding

FILE: Final = "policy.yaml"


class Switch(Entry):
    """One switch as the file has it."""

    title: str
    value: Any


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Frequency(_Value):
    days: PositiveInt
    visits: NonNegativeInt


class _Caps(_Value):
    LOW: NonNegativeInt
    MEDIUM: NonNegativeInt
    HIGH: NonNegativeInt


class _Sla(_Value):
    R01: PositiveInt
    A01: PositiveInt
    A01urgent: PositiveInt
    C03r: PositiveInt


#: What the value of each switch must be.
FORMS: Final[Mapping[str, Any]] = {
    "capCounts": list[Literal["DAILY", "SPECIAL_LOCAL", "SPECIAL_SUPERIOR", "CASE"]],
    "caps": _Caps,
    "capsByAgency": dict[str, dict[Literal["LOW", "MEDIUM", "HIGH"], NonNegativeInt]],
    "jointCountsAll": bool,
    "gapDays": NonNegativeInt,
    "resultValidDays": NonNegativeInt,
    "frequency": _Frequency,
    "industryLead": dict[str, str],
    "lateEntryDays": PositiveInt,
    "suspendP01OnTransfer": bool,
    "clockUnit": dict[str, Literal["C", "W"]],
    "demandBeforeSuitExpiry": bool,
    "courtOfCity": str,
    "zoneDivision": dict[str, str],
    "centralCourt": dict[str, str],
    "sla": _Sla,
    "c03": dict[str, PositiveInt],
    "parkDays": PositiveInt,
    "parkEvents": PositiveInt,
}


def policy_faults(switches: Mapping[str, Switch]) -> list[Finding]:
    """What is wrong with the names and values of *switches*."""
    found = [
        Finding("MALFORMED", FILE, name, "缺少此开关,请补上", "this switch is missing: add it")
        for name in FORMS
        if name not in switches
    ]
    for name, switch in switches.items():
        if name not in FORMS:
            found.append(
                Finding(
                    "MALFORMED", FILE, name, "没有这个开关,请更正拼写或删去", "no such switch: correct or remove it"
                )
            )
            continue
        try:
            TypeAdapter(FORMS[name]).validate_python(switch.value, strict=True)
        except ValidationError as wrong:
            found += faults(FILE, [{**error, "loc": (name, "value", *error["loc"])} for error in wrong.errors()])
    return found
