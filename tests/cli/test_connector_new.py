"""`hub connector new` as an integrator uses it: three bureaus that no shipped system serves, with files as they have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from connectors import registry
from hub.canonical.identifiers import id_number_valid
from hub.cli.connector import connector

SAMPLES = Path(__file__).parent / "newcomers"
#: name, sample, party, event, records
BUREAUS = [
    ("scjgj", "监督检查结果.csv", "GY-SCJGJ", "inspection.result.recorded", 4),
    ("wjw", "入企登记表.xlsx", "GY-WJW", "inspection.visit.recorded", 3),
    ("xfjy", "fire-plans.json", "GY-XFJY", "inspection.plan.submitted", 2),
]


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of an integrator."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    registry.install({})


def run(*words: str) -> Result:
    result = CliRunner().invoke(connector, list(words), standalone_mode=True)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def code(*words: str) -> int:
    result = CliRunner().invoke(connector, list(words), standalone_mode=False)
    if result.exception is not None:
        return int(getattr(result.exception, "exit_code", 70))
    return int(result.return_value or 0)


def items(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(*words, "-o", "json").stdout)["items"]
    return found


@pytest.mark.parametrize(("name", "sample", "party", "event", "records"), BUREAUS)
def test_a_bureaus_file_becomes_a_connector_that_understands_it(
    bureau: Path, name: str, sample: str, party: str, event: str, records: int
) -> None:
    assert code("new", name, "--sample", str(SAMPLES / sample)) == 0

    folder = bureau / "own" / name
    assert (folder / "samples" / sample).read_bytes() == (SAMPLES / sample).read_bytes()
    expected = orjson.loads((folder / "samples" / f"{Path(sample).stem}.expected.json").read_bytes())
    assert [each["type"] for each in expected] == [event] * records
    assert len({each["ownId"] for each in expected}) == records
    assert code("check", name) == 0
    assert [each["finding"] for each in items("sample", name, "--file", str(SAMPLES / sample))] == [""] * records
    assert {each["party"] for each in items("list") if each["dialect"].startswith(f"{name}-")} == {party}


def test_what_the_csv_says_is_what_the_events_say(bureau: Path) -> None:
    """GB18030, Chinese headings, a day without an hour, two officers in one cell, words for results."""
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    expected = orjson.loads((bureau / "own/scjgj/samples/监督检查结果.expected.json").read_bytes())

    assert expected[1]["data"] == {
        "uscc": expected[1]["data"]["uscc"],
        "resultId": "SC-2026-000102",
        "endedAt": "2026-03-02T00:00:00+08:00",
        "agency": "GY-SCJGJ",
        "siteCode": "S1",
        "itemResults": [{"catalogue": "SCJGJ", "code": "SP-024", "result": "FAIL", "finding": "未保存部分供货者资质"}],
        "orderToCorrect": {"due": "2026-03-16"},
        "caseOpened": False,
        "officers": [{"name": "周某一", "certNo": "52010311"}, {"name": "吴某二", "certNo": "52010312"}],
    }


def test_every_field_of_a_sample_is_accounted_for(bureau: Path) -> None:
    found = items("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    header = (SAMPLES / "监督检查结果.csv").read_bytes().decode("gb18030").splitlines()[0].split(",")

    assert sorted(each["source"] for each in found if each["source"]) == sorted(header)
    mapping = (bureau / "own/scjgj/mapping.yaml").read_text("utf-8")
    assert all(name in mapping for name in header)


def test_the_table_keeps_its_comments_and_nothing_is_overwritten(bureau: Path) -> None:
    (bureau / "own").mkdir()
    table = bureau / "own/connectors.yaml"
    table.write_text("# 本单位的连接\nconnections: {}   # 以后再加\n", "utf-8")
    words = ("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))

    assert code(*words) == 0
    assert code(*words) == 2

    text = table.read_text("utf-8")
    assert "# 本单位的连接" in text
    assert "# 以后再加" in text
    assert "scjgj-csv: scjgj" in text
    assert sorted(each.name for each in (bureau / "own").iterdir()) == ["connectors.yaml", "scjgj"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("new", "x", "--sample", str(SAMPLES / "fire-plans.json"), "--party", "GY-NOBODY"), 5),
        (("new", "x", "--sample", str(SAMPLES / "fire-plans.json")), 2),
        (("new", "x", "--sample", str(SAMPLES / "fire-plans.json"), "--party", "GY-XFJY", "--kind", "pigeon"), 5),
        (("new", "x", "--sample", str(SAMPLES / "fire-plans.json"), "--party", "GY-XFJY", "--event", "a.b"), 5),
        (("new", "X!", "--sample", str(SAMPLES / "fire-plans.json"), "--party", "GY-XFJY"), 2),
        (("new", "x", "--sample", __file__, "--party", "GY-XFJY"), 2),
        (("sample", "nobody"), 5),
        (("spec", "pigeon"), 5),
        (("run", "rsj-csv", "--bootstrap", ""), 3),
        (("submit", "rsj-csv"), 2),
    ],
)
def test_what_cannot_be_done_ends_with_the_codes_of_every_verb(
    bureau: Path, words: tuple[str, ...], wanted: int
) -> None:
    assert code(*words) == wanted


def test_another_event_may_be_named(bureau: Path) -> None:
    """The guess is overruled; what that event must have and the sample lacks is told, and check has findings."""
    words = ("--sample", str(SAMPLES / "入企登记表.xlsx"), "--party", "GY-WJW", "--event", "inspection.result.recorded")
    assert code("new", "other", *words) == 1
    assert code("check", "other") == 1
    assert code("submit", "other") == 1


def test_a_pause_is_seen_and_taken_back(bureau: Path) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    code("pause", "scjgj", "--in", "--reason", "升级")
    [shown] = [each for each in items("list") if each["dialect"] == "scjgj-csv"]
    assert (shown["paused"], shown["reason"]) == (["in"], "升级")

    assert code("resume", "scjgj") == 0
    assert code("resume", "scjgj") == 2


def test_what_waits_in_the_inbox_is_shown_and_left(bureau: Path) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    inbox = bureau / ".hub/drop/GY-SCJGJ/inbox"
    inbox.mkdir(parents=True)
    (inbox / "a.csv").write_bytes((SAMPLES / "监督检查结果.csv").read_bytes())

    assert len(items("sample", "scjgj", "-n", "3")) == 3
    assert (inbox / "a.csv").exists()


def test_credentials_are_made_once_and_never_shown(bureau: Path) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    first, second = run("credentials", "scjgj"), run("credentials", "scjgj")

    token = (bureau / "own/secrets/GY-SCJGJ.token").read_text()
    assert json.loads((bureau / ".hub/tokens.json").read_bytes()) == {"GY-SCJGJ": token}
    assert (bureau / "own/secrets/GY-SCJGJ.token").stat().st_mode & 0o777 == 0o600
    assert first.stdout == second.stdout
    assert token not in first.output + second.output


def test_an_application_is_the_same_bytes_and_is_taken_in_at_the_hub(
    bureau: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    [first] = items("submit", "scjgj", "--to", "one")
    [second] = items("submit", "scjgj", "--to", "two")
    assert Path(first["file"]).read_bytes() == Path(second["file"]).read_bytes()
    assert (first["party"], first["samples"]) == ("GY-SCJGJ", 4)

    package = Path(first["file"]).absolute()
    hub_side = bureau / "hub-side"
    hub_side.mkdir()
    monkeypatch.chdir(hub_side)
    assert code("install", str(package)) == 1
    assert not (hub_side / "own").exists()
    assert code("install", str(package), "--yes") == 0
    assert code("check", "scjgj") == 0
    assert code("install", str(package), "--yes") == 2


def test_an_application_that_was_changed_is_refused(bureau: Path) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    [made] = items("submit", "scjgj")
    package = Path(made["file"])
    whole = package.read_bytes()

    for at in (40, len(whole) // 2, len(whole) - 30):
        package.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert code("install", str(package), "--yes") in (2, 3)
    assert code("check", "scjgj") == 0


def test_a_sample_with_a_citizens_number_is_not_handed_over(bureau: Path) -> None:
    code("new", "scjgj", "--sample", str(SAMPLES / "监督检查结果.csv"))
    (bureau / "own/scjgj/samples/notes.txt").write_text("110101199003070038 张某", "utf-8")

    assert id_number_valid("110101199003070038")
    assert code("submit", "scjgj") == 1
