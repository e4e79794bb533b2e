"""Switches, files and stretches of time on the command line: what means nothing is refused, what means something is kept whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli.exits import Exit, Failed
from hub.cli.trial import files, stretch, switches
from hub.reference import ReferenceInvalid, load
from tests.reference.folders import copied, edit


def test_switches_are_read_as_yaml_and_merged() -> None:
    words = ["caps.LOW=2", "caps.HIGH=9", "jointCountsAll=false", "capsByAgency.GY-YJJ={LOW: 1}", "capCounts=[DAILY]"]
    changes = switches(words, load())
    assert changes == {
        "caps": {"LOW": 2, "HIGH": 9},
        "jointCountsAll": False,
        "capsByAgency": {"GY-YJJ": {"LOW": 1}},
        "capCounts": ["DAILY"],
    }
    tried = load().with_policy(changes).policy
    assert tried["caps"] == {"LOW": 2, "MEDIUM": 2, "HIGH": 9}


@pytest.mark.parametrize(
    "word",
    ["caps", "cap.LOW=2", "caps=3", "caps.LOW=many", "gapDays=true", "gapDays.x=1", "caps.LOW.x=1", "gapDays=[", "=1"],
)
def test_a_switch_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(Failed) as failed:
        switches([word], load())
    assert failed.value.exit_code == Exit.USAGE
    assert word in failed.value.message


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-03-01..2026-03-31", "2026-03-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00"),
        ("2026-03-01T09:30..2026-03-01T10:00:00", "2026-03-01T09:30:00+08:00", "2026-03-01T10:00:00+08:00"),
        ("2026-03-01T01:00:00+00:00..2026-03-01", "2026-03-01T01:00:00+00:00", "2026-03-02T00:00:00+08:00"),
        ("..2026-03-01", "1900-01-01T00:00:00+08:00", "2026-03-02T00:00:00+08:00"),
        ("..", "1900-01-01T00:00:00+08:00", "2200-01-01T00:00:00+08:00"),
    ],
)
def test_a_stretch_of_time(text: str, since: str, until: str) -> None:
    begin, end = stretch(text)
    assert (begin.isoformat(), end.isoformat()) == (since, until)


@pytest.mark.parametrize("text", ["", "2026-03-01", "soon..later", "2026-03-02..2026-03-01", "2026-02-30.."])
def test_no_stretch_of_time(text: str) -> None:
    with pytest.raises(Failed):
        stretch(text)


def test_files_of_a_folder_stand_before_the_hubs_own(tmp_path: Path) -> None:
    with pytest.raises(ReferenceInvalid):
        files(tmp_path)
    edit(copied(tmp_path / "law") / "policy.yaml", "gapDays: {value: 30,", "gapDays: {value: 7,")
    tried = files(tmp_path / "law")
    assert tried.policy == {**load().policy, "gapDays": 7}
    assert tried.clocks == load().clocks
