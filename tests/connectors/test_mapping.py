"""The mapping language, operator by operator, and what a wrong mapping is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.mapping import MappedDialect, MappingInvalid, load
from connectors.protocol import Envelope, NotUnderstood

CODES = "field,code,value,title\nreasonCode,1,URGENT_RISK,紧急\nreasonCode,2,STATUTORY_INTERVAL,周期\nreasonCode,3,SUPERIOR_ORDER,上级\nreasonCode,9,URGENT_RISK,旧码\n"
WORDS = "{uscc: code, planId: plan, justifiedAt: at, reasonCode: why, reason: text}"
HEAD = "mapping: t@1\nformat: {kind: json}\nframe: {kind: k, id: no}\ncodes: codes.csv\n"
EVENT = "inspection.hold.justified"
DATA = {
    "uscc": "91520103MA6TEXT210",
    "planId": "P1",
    "justifiedAt": "2026-03-09T10:00:00+08:00",
    "reasonCode": "URGENT_RISK",
    "reason": "r",
}
SENT = {
    "k": "HOLD",
    "no": "7",
    "code": "91520103MA6TEXT210",
    "plan": "P1",
    "at": "2026-03-09T10:00:00+08:00",
    "why": "1",
    "text": "r",
}


def mapping(folder: Path, fields: str = "{}", *, words: str = WORDS, more: str = "") -> MappedDialect:
    (folder / "codes.csv").write_text(CODES, "utf-8")
    path = folder / "mapping.yaml"
    path.write_text(
        f"{HEAD}words: {words}\n{more}messages:\n  {EVENT}:\n    kind: HOLD\n    fields: {fields}\n", "utf-8"
    )
    return load(path, "t")


def both_ways(dialect: MappedDialect, record: dict[str, Any], data: dict[str, Any]) -> None:
    [draft] = dialect.read(record)
    assert draft.data == data
    assert dialect.write(EVENT, data, Envelope("7")) == record


@pytest.mark.parametrize(
    ("fields", "record", "data"),
    [
        ("{}", SENT, DATA),
        ("{reason: {const: fixed}}", {k: v for k, v in SENT.items() if k != "text"}, {**DATA, "reason": "fixed"}),
        ("{reason: {from: text, default: none}}", {k: v for k, v in SENT.items() if k != "text"}, {**DATA, "reason": "none"}),
        ("{planId: {from: plan, prefix: YJ-}}", {**SENT, "plan": "3"}, {**DATA, "planId": "YJ-3"}),
        ("{reason: a.b.text}", {**{k: v for k, v in SENT.items() if k != "text"}, "a": {"b": {"text": "r"}}}, DATA),
        ("{justifiedAt: {from: at, formats: ['%Y/%-m/%-d %H:%M:%S']}}", {**SENT, "at": "2026/3/9 10:00:00"}, DATA),
        ("{justifiedAt: {from: at, formats: [epoch-millis]}}", {**SENT, "at": 1773021600000}, DATA),
        ("{reasonCode: {from: why, table: 'codes.csv#reasonCode', else: keep}}", {**SENT, "why": "ODD"}, {**DATA, "reasonCode": "ODD"}),
        ("{reason: {from: text, when: {flag: '1'}}}", {**SENT, "flag": "1"}, DATA),
    ],
    ids=["plain", "const", "default", "prefix", "path", "formats", "epoch", "else keep", "when"],
)  # fmt: skip
def test_an_operator_works_both_ways(tmp_path: Path, fields: str, record: dict[str, Any], data: dict[str, Any]) -> None:
    both_ways(mapping(tmp_path, fields), record, data)


def test_concat_joins_and_goes_back_into_the_first(tmp_path: Path) -> None:
    dialect = mapping(tmp_path, "{reason: {concat: [text, text2]}}")

    assert dialect.read({**SENT, "text": "ab", "text2": "cd"})[0].data["reason"] == "abcd"
    assert dialect.write(EVENT, {**DATA, "reason": "abcd"}, Envelope("7")) == {**SENT, "text": "abcd"}


def test_a_value_under_an_unmet_condition_does_not_count(tmp_path: Path) -> None:
    dialect = mapping(tmp_path, "{reason: {from: text, when: {flag: ['1', '2']}}}")

    assert "reason" not in dialect.read({**SENT, "flag": "0"})[0].data


def test_an_old_code_is_understood_and_never_written(tmp_path: Path) -> None:
    dialect = mapping(tmp_path)

    assert dialect.read({**SENT, "why": "9"})[0].data == DATA
    written = dialect.write(EVENT, DATA, Envelope("7"))
    assert written is not None
    assert written["why"] == "1"


def test_what_a_system_cannot_say_is_not_written(tmp_path: Path) -> None:
    """No notice is declared here, so the peer is not told."""
    assert mapping(tmp_path, "{reason: {const: fixed}}").write(EVENT, DATA, Envelope("7")) is None
    assert mapping(tmp_path).write("inspection.plan.closed", {}, Envelope("7")) is None


def test_unmapped_fields_are_refused_or_counted(tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood, match="fields that no rule names"):
        mapping(tmp_path).read({**SENT, "x": 1})
    assert mapping(tmp_path, more="unmapped: flag\n").read({**SENT, "x": 1})[0].unmapped == ("x",)
    assert mapping(tmp_path, more="ignore: [x]\n").read({**SENT, "x": 1})[0].unmapped == ()


@pytest.mark.parametrize(
    ("fields", "words", "more", "said"),
    [
        ("{}", "{uscc: code}", "", "no word for planId"),
        ("{nothing: x}", WORDS, "", "nothing is no field"),
        ("{reason: {form: x}}", WORDS, "", "no such operator: form"),
        ("{reason: {from: x, as: colour}}", WORDS, "", "as: colour"),
        ("{reason: plan}", WORDS, "", "already taken"),
        ("{justifiedAt: {from: at, formats: ['%m/%d']}}", WORDS, "", "year, month and day"),
        ("{reasonCode: {from: why, table: other.csv}}", WORDS, "", "other.csv"),
        ("{}", WORDS, "colour: red\n", "colour is not known"),
        ("{}", WORDS, "words: {}\n", "words stands twice"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_names_its_fault(tmp_path: Path, fields: str, words: str, more: str, said: str) -> None:
    with pytest.raises((MappingInvalid, OSError), match=said):
        mapping(tmp_path, fields, words=words, more=more)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match=r"4 fault\(s\)"):
        mapping(tmp_path, words="{uscc: code}")
