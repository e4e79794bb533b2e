"""The mapping language, operator by operator, and what a wrong mapping is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.mapping import MappedDialect, MappingInvalid, load, moments
from connectors.mapping.unfit import Unfit
from connectors.mapping.units import UNITS, factor, reader, writer
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


CEL = "{cel: 'amount >= 10000.0 ? \"URGENT_RISK\" : \"SUPERIOR_ORDER\"', in: {amount: 'fee:float'}}"


def test_a_value_may_follow_from_others_in_cel(tmp_path: Path) -> None:
    """It is not written, but what is written must give it again: else this system cannot say the event."""
    dialect = mapping(tmp_path, f"{{reason: fee, reasonCode: {CEL}}}")
    record = {k: v for k, v in SENT.items() if k not in {"why", "text"}} | {"fee": "20000"}

    both_ways(dialect, record, {**DATA, "reason": "20000"})
    assert dialect.read({**record, "fee": "20"})[0].data["reasonCode"] == "SUPERIOR_ORDER"
    assert dialect.write(EVENT, {**DATA, "reason": "20"}, Envelope("7")) is None


def test_an_input_that_is_absent_or_wrong(tmp_path: Path) -> None:
    dialect = mapping(tmp_path, f"{{reason: {{from: text}}, reasonCode: {CEL}}}")
    record = {k: v for k, v in SENT.items() if k != "why"}

    assert "reasonCode" not in dialect.read(record)[0].data
    with pytest.raises(NotUnderstood) as caught:
        dialect.read({**record, "fee": "much"})
    assert (caught.value.source, caught.value.rule[-1:].isdigit()) == ("fee", True)


def test_a_condition_in_cel_says_what_is_to_be_written(tmp_path: Path) -> None:
    when = "{cel: 'flag in [\"1\", \"2\"] && n > 0', in: {flag: 旗, n: 'n:int'}, say: {旗: '1', n: '1'}}"
    dialect = mapping(tmp_path, f"{{reason: {{from: text, when: {when}}}}}")

    both_ways(dialect, {**SENT, "旗": "1", "n": "1"}, DATA)
    assert "reason" not in dialect.read({**SENT, "旗": "3", "n": "1"})[0].data
    assert "reason" not in dialect.read({**SENT, "旗": "1"})[0].data


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{cel: 'amount >', in: {amount: fee}}", "1:"),
        ("{cel: 'amount > other', in: {amount: fee}}", "other is not declared"),
        ("{cel: 'true', in: {amount: fee}}", "amount is not used"),
        ("{cel: 'amount + 1', in: {amount: 'fee:float'}}", "must be the same type"),
        ("{cel: 'nosuch(amount)', in: {amount: fee}}", "nosuch"),
        ("{cel: 'amount', in: {金额: fee}}", "is not `name: path`"),
        ("{cel: 'amount', in: {amount: fee}, from: fee}", "not with from"),
    ],
)
def test_a_wrong_expression_is_found_at_loading(tmp_path: Path, rule: str, said: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        mapping(tmp_path, f"{{reasonCode: {rule}}}")
    assert said in str(caught.value)
    assert "line " in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "written", "fen"),
    [
        ("元", "1,200.50", 120_050), ("万元", "1.25", 1_250_000), ("万元", 3, 3_000_000), ("万元", "0.000001", 1),
        ("分", 7, 7), ("元", "8元", 800), ("千元", "-1.5", -150_000),
    ],
)  # fmt: skip
def test_a_number_is_turned_exactly(unit: str, written: object, fen: int) -> None:
    assert reader(unit, factor("fineFen", unit))(written) == fen


@pytest.mark.parametrize("written", ["0.0000001", "1.2.3", "abc", "1e3", True, [], "9" * 17, float("inf")])
def test_a_number_that_is_none_or_would_be_rounded_is_refused(written: object) -> None:
    with pytest.raises(Unfit):
        reader("万元", factor("fineFen", "万元"))(written)


@pytest.mark.parametrize("unit", UNITS["money"])
@pytest.mark.parametrize("fen", [0, 1, 99, 100, -1, 123_456_789, 10**15])
def test_money_comes_back(unit: str, fen: int) -> None:
    times = factor("amountFen", unit)
    assert reader(unit, times)(writer(unit, times, typed=False)(fen)) == fen


def test_a_week_is_not_three_days() -> None:
    times = factor("gapDays", "周")
    assert (reader("周", times)("2"), writer("周", times, typed=True)(14)) == (14, 2)
    with pytest.raises(Unfit):
        writer("周", times, typed=True)(3)
    with pytest.raises(ValueError, match="there are"):
        factor("fineFen", "周")
    with pytest.raises(ValueError, match="neither money nor days"):
        factor("stars", "周")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2026-03-09T02:00:00Z", "2026-03-09T10:00:00+08:00"),
        ("2025-12-31T16:00:00Z", "2026-01-01T00:00:00+08:00"),
        ("2026-03-09T02:00:00.000Z", "2026-03-09T10:00:00+08:00"),
    ],
)
def test_a_time_in_utc_is_another_hour_here(written: str, canonical: str) -> None:
    """Z is no ornament: a period counted from the wrong day would be a wrong period."""
    form = "%Y-%m-%dT%H:%M:%S" + written[19:]

    assert moments.reader([form])(written) == canonical
    assert moments.writer([form])(canonical) == written


def test_a_moment_outside_the_calendar_is_refused_in_utc_too() -> None:
    form = "%Y-%m-%dT%H:%M:%SZ"

    with pytest.raises(Unfit):
        moments.reader([form])("9999-12-31T23:00:00Z")
    with pytest.raises(Unfit):
        moments.writer([form])("0001-01-01T01:00:00+08:00")


def test_an_event_without_the_usual_value_is_not_written_as_if_it_had_it(tmp_path: Path) -> None:
    """What would come back as another event goes out as a notice, or not at all."""
    dialect = mapping(tmp_path, "{reason: {from: text, default: none}}")
    without = {name: value for name, value in DATA.items() if name != "reason"}

    assert dialect.write(EVENT, without, Envelope("7")) is None


class TestTypedByHand:
    """`formats: {typed: by-hand}`: a workbook that clerks keep."""

    MORE = "formats: {typed: by-hand, datetime: ['%Y-%-m-%-d %H:%M:%S', '%Y/%-m/%-d %H:%M:%S']}\n"

    def test_either_width_and_blanks_are_read_and_the_plain_form_is_written(self, tmp_path: Path) -> None:
        dialect = mapping(tmp_path, "{planId: {from: plan, as: code}}", more=self.MORE)
        plain = {**SENT, "at": "2026-3-9 10:00:00"}
        typed = {
            **plain, "k": " HOLD ", "plan": "\u3000Ｐ１", "at": "２０２６／３／９ １０:00:00 ", "why": "１", "text": " r\u3000",
        }  # fmt: skip

        both_ways(dialect, plain, DATA)
        assert dialect.read(typed)[0].data == DATA

    @pytest.mark.parametrize(("field", "value"), [("reason", " r"), ("reason", "\u3000"), ("planId", "Ｐ1")])
    def test_what_would_come_back_otherwise_is_not_written(self, tmp_path: Path, field: str, value: str) -> None:
        dialect = mapping(tmp_path, "{planId: {from: plan, as: code}}", more=self.MORE)

        assert dialect.write(EVENT, {**DATA, field: value}, Envelope("7")) is None


HELD = {"correlationId": "X", "caseNo": "C", "heldAt": "2026-03-09T10:00:00+08:00"}


class TestCells:
    """Lists of objects in one cell, in the order of their `map`."""

    EVENT = "matter.evidence.held"

    def dialect(self, folder: Path, rule: str, form: str = "csv") -> MappedDialect:
        path = folder / "mapping.yaml"
        path.write_text(
            f"mapping: t@1\nformat: {{kind: {form}}}\nframe: {{kind: k}}\nformats: {{typed: by-hand}}\n"
            "words: {correlationId: x, caseNo: c, heldAt: at, items: list}\n"
            f"messages:\n  {self.EVENT}:\n    kind: HELD\n    fields: {{items: {rule}}}\n",
            "utf-8",
        )
        return load(path, "t")

    @pytest.mark.parametrize("form", ["csv", "tsv", "xlsx"])
    def test_the_map_gives_the_order_and_the_usual_value(self, tmp_path: Path, form: str) -> None:
        dialect = self.dialect(tmp_path, "{each: list, map: {qty: {default: 1}, name: {}}}", form)
        held = {**HELD, "items": [{"name": "甲：乙", "qty": 2}, {"name": "丙", "qty": 1}]}

        record = dialect.write(self.EVENT, held, Envelope("7"))

        assert record is not None
        assert record["list"] == "2:甲%FF1A乙;:丙"
        assert dialect.read(record)[0].data == held
        assert dialect.read({**record, "list": " 2：甲%FF1A乙 ；:丙"})[0].data == held

    def test_a_constant_takes_no_part_of_the_cell(self, tmp_path: Path) -> None:
        dialect = self.dialect(tmp_path, "{each: list, map: {qty: {const: 1}}}")

        record = dialect.write(self.EVENT, {**HELD, "items": [{"name": "甲", "qty": 1}]}, Envelope("7"))

        assert record is not None
        assert record["list"] == "甲"
        assert dialect.write(self.EVENT, {**HELD, "items": [{"name": "甲", "qty": 2}]}, Envelope("7")) is None

    @pytest.mark.parametrize("cell", ["甲;;乙", "甲;"])
    def test_an_entry_with_nothing_in_it_is_refused(self, tmp_path: Path, cell: str) -> None:
        dialect = self.dialect(tmp_path, "{each: list, map: {name: {}, qty: {default: 1}}}")
        spoilt = {"k": "HELD", "x": "X", "c": "C", "at": "2026-03-09T10:00:00+08:00", "list": cell}

        with pytest.raises(NotUnderstood, match="empty entry"):
            dialect.read(spoilt)


@pytest.mark.parametrize("empty", ["", " ", {}, {"name": ""}])
def test_a_block_of_nothing_but_empty_fields_is_absent(tmp_path: Path, empty: object) -> None:
    """Vendors write an empty element for everything they know nothing of."""
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "mapping: t@1\nformat: {kind: json}\nframe: {kind: k}\n"
        "codes: codes.csv\nwords: {correlationId: x, caseNo: c, extendedAt: at, approver: by, name: name, post: post, approvedAt: on}\n"
        "messages:\n  matter.seizure.extended: EXT\n",
        "utf-8",
    )
    posts = ("HEAD", "ACTING_HEAD", "DEPUTY", "COUNTY_POLICE_HEAD", "UPPER_POLICE_HEAD")
    (tmp_path / "codes.csv").write_text(
        "field,code,value,title\n" + "".join(f"post,{p},{p},\n" for p in posts), "utf-8"
    )
    dialect = load(path, "t")
    record = {"k": "EXT", "x": "X", "c": "C", "at": "2026-03-09T10:00:00+08:00", "by": empty}

    [draft] = dialect.read(record)

    assert "approver" not in draft.data
    assert dialect.read({**record, "by": {"post": "HEAD", "name": ""}})[0].data["approver"] == {"post": "HEAD"}
