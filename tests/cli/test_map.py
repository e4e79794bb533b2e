"""`hub map`: lint, test, explain, coverage, diff, and the page of play."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.mapping import MappingInvalid
from hub.cli.exits import Exit, Failed
from hub.cli.map import map_
from hub.cli.map_play import served
from hub.cli.map_source import compiled
from tests.connectors.test_laws import QUICK

RESULTS = registry.HERE / "yjj/samples/results.json"


def run(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(map_, [*map(str, arguments), "-o", "json"], standalone_mode=False)
    if isinstance(done.exception, Failed):
        return done.exception.exit_code, [{"said": str(done.exception)}]
    assert done.exception is None, done.exception
    return done.return_value or 0, json.loads(done.stdout)["items"]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder of a system that a test may spoil."""
    shutil.copytree(registry.HERE / "yjj", tmp_path / "yjj")
    return tmp_path / "yjj" / "mapping.yaml"


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


class TestLint:
    def test_every_system_is_clean(self) -> None:
        assert run("lint") == (0, [])

    def test_all_faults_with_line_and_advice(self, copied: Path) -> None:
        changed(copied, "resultId: 结果编号", "resultID: 结果编号")
        changed(copied, "inspection.plan.closed:", "inspection.plan.closd:")
        changed(copied, "{itemResults: 检查结果明细}", "{itemResults: {form: 检查结果明细}}")

        code, rows = run("lint", copied)

        said = {row["line"]: row["finding"] for row in rows}
        lines = copied.read_text("utf-8").splitlines()
        assert code == Exit.FINDINGS
        for line, finding in said.items():
            assert line > 0, finding
        assert any("did you mean resultID" in finding for finding in said.values())
        assert any("did you mean inspection.plan.closed" in finding for finding in said.values())
        [line] = [line for line, finding in said.items() if "no such operator: form" in finding]
        assert "form: 检查结果明细" in lines[line - 1]

    def test_what_no_message_uses(self, copied: Path) -> None:
        changed(copied, "words: {", "words: {\n    colour: 颜色,")

        code, [row] = run("lint", copied)

        assert (code, row["line"]) == (
            Exit.FINDINGS,
            copied.read_text("utf-8").splitlines().index("    colour: 颜色,") + 1,
        )

    @pytest.mark.parametrize(
        "text",
        ["", "- a", "a: [", "mapping: x", "format: {kind: json}\nframe: {kind: k}\nmessages: 3", "format: {kind: ini}\nframe: {kind: k}\nmessages: {}",
         "format: {kind: json}\nframe: {kind: k}\nmessages: {}\nwords: [a]\nrules: 3", "format: {kind: json}\nframe: {kind: k}\ncodes: nowhere.csv\nmessages: {}"],
    )  # fmt: skip
    def test_a_file_that_is_no_mapping(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "mapping.yaml").write_text(text, "utf-8")

        code, rows = run("lint", tmp_path)

        assert code == Exit.FINDINGS
        assert rows

    @QUICK
    @given(
        line=st.integers(1, 200),
        instead=st.sampled_from(["", "  x", "- a", "{", "words: 3", "  fields: [a]", "messages: {a: {when: 3}}"]),
    )
    def test_any_line_may_be_wrong(self, line: int, instead: str) -> None:
        """A fault is a fault of the mapping, never of the hub."""
        path = registry.HERE / "yjj/mapping.yaml"
        lines = path.read_text("utf-8").splitlines()
        lines[line % len(lines)] = instead
        with suppress(MappingInvalid):
            compiled(path, "\n".join(lines))

    def test_no_such_mapping(self) -> None:
        assert run("lint", "klingon")[0] == Exit.NOT_FOUND


class TestTest:
    def test_every_system_is_as_expected(self) -> None:
        code, rows = run("test")
        assert code == 0
        assert {row["mapping"] for row in rows} == set(registry.CONNECTORS.values())

    def test_a_difference_is_said_with_its_place(self, copied: Path) -> None:
        changed(copied.parent / "samples/results.json", "S1", "S2")

        code, rows = run("test", copied)

        [wrong] = [row["finding"] for row in rows if not row["ok"]]
        assert code == Exit.FINDINGS
        assert all(word in wrong for word in ("[0].data.siteCode", "'S1'", "'S2'"))

    def test_a_mapping_without_tests(self, copied: Path) -> None:
        text = copied.read_text("utf-8")
        copied.write_text(text[: text.index("tests:")], "utf-8")

        assert run("test", copied) == (Exit.USAGE, [])


class TestExplain:
    def test_the_journey_of_every_value(self) -> None:
        _, rows = run("explain", "yjj-json", RESULTS)
        by_source = {row["source"]: row for row in rows}

        result = by_source["内容.检查结果明细[0].结果"]
        assert (result["value"], result["field"], result["result"]) == ("不符合", "itemResults[0].result", "FAIL")
        line = registry.HERE.joinpath("yjj/mapping.yaml").read_text("utf-8").splitlines()[result["line"] - 1]
        assert "result: 结果" in line
        assert by_source["报文类型"]["state"] == "frame"
        assert [row["field"] for row in rows if row["state"] == "added"] == ["agency"]

    def test_a_name_is_masked(self) -> None:
        _, rows = run("explain", "yjj-json", RESULTS)
        assert "郑某一" not in json.dumps(rows, ensure_ascii=False)

    @pytest.mark.parametrize("dialect", registry.CONNECTORS)
    def test_no_value_of_a_sample_is_lost(self, dialect: str) -> None:
        """Each single value of every golden event is the end of a journey."""
        for sample, expected in registry.system(dialect).cases():
            events = iter(orjson.loads(expected.read_bytes()))
            for row in registry.rows(dialect, sample.read_bytes()):
                assert row.record is not None
                told = list(zip(registry.dialect(dialect).read(row.record), events, strict=False))
                if told[0][1]["type"] not in registry.dialect(dialect).messages:
                    continue
                _, legs = run("explain", dialect, sample, "--row", row.number)
                for _, event in told:
                    mine = [leg["field"] for leg in legs if leg["event"] == event["type"]]
                    assert {field.partition(".")[0].partition("[")[0] for field in mine} >= set(event["data"])

    def test_what_is_not_understood(self, tmp_path: Path) -> None:
        wrong = tmp_path / "x.json"
        wrong.write_text(RESULTS.read_text("utf-8").replace("不符合", "不符和"), "utf-8")

        code, [row] = run("explain", "yjj", wrong)

        assert code == Exit.FINDINGS
        assert all(
            word in row["said"]
            for word in ("内容.检查结果明细[0].结果", "不符和", "yjj/mapping.yaml:", "tables/codes.csv")
        )

    def test_a_record_that_is_not_there(self) -> None:
        assert run("explain", "yjj", RESULTS, "--row", 9)[0] == Exit.USAGE


class TestCoverage:
    def test_every_source_field_of_the_samples_has_a_place(self) -> None:
        code, rows = run("coverage")
        assert code == 0
        assert all(row["unmapped"] == [] and row["mapped"] > 0 for row in rows)

    def test_a_field_nobody_named(self, tmp_path: Path) -> None:
        shutil.copytree(registry.HERE / "fayuan", tmp_path / "fayuan")
        sample = tmp_path / "fayuan/samples/rulings.json"
        changed(sample, '"body": {', '"body": {"newInRelease9": "x", ')

        code, rows = run("coverage", tmp_path / "fayuan")

        assert code == Exit.FINDINGS
        assert [row["unmapped"] for row in rows if row["unmapped"]] == [["body.newInRelease9"]]


class TestDiff:
    def test_a_mapping_is_like_itself(self) -> None:
        assert run("diff", "yjj", "yjj-json") == (0, [])

    def test_a_rule_and_what_it_does(self, copied: Path) -> None:
        changed(copied, "agency: {from: 检查机关, default: GY-YJJ}", "agency: {from: 检查机关, default: GY-SWJ}")

        code, rows = run("diff", "yjj", copied)

        assert code == Exit.FINDINGS
        found = {(row["place"], row["before"], row["after"]) for row in rows}
        assert ("[0].data.agency", "GY-YJJ", "GY-SWJ") in found
        assert any(place.endswith("result.recorded agency") and "GY-SWJ" in after for place, _, after in found)


class TestPlay:
    @pytest.fixture
    def page(self, copied: Path) -> Iterator[tuple[httpx.Client, str]]:
        server = served(copied, RESULTS.read_bytes(), port=0, write=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with httpx.Client(base_url=server.address, trust_env=False) as client:
            yield client, server.token
        server.shutdown()
        thread.join()
        server.server_close()

    def test_a_change_is_tried_and_saved(self, page: tuple[httpx.Client, str], copied: Path) -> None:
        client, token = page
        assert token in client.get("/").text
        mapping, head = copied.read_text("utf-8"), {"x-play-token": token}

        good = client.post("/try", json={"mapping": mapping, "sample": RESULTS.read_text("utf-8")}, headers=head).json()
        assert (good["faults"], good["records"][0]["type"]) == ([], "inspection.result.recorded")
        wrong = mapping.replace("resultId: 结果编号", "resultID: 结果编号")
        assert "no word for resultId" in client.post("/try", json={"mapping": wrong, "sample": ""}, headers=head).text
        client.post("/save", json={"mapping": wrong}, headers=head)
        assert copied.read_text("utf-8") == mapping
        client.post("/save", json={"mapping": mapping + "# 改\n"}, headers=head)
        assert copied.read_text("utf-8").endswith("# 改\n")

    def test_a_fault_of_yaml_is_told_at_its_line_in_one_sentence(
        self, page: tuple[httpx.Client, str], copied: Path
    ) -> None:
        client, token = page
        lines = copied.read_text("utf-8").splitlines()
        torn = "\n".join([*lines, "torn: [", "}"])

        told = client.post("/try", json={"mapping": torn, "sample": ""}, headers={"x-play-token": token}).json()

        [fault] = told["faults"]
        assert fault.startswith(f"{copied.name}:{len(lines) + 2} ")
        assert str(copied.parent) not in fault
        saved = client.post("/save", json={"mapping": torn}, headers={"x-play-token": token}).json()
        assert f"{copied.name}:{len(lines) + 2} " in saved["said"]

    def test_another_page_may_not_ask(self, page: tuple[httpx.Client, str], copied: Path) -> None:
        client, token = page
        before = copied.read_bytes()
        assert client.post("/save", json={"mapping": "x"}).status_code == 403
        evil = {"host": "evil.example", "x-play-token": token}
        assert client.post("/save", json={"mapping": "x"}, headers=evil).status_code == 403
        assert client.get("/", headers={"host": "evil.example"}).status_code == 404
        assert copied.read_bytes() == before

    def test_a_sample_cannot_end_the_script(self, copied: Path) -> None:
        server = served(copied, b"</script><script>alert(1)</script>", port=0, write=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with httpx.Client(base_url=server.address, trust_env=False) as client:
                page = client.get("/")
                saved = client.post("/save", json={"mapping": "x"}, headers={"x-play-token": server.token})
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        assert "</script><script>" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert saved.status_code == 404
