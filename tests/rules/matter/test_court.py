"""Relief, the window to go to court, the application and the court's clocks (contract §6.6 P11–P12b, E; §7.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.matter.thread import COURT, COURT_PAPERS, DD2, YJJ, Thread


def rows(thread: Thread, clock: str) -> list[tuple[str, str]]:
    return [(row.due_at, row.state) for row in thread.matter.clocks if row.clock == clock]


# ---- relief and the window


def test_service_starts_everything() -> None:
    thread = Thread().served()
    assert {clock: thread.clocks()[clock] for clock in ("P05", "P06", "P11", "P12", "E01")} == {
        "P05": "MET",
        "P06": "RUNNING",
        "P11": "RUNNING",
        "P12": "RUNNING",
        "E01": "RUNNING",
    }
    row = thread.clock("E01")
    assert (row.started_at, row.due_at, row.opens_at, row.latest_demand_at) == (
        "2026-07-15T00:00:00+08:00",
        "2026-10-15",
        "2026-07-16",
        "2026-09-23",
    )
    land = Thread().served("LAND83", kinds=["DEMOLISH"])
    assert set(land.clocks()) == {"P01", "P05", "P11", "P12a", "E01"}


def test_reconsideration_upheld() -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", "GY-SFJ")
    assert {clock: thread.clocks()[clock] for clock in ("P06", "P11", "P12", "E01")} == {
        "P06": "MISSED",
        "P11": "MET",
        "P12": "VOID",
        "E01": "VOID",
    }
    thread.send("04-20 10:00", "relief.closed", "GY-SFJ")
    assert (rows(thread, "P12b"), rows(thread, "E01")[-1]) == ([("2026-05-06", "RUNNING")], ("2026-08-06", "RUNNING"))


@pytest.mark.parametrize("kind", ["RECONSIDERATION", "LITIGATION"])
def test_withdrawn_relief_restores_what_ran(kind: str) -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", YJJ, kind=kind, body="NM-FY")
    assert thread.clock("E01").state == "VOID"
    thread.send("03-24 10:00", "relief.closed", YJJ, kind=kind, outcome="WITHDRAWN")
    assert rows(thread, "P12")[-1] == ("2026-07-15", "RUNNING")
    assert rows(thread, "E01") == [("2026-10-15", "VOID"), ("2026-10-15", "RUNNING")]
    thread.send("03-24 10:00", "relief.closed", YJJ, kind=kind, outcome="WITHDRAWN", seen="03-25 10:00")
    assert len(rows(thread, "E01")) == 2


def test_withdrawn_suit_after_reconsideration_restores_its_period() -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", "GY-SFJ")
    thread.send("04-20 10:00", "relief.closed", "GY-SFJ", outcome="CHANGED")
    thread.send("04-27 10:00", "relief.opened", "NM-FY", kind="LITIGATION", body="NM-FY")
    assert rows(thread, "P12b") == [("2026-05-06", "MET")]
    thread.send("04-29 10:00", "relief.closed", "NM-FY", kind="LITIGATION", outcome="WITHDRAWN")
    assert rows(thread, "P12b") == [("2026-05-06", "MET"), ("2026-05-06", "RUNNING")]
    assert rows(thread, "E01")[-1] == ("2026-08-06", "RUNNING")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("RECONSIDERATION", "REVOKED"), ("LITIGATION", "UPHELD"), ("LITIGATION", "CHANGED"), ("LITIGATION", "REVOKED")],
)
def test_judged_or_revoked_is_not_enforced_by_this_route(kind: str, outcome: str) -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", YJJ, kind=kind, body="NM-FY")
    assert thread.send("02-25 10:00", "demand.served", DD2) == ["NOT_ENFORCEABLE"]
    thread.send("03-24 10:00", "relief.closed", YJJ, kind=kind, outcome=outcome)
    assert thread.send("08-03 10:00", "demand.served", DD2) == ["NOT_ENFORCEABLE"]


def test_suit_known_before_the_outcome_it_is_about() -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", "GY-SFJ")
    thread.send("04-27 10:00", "relief.opened", "NM-FY", kind="LITIGATION", body="NM-FY")
    thread.send("04-20 10:00", "relief.closed", "GY-SFJ", seen="04-28 10:00")
    assert (rows(thread, "P12b"), thread.clock("E01").state) == ([("2026-05-06", "MET")], "VOID")


@pytest.mark.parametrize(
    ("party", "codes"),
    [("NM-FY", []), ("YY-FY", ["NOT_PERMITTED"]), (YJJ, []), ("YY-SFJ", []), (DD2, ["NOT_PERMITTED"])],
)
def test_who_tells_of_relief(party: str, codes: list[str]) -> None:
    thread = Thread().served()
    assert thread.send("02-24 10:00", "relief.opened", party, kind="LITIGATION", body="NM-FY") == codes


def test_opening_told_again_after_the_closing_changes_nothing() -> None:
    thread = Thread().served()
    thread.send("02-24 10:00", "relief.opened", "GY-SFJ")
    thread.send("04-20 10:00", "relief.closed", "GY-SFJ")
    thread.send("02-24 10:00", "relief.opened", YJJ, seen="04-21 10:00")
    assert thread.clock("E01").state == "RUNNING"


def test_performance_leaves_nothing_to_enforce() -> None:
    thread = Thread().served()
    thread.send("01-20 10:00", "obligation.performed", DD2, full=False)
    assert thread.clock("P06").state == "RUNNING"
    thread.send("01-30 10:00", "obligation.performed", YJJ)
    assert (thread.clock("P06").state, thread.clock("E01").state) == ("MET", "VOID")
    assert thread.send("08-03 10:00", "demand.served", DD2) == ["NOT_ENFORCEABLE"]
    assert thread.send("08-03 10:00", "obligation.performed", COURT) == ["NOT_PERMITTED"]


def test_revocation_before_service_is_remembered() -> None:
    thread = Thread()
    thread.send("2025-11-03 10:00", "case.filed", DD2)
    thread.send("2025-12-01 10:00", "notice.served", DD2)
    thread.send("01-08 10:00", "decision.made", YJJ)
    thread.send("01-09 10:00", "decision.changed", YJJ, change="REVOKED")
    thread.send("01-15 10:00", "decision.served", DD2)
    assert {clock: thread.clocks()[clock] for clock in ("P05", "P06", "E01")} == {
        "P05": "VOID",
        "P06": "VOID",
        "E01": "VOID",
    }


# ---- demand and alarm


def test_demand_waits_for_the_suit_period() -> None:
    thread = Thread().served()
    assert thread.send("07-15 10:00", "demand.served", DD2) == ["TOO_EARLY"]
    assert thread.send("07-16 10:00", "demand.served", DD2) == []
    early = Thread(demandBeforeSuitExpiry=True).served()
    assert early.send("06-01 10:00", "demand.served", DD2) == []
    assert early.send("07-15 10:00", "application.filed", YJJ) == ["TOO_EARLY"]
    assert early.send("07-16 10:00", "application.filed", YJJ) == []


def test_each_demand_waits_for_itself() -> None:
    thread = Thread().served()
    thread.send("07-16 10:00", "demand.served", DD2)
    thread.send("07-20 10:00", "demand.served", DD2, demandNo="M2")
    thread.send("07-16 10:00", "demand.served", DD2, seen="07-21 10:00")
    assert rows(thread, "E02") == [("2026-07-30", "RUNNING"), ("2026-08-03", "RUNNING")]


def test_alarm_sounds_once_when_the_last_useful_day_has_passed() -> None:
    thread = Thread().served()
    thread.wait("09-23 23:59")
    assert not thread.made("matter.alarm.raised", ever=True)
    thread.wait("09-24 00:00")
    assert thread.made("matter.alarm.raised") == [
        {"correlationId": "MT", "code": "E01_UNREACHABLE", "entity": "D", "latestDemandAt": "2026-09-23"}
    ]
    assert thread.told("matter.alarm.raised") == {YJJ: "OPEN", DD2: "OPEN", "GY-SFJ": "OPEN"}
    assert thread.send("09-24 10:00", "demand.served", DD2) == []
    thread.wait("10-20 10:00")
    assert len(thread.made("matter.alarm.raised", ever=True)) == 1
    assert thread.clock("E01").state == "MISSED"


def test_no_alarm_without_a_running_window() -> None:
    thread = Thread().served()
    thread.send("09-20 10:00", "obligation.performed", DD2)
    thread.wait("12-01 10:00")
    assert not thread.made("matter.alarm.raised", ever=True)


def test_decision_heard_of_too_late_alarms_at_once() -> None:
    thread = Thread()
    thread.send("2025-11-03 10:00", "case.filed", DD2)
    thread.send("2025-12-01 10:00", "notice.served", DD2)
    thread.send("01-08 10:00", "decision.made", YJJ)
    thread.send("01-15 10:00", "decision.served", DD2, seen="10-01 10:00")
    assert thread.made("matter.alarm.raised")


# ---- the application


def apply(thread: Thread, at: str = "08-31 10:00", **said: Any) -> list[str]:
    return thread.send(at, "application.filed", YJJ, **said)


@pytest.mark.parametrize(
    ("said", "to", "task"),
    [
        ({"lawBasis": "PLANNING_LAW"}, "GY-GOV", "GOV_ORDERED_DEMOLITION"),
        ({"lawBasis": "WATER_LAW"}, YJJ, "OWN_POWER_REMOVAL"),
    ],
)
def test_not_for_the_court_is_told_before_anything_is_known(said: dict[str, str], to: str, task: str) -> None:
    thread = Thread()
    assert apply(thread, object="DEMOLISH", **said) == ["ROUTE_NOT_COURT"]
    assert (
        thread.made("matter.route.redirected")[0]["toParty"],
        thread.made("matter.route.redirected")[0]["task"],
    ) == (to, task)
    assert set(thread.told("matter.route.redirected")) == {to, YJJ, DD2}
    assert not thread.matter.facts
    assert not thread.matter.parked


def test_districts_and_zones_have_their_government() -> None:
    for principal, handler, government in (
        ("BY-ZHZFJ", "GY-ZD-BY", "BY-GOV"),
        ("HT-GWH", "GY-ZD-HT", "GY-GOV"),
        ("KY-SWJ", "KY-SWJ", "KY-GOV"),
    ):
        thread = Thread()
        assert thread.send(
            "08-31 10:00",
            "application.filed",
            principal,
            principal=principal,
            object="DEMOLISH",
            lawBasis="PLANNING_LAW",
        ) == ["ROUTE_NOT_COURT"]
        assert set(thread.told("matter.route.redirected")) == {government, principal, handler}


@pytest.mark.parametrize(
    ("principal", "said", "court"),
    [
        (YJJ, {}, "GSH-FY"),
        ("BY-ZHZFJ", {}, "BY-FY"),
        ("JK-GWH", {}, "HX-FY"),
        (YJJ, {"venueBasis": "IMMOVABLE", "immovableDivision": "520121"}, "KY-FY"),
        (YJJ, {"venueBasis": "IMMOVABLE", "immovableDivision": "520100"}, None),
        (YJJ, {"venueBasis": "IMMOVABLE"}, None),
        (YJJ, {"venueBasis": "CENTRALISED"}, "YY-FY"),
        ("GY-SWJ", {"venueBasis": "CENTRALISED"}, None),
        (YJJ, {"object": "RESTORE"}, None),
        (YJJ, {"object": "DEMOLISH", "lawBasis": "LAND_LAW", "venueBasis": "CENTRALISED"}, "YY-FY"),
    ],
)
def test_venue(principal: str, said: dict[str, str], court: str | None) -> None:
    for asked in ("GSH-FY", "BY-FY", "HX-FY", "KY-FY", "YY-FY", "GY-FY"):
        thread = Thread(centralCourt={YJJ: "YY-FY"})
        codes = thread.send("08-31 10:00", "application.filed", principal, principal=principal, court=asked, **said)
        assert codes == ([] if asked == court else ["WRONG_VENUE"]), asked
        assert bool(thread.made("matter.event.parked")) is (asked == court)


@pytest.mark.parametrize(
    "said",
    [
        *({"materials": COURT_PAPERS[:n] + COURT_PAPERS[n + 1 :]} for n in range(5)),
        {"headSigned": False},
        {"sealed": False},
    ],
)
def test_materials(said: dict[str, Any]) -> None:
    assert apply(Thread(), **said) == ["MISSING_MATERIAL"]


def test_times_of_the_application() -> None:
    thread = Thread().served()
    assert apply(thread, "07-15 10:00") == ["TOO_EARLY"]
    assert apply(thread, "08-31 10:00") == ["TOO_EARLY"]  # no demand
    thread.send("09-01 10:00", "demand.served", DD2)
    assert apply(thread, "09-15 23:00") == ["TOO_EARLY"]  # the tenth working day itself
    assert apply(thread, "10-16 10:00") == ["TOO_LATE"]
    assert apply(thread, "10-16 10:00", lateReason="不可抗力") == []
    assert thread.clock("E01").state == "MISSED"


def test_window_is_used_by_the_last_day() -> None:
    thread = Thread().served()
    thread.send("09-23 10:00", "demand.served", DD2)
    assert apply(thread, "10-15 23:59") == []
    assert (thread.clock("E01").state, thread.told("matter.application.filed")) == ("MET", {COURT: "FULL", DD2: "WORK"})


def test_demand_voided_by_relief_does_not_count() -> None:
    thread = Thread().served()
    thread.send("07-20 10:00", "demand.served", DD2)
    thread.send("07-21 10:00", "relief.opened", "NM-FY", kind="LITIGATION", body="NM-FY")
    thread.send("07-22 10:00", "relief.closed", "NM-FY", kind="LITIGATION", outcome="WITHDRAWN")
    assert apply(thread, "08-31 10:00") == ["TOO_EARLY"]


# ---- the court


@pytest.mark.parametrize(
    ("name", "clocks"),
    [
        ("application.accepted", {"E03": "MET", "E05": "RUNNING"}),
        ("application.rejected", {"E03": "MET", "E04": "RUNNING"}),
    ],
)
def test_court_answers_the_application(name: str, clocks: dict[str, str]) -> None:
    thread = Thread().applied()
    assert thread.send("09-04 10:00", name, "GY-FY") == ["NOT_PERMITTED"]
    thread.send("09-04 10:00", name, COURT)
    assert {clock: thread.clocks().get(clock) for clock in clocks} == clocks
    assert thread.told(f"matter.{name}") == {YJJ: "WORK", DD2: "WORK"}


def test_review_of_the_rejection() -> None:
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.rejected", COURT, servedAt="2026-09-07T10:00:00+08:00", seen="09-07 10:00")
    assert (thread.clock("E04").due_at, thread.clock("E04").obligee) == ("2026-09-22", "GY-FY")
    assert thread.send("09-23 10:00", "rulingreview.requested", YJJ, kind="NOT_ACCEPTED") == ["TOO_LATE"]
    assert thread.send("09-22 10:00", "rulingreview.requested", YJJ, kind="NOT_ACCEPTED", seen="09-24 10:00") == []
    assert (thread.clock("E04").state, thread.clock("E04b").obligor, thread.clock("E04b").due_at) == (
        "MET",
        "GY-FY",
        "2026-10-08",
    )
    assert thread.send("09-28 10:00", "rulingreview.decided", COURT, kind="NOT_ACCEPTED") == ["NOT_PERMITTED"]
    thread.send("09-28 10:00", "rulingreview.decided", "GY-FY", kind="NOT_ACCEPTED")
    assert (thread.clock("E04b").state, thread.told("matter.rulingreview.decided")) == (
        "MET",
        {YJJ: "WORK", DD2: "WORK", COURT: "WORK"},
    )


def test_doubt_in_either_order() -> None:
    first, second = Thread().applied(), Thread().applied()
    for thread in (first, second):
        thread.send("09-04 10:00", "application.accepted", COURT)
    first.send("09-07 10:00", "doubt.raised", COURT)
    first.send("09-14 10:00", "ruling.made", COURT)
    second.send("09-14 10:00", "ruling.made", COURT)
    second.send("09-07 10:00", "doubt.raised", COURT, seen="09-14 11:00")
    assert (first.clock("E05").state, first.clock("E06").state, second.clock("E06").state) == ("VOID", "MET", "MET")
    assert first.clock("E06").due_at == second.clock("E06").due_at == "2026-10-08"


def test_refusal_and_its_review() -> None:
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.accepted", COURT)
    thread.send("09-07 10:00", "rulingreview.requested", YJJ)
    assert thread.made("matter.event.parked")[0]["needs"] == "ruling.served"
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.accepted", COURT)
    thread.send("09-14 10:00", "ruling.made", COURT)
    thread.send("09-18 10:00", "ruling.served", COURT)
    assert (thread.clock("E07").state, thread.clock("E08").due_at) == ("MET", "2026-10-08")
    assert thread.send("10-09 10:00", "rulingreview.requested", YJJ) == ["TOO_LATE"]


@pytest.mark.parametrize(
    ("ruling", "clocks"),
    [
        ({"kind": "ALLOW", "executor": "COURT"}, {"E07": None, "E09": None}),
        ({"kind": "ALLOW", "executor": "COURT", "urgent": True}, {"E07": None, "E09": None}),
        (
            {"kind": "ALLOW", "executor": "GOV", "urgent": True, "presidentApproved": True},
            {"E07": None, "E09": "RUNNING"},
        ),
        ({"kind": "REFUSE"}, {"E07": "RUNNING", "E09": None}),
    ],
)
def test_ruling(ruling: dict[str, Any], clocks: dict[str, str | None]) -> None:
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.accepted", COURT)
    thread.send("09-14 10:00", "ruling.made", COURT, **ruling)
    assert {clock: thread.clocks().get(clock) for clock in clocks} == clocks
    thread.send("09-15 10:00", "ruling.served", COURT)
    assert ("E08" in thread.clocks()) is (ruling["kind"] == "REFUSE")


@pytest.mark.parametrize(
    ("executor", "party", "codes"),
    [
        ("GOV", "GY-GOV", []),
        ("GOV", "NM-GOV", ["NOT_PERMITTED"]),
        ("COURT", "GY-GOV", ["NOT_PERMITTED"]),
        ("COURT", COURT, []),
    ],
)
def test_who_executes(executor: str, party: str, codes: list[str]) -> None:
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.accepted", COURT)
    thread.send(
        "09-14 10:00", "ruling.made", COURT, kind="ALLOW", executor=executor, urgent=True, presidentApproved=True
    )
    assert thread.send("09-16 10:00", "execution.opened", party) == codes
    assert thread.clock("E09").state == ("RUNNING" if codes else "MET")
    if not codes:
        assert thread.send("09-20 10:00", "execution.concluded", party) == []
