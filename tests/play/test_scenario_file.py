"""Reading scenario files: what is wrong is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.play.scenario import Malformed, read
from hub.reference import load

GOOD = """\
name: N
why: W
let:
  anything: &A {complaintId: CP}
policy: {c03: {投诉: 5}}
given:
  - {at: '2026-03-02T09:00:00+08:00', event: complaint.ticket.accepted, from: GY-YJJ, data: {complaintId: CP, acceptedAt: '2026-03-02T09:00:00+08:00'}}
  - {at: '2026-03-02T09:00:00+08:00', tick: true}
expect:
  - {event: clock.warned, to: [GY-YJJ], data: {clock: C03}}
never:
  - {event: '*', data: SECRET}
clocks:
  - {clock: C03, state: MET}
refused:
  - {code: TOO_LATE}
"""


def read_text(tmp_path: Path, text: str) -> str:
    path = tmp_path / "s.yaml"
    path.write_text(text, "utf-8")
    try:
        read(path, load())
    except Malformed as error:
        return str(error).removeprefix(f"{path}:")
    return ""


def test_good(tmp_path: Path) -> None:
    assert read_text(tmp_path, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: N", "nam: N", "1 nam: unknown key"),
        ("why: W\n", "", "1 file: why is missing"),
        ("{c03: {投诉: 5}}", "{c3: {}}", "5 policy.c3: unknown key"),
        (
            "'2026-03-02T09:00:00+08:00', tick",
            "'2026-03-01T09:00:00+08:00', tick",
            "8 given[1].at: earlier than the entry before",
        ),
        (
            "'2026-03-02T09:00:00+08:00', tick",
            "2026-03-02, tick",
            "8 given[1].at: datetime.date(2026, 3, 2): write dates as quoted strings",
        ),
        (
            "'2026-03-02T09:00:00+08:00', tick",
            "'2026-03-02T09:00:00Z', tick",
            "8 given[1].at: '2026-03-02T09:00:00Z' is not a datetime",
        ),
        (
            "'2026-03-02T09:00:00+08:00', tick",
            "'2026-02-30T09:00:00+08:00', tick",
            "8 given[1].at: day is out of range",
        ),
        ("tick: true", "tick: false", "8 given[1].tick: must be true"),
        ("tick: true", "tick: true, id: x", "8 given[1].id: unknown key"),
        (
            "complaint.ticket.accepted",
            "complaint.ticket.eaten",
            "7 given[0].event: unknown event complaint.ticket.eaten",
        ),
        ("data: {complaintId: CP,", "data: {complaintId: 1.5,", "7 given[0].data.complaintId: 1.5: write dates"),
        ("data: {complaintId: CP,", "data: {no: CP,", "7 given[0].data: False must be a string"),
        ("from: GY-YJJ", "frm: GY-YJJ", "7 given[0].frm: unknown key"),
        ("to: [GY-YJJ]", "to: [gy]", "10 expect[0].to: 'gy' is not a party code"),
        ("to: [GY-YJJ]", "to: GY-ZD-KY", ""),
        (
            "{event: clock.warned, to: [GY-YJJ]",
            "{event: complaint.ticket.accepted",
            "10 expect[0].event: complaint.ticket.accepted is not made by the hub",
        ),
        ("to: [GY-YJJ]", "to: []", "10 expect[0].to: names nobody"),
        ("event: clock.warned", "event: '*'", "10 expect[0].event: '*' stands in never only"),
        ("data: {clock: C03}}", "data: C03}", "10 expect[0].data: a string stands in never only"),
        ("{clock: C03, state: MET}", "{clock: C99, state: MET}", "14 clocks[0].clock: unknown clock C99"),
        ("{clock: C03, state: MET}", "{clock: C03, state: OK}", "14 clocks[0].state: unknown state OK"),
        ("{code: TOO_LATE}", "{code: TOO_LATE, id: nobody}", "16 refused[0].id: no given event has the id nobody"),
        ("{code: TOO_LATE}", "{id: x}", "16 refused[0]: code is missing"),
        ("name: N", "name: 5", "1 name: 5 must be a string"),
    ],
)
def test_malformed(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    answer = read_text(tmp_path, GOOD.replace(old, new, 1))
    assert answer.startswith(said)
    assert bool(answer) is bool(said)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "just text"])
def test_no_scenario_at_all(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, text)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        read(tmp_path / "none.yaml", load())
