"""Editing a copy of the schema files: every way to break a reader is seen, every way to grow is let through."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.canonical.catalogue import schema_folder
from hub.cli.schema import schema as command
from hub.wire.publication import Finding, findings, publish

RULING = "matter.ruling.made"
CODE = "inspection.code.requested"
Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(schema_folder(), tmp_path / "avro"))


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in schema["fields"] if each["name"] == name)
    return found


def edit(folder: Path, name: str, change: Edit, *, version: int = 1) -> None:
    path = folder / f"{name}.v1.avsc"
    schema = json.loads(path.read_text("utf-8"))
    change(schema)
    if version > 1:
        schema["x-id"] += 500 * version
        path = folder / f"{name}.v{version}.avsc"
    path.write_text(json.dumps(schema, ensure_ascii=False), "utf-8")


def new(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", "x-class": "int", "doc": "新 / New", **more}


OPTIONAL = {"type": ["null", "string"], "default": None}


def add_mandatory(schema: dict[str, Any]) -> None:
    schema["fields"].append(new("extra"))


def add_optional(schema: dict[str, Any]) -> None:
    schema["fields"].append(new("extra", **OPTIONAL))


def drop_default(schema: dict[str, Any]) -> None:
    del field(schema, "reasons" if schema["x-type"] == RULING else "jointId")["default"]


def drop_mandatory(schema: dict[str, Any]) -> None:
    schema["fields"].remove(field(schema, "requestedAt" if schema["x-type"] == CODE else "rulingNo"))


def unclassify(schema: dict[str, Any]) -> None:
    del field(schema, "uscc" if schema["x-type"] == CODE else "rulingNo")["x-class"]


def shrink_list(schema: dict[str, Any]) -> None:
    field(schema, "kind")["x-enum"].remove("REFUSE")


def grow_list(schema: dict[str, Any]) -> None:
    field(schema, "kind")["x-enum"].append("PARTLY")


def change_type(schema: dict[str, Any]) -> None:
    field(schema, "requestedAt" if schema["x-type"] == CODE else "decidedAt")["type"] = "long"


def change_form(schema: dict[str, Any]) -> None:
    field(schema, "requestedAt" if schema["x-type"] == CODE else "decidedAt")["x-form"] = "date"


def change_id(schema: dict[str, Any]) -> None:
    schema["x-id"] = 9_999


def english_only(schema: dict[str, Any]) -> None:
    schema["fields"][0]["doc"] = "only English"


def seen(folder: Path) -> tuple[list[Finding], int]:
    return findings(folder), CliRunner().invoke(
        command, ["check", "--folder", str(folder)], standalone_mode=False
    ).return_value


def test_what_is_published_is_in_order(copy: Path) -> None:
    assert seen(copy) == ([], 0)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        (RULING, add_mandatory, 6),
        (CODE, add_mandatory, 6),
        (RULING, drop_mandatory, 6),
        (RULING, drop_default, 1),
        (CODE, drop_default, 1),
        (RULING, unclassify, 1),
        (RULING, shrink_list, 6),
        (RULING, grow_list, 6),
        (RULING, change_type, 6),
        (CODE, change_form, 6),
        (RULING, change_id, 6),
        (RULING, english_only, 1),
        (RULING, add_optional, 1),
    ],
)
def test_an_edited_published_file_is_seen(copy: Path, name: str, change: Edit, code: int) -> None:
    edit(copy, name, change)
    found, exit_code = seen(copy)

    assert exit_code == code
    assert {each.file for each in found} == {f"{name}.v1.avsc"}


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        (RULING, add_optional, 0),
        (CODE, add_optional, 0),
        (CODE, drop_mandatory, 0),
        (RULING, drop_mandatory, 6),
        (CODE, add_mandatory, 6),
        (RULING, grow_list, 6),
        (RULING, unclassify, 1),
        (CODE, unclassify, 1),
    ],
)
def test_a_new_version_is_judged_by_its_level(copy: Path, name: str, change: Edit, code: int) -> None:
    edit(copy, name, change, version=2)

    assert seen(copy)[1] == code


def test_what_is_no_avro_is_seen_before_anybody_has_to_read_it(copy: Path) -> None:
    edit(copy, CODE, lambda schema: schema["fields"].append(new("extra", default=3)), version=2)

    found, code = seen(copy)

    assert code != 0
    assert any("no Avro schema" in finding.what for finding in found)


def test_a_class_taken_away_is_seen(copy: Path) -> None:
    edit(copy, "matter.lead.receipted", lambda s: field(s, "informantRef").update({"x-class": "int"}), version=2)
    found, code = seen(copy)

    assert code == 6
    assert any("receivers would see more" in each.what for each in found)


def test_a_class_added_is_no_harm(copy: Path) -> None:
    edit(copy, "matter.lead.receipted", lambda s: field(s, "signer").update({"x-class": "ps"}), version=2)

    assert seen(copy) == ([], 0)


def test_versions_are_judged_against_all_before_them_and_not_the_last(copy: Path) -> None:
    """v2 adds an optional field, v3 makes it mandatory: fine after v2, deadly for what was written with v1."""

    def mandatory(schema: dict[str, Any]) -> None:
        schema["fields"].append(new("extra", type=["null", "string"]))

    edit(copy, CODE, add_optional, version=2)
    publish(copy)
    edit(copy, CODE, mandatory, version=3)
    found, code = seen(copy)

    assert code == 6
    assert any("against version 1" in each.what for each in found)
    assert not any("against version 2" in each.what for each in found)


def test_a_block_edited_is_seen_in_every_event_that_has_it(copy: Path) -> None:
    path = copy / "blocks" / "Window.v1.avsc"
    block = json.loads(path.read_text("utf-8"))
    add_mandatory(block)
    path.write_text(json.dumps(block), "utf-8")
    found, code = seen(copy)

    assert code == 6
    assert {"inspection.plan.submitted.v1.avsc", "inspection.joint.formed.v1.avsc"} <= {each.file for each in found}


def test_a_published_file_taken_away_is_seen(copy: Path) -> None:
    (copy / f"{CODE}.v1.avsc").unlink()

    assert seen(copy)[1] == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update({"x-id": 1026}),
        lambda s: s.update({"x-type": "matter.other.made"}),
        lambda s: field(s, "kind").update({"type": "Nowhere"}),
        lambda s: field(s, "reasons").update({"type": ["string", "null"]}),
    ],
)
def test_files_that_cannot_be_read_are_one_finding(copy: Path, change: Edit) -> None:
    edit(copy, RULING, change)
    found, code = seen(copy)

    assert (len(found), code) == (1, 1)


def test_publishing_writes_only_when_told_and_never_over_what_is_there(copy: Path) -> None:
    run = CliRunner().invoke
    before = (copy / "published.lock").read_bytes()
    edit(copy, CODE, add_optional, version=2)
    run(command, ["publish", "--folder", str(copy)])
    assert (copy / "published.lock").read_bytes() == before

    assert f"{CODE}.v2.avsc" in run(command, ["publish", "--yes", "--folder", str(copy)]).stdout
    assert (copy / "history" / CODE / "2.avsc").exists()
    assert seen(copy) == ([], 0)

    edit(copy, RULING, add_optional)
    assert publish(copy) == []
    assert publish(copy, replace=True) == [f"{RULING}.v1.avsc"]


def test_diff_shows_each_field_that_changed(copy: Path) -> None:
    run = CliRunner().invoke
    assert run(command, ["diff", "--folder", str(copy)], standalone_mode=False).return_value == 0

    edit(copy, RULING, drop_mandatory)
    edit(copy, CODE, add_optional)
    result = run(command, ["diff", "-o", "json", "--folder", str(copy)], standalone_mode=False)

    assert result.return_value == 1
    assert [(row["change"], row["field"]) for row in json.loads(result.stdout)["items"]] == [
        ("+", "extra"),
        ("−", "rulingNo"),
    ]


def test_documents_name_every_field_in_both_languages() -> None:
    run = CliRunner().invoke
    text = run(command, ["docs", "matter.lead.transferred"]).stdout

    assert "`subjects.idNo`" in text
    assert "线索编号 / Id of the criminal lead" in text
    assert text.count("## `") == 1
    assert run(command, ["docs"]).stdout.count("## `") == 135
    assert run(command, ["docs", "matter.unheard"]).exit_code == 5
