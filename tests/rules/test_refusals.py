"""Every refusal has a code of the contract and tells its sender what to do, in Chinese and in English.

The sentences are read from the source, so that one nobody has provoked yet is judged as well.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check
from hub.canonical.event import Event
from hub.canonical.refused import Refused
from hub.reference import load
from hub.rules.admit import admit
from tests.rules.inspection.desk import START, plan_fact

#: Contract §4, in the order in which they are tested.
CODES: Final = (
    "INVALID_FIELD", "SECRET_MARKED", "FUTURE_TIME", "UNKNOWN_PARTY", "NOT_PERMITTED", "NOT_ENTRUSTED", "WRONG_LEVEL",
    "DUTY_CRIME_NOT_POLICE", "REJECTED_INCOMPLETE_FORBIDDEN", "ROUTE_NOT_COURT", "WRONG_VENUE", "MISSING_MATERIAL",
    "ORPHAN", "STALE_TARGET", "DUPLICATE_JURISDICTION", "NOT_ENFORCEABLE", "NOT_APPROVED", "TOO_EARLY", "TOO_LATE",
    "PENALTY_IN_LIEU", "FINE_AFTER_CONVICTION", "NOTICE_MISSING", "REVIEW_MISSING", "DISCUSSION_MISSING",
    "SIMPLE_LIMIT", "EXTENSION_NOT_ALLOWED",
)  # fmt: skip

#: Who makes a refusal: place of the code among the arguments (None: always the same code), of the sentence, of the English one.
MAKERS: Final[Mapping[str, tuple[int | None, int, int]]] = {
    "Refused": (0, 1, -1),
    "not_permitted": (None, 0, 1),
    "invalid": (None, 1, 2),
    "_invalid": (None, 1, 2),
    "_wrong_venue": (None, 0, 1),
    "_too_early": (None, 0, 1),
}

TO_DO: Final = re.compile("[请须应]")
TO_DO_EN: Final = re.compile(
    r"must |(?:^|[:;,] )(?:then |or )?(?:add|apply|ask|cancel|check|choose|correct|decide|discuss|file|finish|give|go|hand|have|"
    r"keep|leave|let|make|name|number|receipt|redirect|remove|report|see|send|transfer|use|wait)\b"
)
CHINESE: Final = re.compile("[一-鿿]")


def written(node: ast.expr | None) -> str:
    """A sentence as it stands in the source, with X for what is filled in; "" if it is made elsewhere."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(written(part) or "X" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (written(left) or "X") + (written(right) or "X")
    return ""


def refusals() -> Iterator[tuple[str, str, str, str]]:
    """(place, code, sentence, English sentence) of every refusal written in the source."""
    for path in sorted(Path("hub").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MAKERS:
                continue
            code, zh, en = MAKERS[node.func.id]
            named = {word.arg: word.value for word in node.keywords}
            arguments: list[ast.expr | None] = [*node.args, *[None] * 3]
            yield (
                f"{path}:{node.lineno}",
                "" if code is None else written(arguments[code]),
                written(arguments[zh]),
                written(named["detail_en"] if "detail_en" in named else arguments[en] if en >= 0 else None),
            )


def test_every_code_is_the_contracts_and_every_code_is_in_use() -> None:
    """Codes are stable: senders branch on them."""
    assert {code for _, code, _, _ in refusals() if code} | {"WRONG_VENUE", "TOO_EARLY"} == set(CODES)


def test_every_sentence_says_what_to_do_in_both_languages() -> None:
    """Chinese: 请, 须 or 应. English: what is wrong, then a request."""
    poor = [
        (place, zh, en)
        for place, _, zh, en in refusals()
        if (zh and not (TO_DO.search(zh) and CHINESE.search(zh)))
        or (en and (CHINESE.search(en) or not TO_DO_EN.search(en)))
        or (bool(zh) is not bool(en))
    ]
    assert poor == []


def test_the_net_is_not_empty() -> None:
    """The reading above sees the refusals: far more than there are codes."""
    assert sum(bool(zh) for _, _, zh, _ in refusals()) > 70


PLAN: Final = plan_fact("A", "GY-YJJ", "03-16..03-20", "Y1", START)[2]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"surprise": 1}, "/surprise"),
        ({"planId": None}, "/planId"),
        ({"version": "1"}, "/version"),
        ({"unannounced": "no"}, "/unannounced"),
        ({"items": {}}, "/items"),
        ({"window": []}, "/window"),
        ({"type": "WEEKLY"}, "/type"),
        ({"window": {"from": "2026-03-20", "to": "2026-03-16"}}, "/window/from"),
        ({"window": {"from": "2026-02-30", "to": "2026-03-16"}}, "/window/from"),
        ({"submittedAt": "2026-03-02T09:00:00Z"}, "/submittedAt"),
        ({"officers": [{"name": "甲", "certNo": "1"}]}, "/officers"),
        ({"subject": {"subjectType": "ENT", "name": "企业", "uscc": "91520115MA6XY0038J"}}, "/subject/uscc"),
        ({"subject": {"subjectType": "ENT", "name": "企业"}}, "/subject/uscc"),
        ({"type": "CASE", "trigger": "RANDOM"}, "/trigger"),
        ({"approvedAt": None}, "/approvedAt"),
    ],
)
def test_what_is_wrong_by_form_is_told_with_its_place(changes: dict[str, Any], pointer: str) -> None:
    """The sentences made from tables of forms, too."""
    data = {name: value for name, value in {**PLAN, **changes}.items() if value is not None}
    with pytest.raises(Refused) as caught:
        check(Catalogue.load()["inspection.plan.submitted"], data)

    refused = caught.value
    assert refused.code == "INVALID_FIELD"
    assert refused.pointer == pointer
    assert TO_DO.search(refused.detail), refused.detail
    assert TO_DO_EN.search(refused.detail_en), refused.detail_en


@pytest.mark.parametrize(
    ("party", "changes", "code"),
    [
        # each next one is wrong in one thing less: the first test that fails gives the code
        ("XX-YJJ", {"agency": "XX-YJJ", "sourceRef": "机密★", "submittedAt": "2027-01-01T00:00:00+08:00", "version": "x"}, "INVALID_FIELD"),
        ("XX-YJJ", {"agency": "XX-YJJ", "sourceRef": "机密★", "submittedAt": "2027-01-01T00:00:00+08:00"}, "SECRET_MARKED"),
        ("XX-YJJ", {"agency": "XX-YJJ", "submittedAt": "2027-01-01T00:00:00+08:00"}, "FUTURE_TIME"),
        ("XX-YJJ", {"agency": "GY-ZD-DD2"}, "UNKNOWN_PARTY"),
        ("GY-YJJ", {"agency": "KY-ZD"}, "UNKNOWN_PARTY"),
        ("GY-ZD-DD2", {"agency": "GY-ZD-DD2"}, "NOT_PERMITTED"),
        ("GY-ZD-DD3", {}, "NOT_PERMITTED"),
        ("GY-ZD-DD2", {}, ""),
        ("GY-YJJ", {"submittedAt": "2026-03-02T09:10:00+08:00"}, ""),
        ("GY-YJJ", {"submittedAt": "2026-03-02T09:10:01+08:00"}, "FUTURE_TIME"),
    ],
)  # fmt: skip
def test_the_first_test_that_fails_gives_the_code(party: str, changes: dict[str, Any], code: str) -> None:
    """Contract §4: the order of the table."""
    data = {**PLAN, **changes}
    event = Event(
        "e", "inspection.plan.submitted", party, "k", data["submittedAt"], datetime.fromisoformat(START), data
    )
    found = ""
    try:
        admit(event, datetime.fromisoformat(START), load())
    except Refused as refused:
        found = refused.code
    assert found == code
