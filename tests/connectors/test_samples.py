"""Samples → golden events, for every system; and what the table of systems promises."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml

from connectors import registry
from connectors.protocol import NotUnderstood
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check
from hub.reference import load as load_reference

CASES = [
    (dialect, sample, expected)
    for dialect in registry.CONNECTORS
    for sample, expected in registry.system(dialect).cases()
]


@pytest.mark.parametrize(("dialect", "sample", "expected"), CASES, ids=[f"{d}-{s.stem}" for d, s, _ in CASES])
def test_a_sample_is_its_golden_events(dialect: str, sample: Path, expected: Path) -> None:
    """What the mapping's own tests say."""
    drafts = registry.read(dialect, sample.read_bytes())

    assert [{"type": d.type, "ownId": d.own_id, "party": d.party, "data": d.data} for d in drafts] == orjson.loads(
        expected.read_bytes()
    )


@pytest.mark.parametrize(
    ("dialect", "sample"), [(d, s) for d, s, _ in CASES], ids=[f"{d}-{s.stem}" for d, s, _ in CASES]
)
def test_every_sample_event_is_well_formed(dialect: str, sample: Path) -> None:
    """Invented names, but valid codes, dates and closed lists; the fields stand in the contract's order."""
    for draft in registry.read(dialect, sample.read_bytes()):
        event = Catalogue.load()[draft.type]
        check(event, draft.data)
        assert list(draft.data) == [field.name for field in event.fields if field.name in draft.data]


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
def test_no_sample_holds_an_unmapped_field(dialect: str) -> None:
    """Every source field of our own samples is mapped or ignored by name."""
    for sample, _ in registry.system(dialect).cases():
        assert all(draft.unmapped == () for draft in registry.read(dialect, sample.read_bytes()))


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
def test_the_parties_of_a_connector_may_write_its_dialect(dialect: str) -> None:
    """The folder and topics.yaml say the same."""
    declared = yaml.safe_load((Path(__file__).parents[2] / "topics.yaml").read_text("utf-8"))["parties"]
    owner = registry.system(dialect).owner

    assert dialect in declared[owner]["dialects"]
    assert set(registry.system(dialect).parties[1:]) == set(declared[owner].get("acts_for", ()))
    assert owner in load_reference().directory


def test_a_unit_of_the_brigade_speaks_through_its_system() -> None:
    """One system for the brigade and its units."""
    assert registry.for_party("GY-ZD-DD2") == ("zhifa-json",)
    assert registry.for_party("GY-YJJ") == ("yjj-json",)
    assert registry.for_party("GY-CZJ") == ()


def test_an_unknown_dialect_and_a_wrong_content_type_are_said() -> None:
    """Neither is a crash."""
    with pytest.raises(registry.UnknownDialect):
        registry.dialect("klingon")
    with pytest.raises(NotUnderstood, match="content type"):
        registry.read("yjj-json", b"{}", "text/html")


def yjj_plan() -> dict[str, object]:
    document = orjson.loads((registry.system("yjj-json").folder / "samples/plans.json").read_bytes())
    record: dict[str, object] = document["报文清单"][0]
    return record


def refused(record: dict[str, object]) -> NotUnderstood:
    with pytest.raises(NotUnderstood) as caught:
        registry.read("yjj-json", orjson.dumps(record))
    return caught.value


class TestWhatASenderIsTold:
    """Place, rule and advice, and nothing personal."""

    def test_a_code_outside_the_table(self) -> None:
        record = yjj_plan()
        record["内容"]["事项清单"][1]["事项层级"] = "乡级"  # type: ignore[index]

        error = refused(record)

        assert (error.code, error.source, error.value) == ("INVALID_FIELD", "内容.事项清单[1].事项层级", "乡级")
        assert error.pointer == "/内容/事项清单/1/事项层级"
        assert error.rule.startswith("yjj/mapping.yaml:")
        assert "tables/codes.csv" in error.suggestion

    def test_a_field_nobody_named(self) -> None:
        record = yjj_plan()
        record["内容"]["检查对象"]["经营范围"] = "化工"  # type: ignore[index]

        error = refused(record)

        assert error.source == "内容.检查对象.经营范围"
        assert "ignore" in error.suggestion

    def test_a_personal_value_is_masked(self) -> None:
        record = yjj_plan()
        record["内容"]["检查对象"]["身份证件号码"] = 520102199001010018  # type: ignore[index]

        error = refused(record)

        assert error.value == "***"
        assert "5201021990" not in str(error.as_reason())

    def test_a_wrong_check_digit(self) -> None:
        record = yjj_plan()
        record["内容"]["检查对象"]["统一社会信用代码"] = "91520103MA6TEXT211"  # type: ignore[index]

        assert refused(record).source == "内容.检查对象.统一社会信用代码"

    def test_a_kind_of_message_nearly_right(self) -> None:
        assert "检查计划报送" in refused({**yjj_plan(), "报文类型": "检查计划上报"}).suggestion

    def test_a_day_that_does_not_exist(self) -> None:
        record = yjj_plan()
        record["内容"]["检查期限"]["截止日期"] = "2026年2月30日"  # type: ignore[index]

        assert refused(record).source == "内容.检查期限.截止日期"

    def test_the_court_may_add_fields_that_are_counted(self) -> None:
        record = orjson.loads((registry.system("fayuan-json").folder / "samples/rulings.json").read_bytes())[
            "messages"
        ][0]
        record["body"]["newInRelease9"] = "x"

        [draft] = registry.read("fayuan-json", orjson.dumps(record))

        assert draft.unmapped == ("body.newInRelease9",)
