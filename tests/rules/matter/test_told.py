"""Warned once, missed once, each to the right people (contract §6.5, §6.6): every clock of a matter is left to run out.

The parties stand here as the contract names them, by letter: o obligor, e obligee, s superior of the obligor, j GY-SFJ,
p procuratorate; a principal's handler hears what it hears.
"""

from __future__ import annotations

import pytest

from hub import reference
from hub.rules.ledger import Routed
from tests.rules.matter.test_clocks import ROWS, Beginning, Step
from tests.rules.matter.thread import COURT, DD2, GAJ, JCY, YJJ, Thread

#: clock → obligor with its handler, obligee with its handler, miss list by letter, warned how often.
LISTS: dict[str, tuple[set[str], set[str], str, int]] = {
    "F01": ({YJJ, DD2}, {YJJ, DD2}, "osjp", 1),
    "F02": ({YJJ, DD2}, {GAJ}, "oesjp", 1),
    "F04": ({GAJ}, {YJJ, DD2}, "", 0),
    "F05": ({YJJ, DD2}, {GAJ}, "oesjp", 1),
    "F06": ({GAJ}, {YJJ, DD2}, "", 0),
    "F08": ({GAJ}, {YJJ, DD2}, "oesjp", 1),
    "F08b": ({GAJ}, {YJJ, DD2}, "oesjp", 1),
    "F10": ({YJJ, DD2}, {GAJ}, "oesjp", 1),
    "F11": ({YJJ, DD2}, {GAJ}, "", 1),
    "F12": ({GAJ}, {YJJ, DD2}, "oesjp", 1),
    "F13": ({YJJ, DD2}, {JCY}, "", 1),
    "F14": ({GAJ}, {JCY}, "oes", 1),
    "F15": ({JCY}, {YJJ, DD2}, "oes", 1),
    "F16": ({GAJ}, {JCY}, "oes", 1),
    "F17": ({GAJ}, {JCY}, "oes", 1),
    "F18": ({GAJ}, {JCY}, "e", 2),
    "R01": ({"HX-ZHZFJ", "GY-ZD-HX"}, {"HX-GAFJ"}, "oej", 1),
    "R03": ({JCY}, {JCY}, "os", 1),
    "R04": ({JCY}, {JCY}, "os", 1),
    "R06": ({YJJ, DD2}, {JCY}, "oesj", 2),
    "P01": ({YJJ, DD2}, {YJJ, DD2}, "osj", 2),
    "P02": ({YJJ, DD2}, {YJJ, DD2}, "osj", 1),
    "P03": (set(), {YJJ, DD2}, "", 0),
    "P05": ({YJJ, DD2}, {YJJ, DD2}, "osj", 1),
    "P06": (set(), {YJJ, DD2}, "e", 0),
    "P08": ({YJJ, DD2}, {YJJ, DD2}, "osj", 1),
    "P11": (set(), {YJJ, DD2}, "", 0),
    "P12": (set(), {YJJ, DD2}, "", 0),
    "P12a": (set(), {YJJ, DD2}, "", 0),
    "P12b": (set(), {YJJ, DD2}, "", 0),
    "P13": ({YJJ, DD2}, {YJJ, DD2}, "osj", 2),
    "P14": ({"GY-RSJ", "GY-ZD-DD4"}, {"GY-RSJ", "GY-ZD-DD4"}, "osj", 2),
    "E01": ({YJJ, DD2}, set(), "osj", 2),
    "E03": ({COURT}, {YJJ, DD2}, "oes", 1),
    "E04": ({YJJ, DD2}, {"GY-FY"}, "", 1),
    "E04b": ({"GY-FY"}, {YJJ, DD2}, "oe", 1),
    "E05": ({COURT}, {YJJ, DD2}, "oes", 1),
    "E06": ({COURT}, {YJJ, DD2}, "oes", 2),
    "E07": ({COURT}, {YJJ, DD2}, "oes", 1),
    "E08": ({YJJ, DD2}, {"GY-FY"}, "", 1),
    "E08b": ({"GY-FY"}, {YJJ, DD2}, "oe", 2),
    "E09": ({COURT}, {YJJ, DD2}, "oes", 1),
    "A01": ({"GY-STHJJ"}, {YJJ}, "oe", 1),
    "D01": ({YJJ}, {"GY-LXHY"}, "oej", 2),
}
SUPERIORS = {
    YJJ: "GY-GOV",
    "GY-RSJ": "GY-GOV",
    GAJ: "GY-GOV",
    "GY-STHJJ": "GY-GOV",
    COURT: "GY-FY",
    "HX-ZHZFJ": "GY-ZHZFJ",
}
#: A right and a conditional duty lapse; only what was owed is missed.
LAPSES = {clock for clock, rule in reference.load().clocks.items() if rule.kind in ("right", "cond")}


def copies(thread: Thread, what: str, clock_id: str) -> list[set[str]]:
    return [
        {party for party, _ in step.recipients}
        for step in thread.all
        if isinstance(step, Routed) and step.event.type == f"clock.{what}" and step.event.data["clockId"] == clock_id
    ]


@pytest.mark.parametrize(("clock", "beginning", "start"), [(row[0], row[1], row[2]) for row in ROWS])
def test_each_clock_that_runs_out_tells_the_right_people_once(
    clock: str, beginning: Beginning, start: tuple[Step, ...]
) -> None:
    thread = beginning()
    for at, name, party, said in start:
        assert thread.send(at, name, party, **said) == []
    number = thread.clock(clock).clock_id
    for until in ("12-01 10:00", "12-02 10:00", "12-31 10:00"):
        thread.wait(until)
    obligor, obligee, letters, warnings = LISTS[clock]
    (owing,) = {row.obligor for row in thread.matter.clocks if row.clock_id == number}
    heard = {
        "o": obligor,
        "e": obligee,
        "s": {SUPERIORS[owing]} if owing in SUPERIORS else set(),
        "j": {"GY-SFJ"},
        "p": {JCY},
    }
    assert copies(thread, "started", number) == [obligor | obligee]
    assert copies(thread, "warned", number) == [obligor] * warnings
    missed = [set().union(*(heard[letter] for letter in letters))]
    assert copies(thread, "missed", number) == ([] if clock in LAPSES else missed)
    assert copies(thread, "voided", number) == ([obligor | obligee] if clock in LAPSES else [])


def test_every_clock_has_its_list() -> None:
    assert set(LISTS) == {row[0] for row in ROWS}
    assert {clock: letters for clock, (_, _, letters, _) in LISTS.items() if clock not in LAPSES} == {
        clock: reference.load().clocks[clock].miss for clock in LISTS if clock not in LAPSES
    }


def test_superiors_of_district_parties() -> None:
    thread = Thread()
    lead = {"principal": "NM-ZHZFJ", "toPolice": "NM-GAFJ", "divisionCode": "520102"}
    thread.send("07-06 10:00", "lead.transferred", "GY-ZD-NM", **lead)
    thread.send("07-06 11:00", "lead.receipted", "NM-GAFJ")
    thread.wait("07-10 10:00")
    assert set(thread.told("clock.missed")) == {"NM-GAFJ", "NM-ZHZFJ", "GY-ZD-NM", "GY-GAJ", "GY-SFJ", "NM-JCY"}
    thread.send("07-10 11:00", "reasons.required", "GY-JCY", kind="SILENCE")
    assert thread.clock("F17").obligee == "GY-JCY"
    thread.wait("07-20 10:00")
    assert set(thread.told("clock.missed")) == {"NM-GAFJ", "GY-JCY", "GY-GAJ"}
