"""The command line as a shell sees it: what it costs, what it prints where, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hub.cli.language import choose
from hub.cli.main import VERBS
from hub.testing import Broker

ROOT = Path(__file__).parents[2]


def hub(*argv: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "-m", "hub", *argv],
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def cpu_seconds(*argv: str) -> float:
    before = os.times()
    assert hub(*argv).returncode == 0
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_help_costs_little_whatever_the_machine_does_besides() -> None:
    assert min(cpu_seconds("--help") for _ in range(4)) <= 0.15


def test_help_imports_nothing_of_the_hub_but_the_table() -> None:
    code = "import sys, hub.cli.main; print(*sorted(m for m in sys.modules if m.split('.')[0] in {'hub','rich','pydantic','aiokafka'}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["hub", "hub.cli", "hub.cli.exits", "hub.cli.language", "hub.cli.main"]


def test_help_is_chinese_first_and_english_on_request() -> None:
    chinese = hub("--help", LANG="C.UTF-8").stdout
    assert "在本机启动整个枢纽" in chinese
    assert [verb for verb in VERBS if f"  {verb} " not in chinese] == []
    assert "Start the whole hub" in hub("--lang", "en", "--help").stdout
    assert "Start the whole hub" in hub("--help", HUB_LANG="en").stdout


@pytest.mark.parametrize(
    ("argv", "environment", "language"),
    [
        ([], {}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "zh"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "HUB_LANG": "zh"}, "zh"),
        (["--lang", "en", "topics"], {"HUB_LANG": "zh"}, "en"),
        (["--lang=zh"], {"LANG": "en_US"}, "zh"),
        (["--lang"], {}, "zh"),
    ],
)
def test_the_flag_beats_the_setting_beats_the_system(
    argv: list[str], environment: dict[str, str], language: str
) -> None:
    assert choose(argv, environment) == language


def test_a_verb_that_is_not_there_is_a_usage_error_that_lists_those_that_are() -> None:
    ended = hub("topic")
    assert ended.returncode == 2
    assert "topics" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml", "csv", "table", "wide"])
def test_a_list_in_each_form_keeps_stdout_for_the_result(form: str) -> None:
    ended = hub("topics", "list", "clock*", "-o", form)
    assert ended.returncode == 0
    assert "1 个主题" in ended.stderr
    match form:
        case "json" | "yaml":
            document = json.loads(ended.stdout) if form == "json" else yaml.safe_load(ended.stdout)
            assert (document["apiVersion"], document["kind"]) == ("hub/v1", "TopicList")
            assert document["items"][0]["name"] == "clock.event.v1"
        case "jsonl":
            assert json.loads(ended.stdout)["retention"] == "P730D"
        case "csv":
            assert ended.stdout.splitlines()[0].startswith("name,partitions,key")
        case _:
            assert "clock.event.v1" in ended.stdout
            assert ("Statutory periods" in ended.stdout) == (form == "wide")


def test_chinese_titles_take_two_columns_each() -> None:
    title, row, *_ = hub("topics", "list", "clock*").stdout.splitlines()
    wide = sum(2 if ord(character) > 0x2E80 else 1 for character in title[: title.index("分区")])
    assert row[wide] == "4"


def test_exit_codes_tell_what_kind_of_thing_happened(tmp_path: Path) -> None:
    assert hub("topics", "list", "nothing*").returncode == 2
    assert hub("topics", "describe", "nothing").returncode == 5
    assert hub("topics", "plan", cwd=tmp_path).returncode == 4
    assert hub("topics", "plan", "--bootstrap", "127.0.0.1:1", cwd=tmp_path).returncode == 4
    (tmp_path / "wrong.yaml").write_text("meta: {}\n")
    wrong = hub("topics", "list", HUB_TOPICS_FILE=str(tmp_path / "wrong.yaml"))
    assert wrong.returncode == 3
    assert "meta.cluster" in wrong.stderr
    assert hub("dev", "status", cwd=tmp_path).returncode == 5


def test_plan_apply_diff_speak_the_same_about_a_cluster(kafka: Broker, tmp_path: Path) -> None:
    here = {"HUB_KAFKA__BOOTSTRAP": kafka.bootstrap, "HUB_ENVIRONMENT": "local"}
    planned = hub("topics", "plan", "-o", "json", cwd=tmp_path, **here)
    change = json.loads(planned.stdout)["items"][0]
    assert planned.returncode == (1 if change["topicPlans"] else 0)
    assert hub("topics", "apply", cwd=tmp_path, **here).returncode == planned.returncode  # dry without --yes
    assert json.loads(hub("topics", "plan", "-o", "json", cwd=tmp_path, **here).stdout)["items"][0] == change
    assert hub("topics", "apply", "--yes", cwd=tmp_path, **here).returncode == 0
    assert hub("topics", "plan", cwd=tmp_path, **here).returncode == 0
    other = hub("topics", "plan", cwd=tmp_path, HUB_KAFKA__CLUSTER_ID="other", **here)
    assert (other.returncode, "other" in other.stdout) == (1, True)
