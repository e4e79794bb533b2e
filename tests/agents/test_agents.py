"""The agents' own promises, without a broker: what becomes of a record between the topics."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from hub import reference
from hub.agents import aggregate, deliver, outgoing
from hub.agents.aggregate import AggregateAgent
from hub.agents.translate import Translator
from hub.canonical.event import HUB, SHANGHAI, Event, own_event_id
from hub.engine.record import Outgoing, Record
from hub.engine.state import State
from hub.rules.inspection import INSPECTION
from hub.rules.matter import MATTER
from hub.wire import envelope
from tests.agents.records import NOW, TOPICS, as_record, decide, sent
from tests.hub.facts import fresh_uscc, lead, plan

REFERENCE = reference.load()
NEIGHBOUR = fresh_uscc()


@pytest.fixture
def translator() -> Translator:
    return Translator(TOPICS, REFERENCE)


@pytest.fixture
def matters() -> AggregateAgent:
    return AggregateAgent("matters", MATTER, TOPICS, REFERENCE)


def lead_record(event_id: str = "XS-1", **changes: Any) -> Record:
    """A lead accepted at `NOW`."""
    fact = lead(event_id, **changes)["data"]
    fact |= {
        "transferredAt": "2026-03-02T08:00:00+08:00",
        "approver": {"post": "HEAD", "approvedAt": "2026-03-02T07:00:00+08:00"},
    }
    return sent("GY-YJJ", "matter.lead.transferred", fact, event_id)


def topics_of(written: list[Outgoing]) -> list[str]:
    return [one.topic for one in written]


class TestTranslate:
    def test_a_fact_goes_to_its_aggregate_under_an_id_that_follows_from_its_sender(
        self, translator: Translator
    ) -> None:
        fact, *others = translator.translate(lead_record())

        event = envelope.from_record(fact.key, fact.value, fact.headers)
        assert not others
        assert (fact.topic, fact.key) == ("matter.event.v1", b"MT-XS-1")
        assert own_event_id("GY-YJJ", "XS-1") == event.id
        assert event.recorded == NOW  # the broker's append time, whatever the sender says
        assert envelope.header(fact.headers, "hub_origin") == "evt.gy-yjj.canonical.v1/0/7"

    def test_the_same_record_twice_gives_the_same_facts(self, translator: Translator) -> None:
        record = lead_record()

        assert list(translator.translate(record)) == list(translator.translate(record))

    def test_a_refused_fact_leaves_its_bytes_a_reason_and_an_answer_to_its_sender(self, translator: Translator) -> None:
        record = lead_record(toPolice="GSH-GAFJ")

        dead, receipt, answer = translator.translate(record)

        assert ("dlq.gy-yjj.v1", record.value) == (dead.topic, dead.value)
        assert envelope.header(dead.headers, "__dlq.errors.message").startswith("WRONG_LEVEL /toPolice")
        assert record.topic == envelope.header(dead.headers, "__dlq.errors.topic")
        assert topics_of([receipt, answer]) == ["receipt.event.v1", "hub.outgoing.v1"]
        assert envelope.header(answer.headers, envelope.RECIPIENTS) == "GY-YJJ:OPEN"

    def test_what_cannot_be_read_is_a_dead_letter_too(self, translator: Translator) -> None:
        for value in (b"", b"{", b"\x00\x00\x00\x03\xe9", b'{"specversion":"1.0"}'):
            record = Record(TOPICS.ingress("GY-YJJ", "canonical").name, 0, 1, 0, None, value, ())
            assert translator.translate(record)[0].topic == "dlq.gy-yjj.v1"

    def test_nobody_can_date_his_facts_back_or_choose_a_realm(self, translator: Translator) -> None:
        record = lead_record()
        forged = (("ce_recordedtime", b"2020-01-01T00:00:00+08:00"), ("ce_realm", b"play-x"), ("ce_id", b"another"))

        (fact,) = translator.translate(
            Record(record.topic, 0, 7, record.timestamp_ms, None, record.value, record.headers + forged)
        )

        event = envelope.from_record(fact.key, fact.value, fact.headers)
        assert ("", NOW, own_event_id("GY-YJJ", "XS-1")) == (event.realm, event.recorded, event.id)

    def test_a_party_speaks_only_for_itself_and_those_it_acts_for(self, translator: Translator) -> None:
        assert "GY-ZD-DD2" in TOPICS.rights("GY-ZD").acts_for
        assert not TOPICS.rights("GY-YJJ").acts_for

    def test_the_hotlines_record_carries_the_departments_steps_and_no_other_event_of_theirs(
        self, translator: Translator
    ) -> None:
        topic = TOPICS.ingress("GY-12345", "rexian-json").name
        call = {
            "query_code": "1", "time": "2026-03-01T10:00:00.000+0800", "via": "电话", "class": "投诉类", "text": "夜间施工",
            "place": "样本路", "region": "520115", "trade": "ZJJ", "trade_tier": "区县", "nameless": False, "sealed": False,
        }  # fmt: skip
        sign = {"unit": "GSH-ZJJ", "verdict": "受理", "time": "2026-03-01T12:00:00.000+0800"}
        notice = {"biz": "NOTICE", "push_id": "x", "from_unit": "GSH-ZJJ", "event_type": "complaint.ticket.accepted"}

        def translated(order: dict[str, Any]) -> list[Outgoing]:
            record = Record(topic, 0, 7, int(NOW.timestamp() * 1000), None, orjson.dumps(order), ())
            return list(translator.translate(record))

        facts = [
            envelope.from_record(each.key, each.value, each.headers)
            for each in translated({"biz": "ORDER", "order_id": "GD1", "call": call, "sign": sign})
        ]
        assert [(fact.type, fact.party, fact.id) for fact in facts] == [
            ("complaint.ticket.received", "GY-12345", own_event_id("GY-12345", "GD1-received")),
            ("complaint.ticket.accepted", "GSH-ZJJ", own_event_id("GY-12345", "GD1-accepted")),
        ]
        again = translated({"biz": "ORDER", "order_id": "GD1", "order_version": 2, "call": call})
        assert [envelope.from_record(each.key, each.value, each.headers) for each in again] == facts[:1]
        unknown = translated({"biz": "ORDER", "order_id": "GD2", "sign": {**sign, "unit": "GSH-NONE"}})
        assert unknown[0].topic == "dlq.gy-12345.v1"
        told = [
            envelope.header(written.headers, envelope.RECIPIENTS)
            for fact in facts
            for written in outgoing.receipt(TOPICS, fact, "0" * 64, NOW)
            if written.topic == "hub.outgoing.v1"
        ]
        assert told == ["GY-12345:OPEN", "GSH-ZJJ:OPEN,GY-12345:OPEN"]
        forged = translated({**notice, "event_json": '{"complaintId":"GD1","acceptedAt":"2026-03-01T12:00:00+08:00"}'})
        assert forged[0].topic == "dlq.gy-12345.v1"  # in its own name: a notice names nobody else

    def test_a_calendar_goes_into_every_partition_of_every_aggregate(self, translator: Translator) -> None:
        data = {
            "year": 2027,
            "loadedAt": "2026-03-02T08:00:00+08:00",
            "noticeNo": "1",
            "offDays": ["2027-01-01"],
            "workDays": [],
        }

        written = list(translator.translate(sent("GY-ZHZFJ", "clock.calendar.loaded", data, "cal-2027")))

        places = {(one.topic, one.partition) for one in written}
        assert {(topic.name, n) for topic in TOPICS.aggregates.values() for n in range(topic.partitions)} == places


class TestAggregates:
    def test_state_decisions_and_deliveries_come_in_one_batch(
        self, translator: Translator, matters: AggregateAgent
    ) -> None:
        state = State()

        written = decide(matters.handle, state, as_record(translator.translate(lead_record())[0]))

        assert state.get(b"MT-XS-1") is not None
        assert {"matter.event.v1", "clock.event.v1", "hub.outgoing.v1", "receipt.event.v1"} == set(topics_of(written))
        to_police = [one for one in written if "GY-GAJ:FULL" in envelope.header(one.headers, envelope.RECIPIENTS)]
        assert "matter.lead.transferred" in envelope.header(to_police[0].headers, "ce_type")

    def test_the_same_fact_again_does_nothing(self, translator: Translator, matters: AggregateAgent) -> None:
        state = State()
        record = as_record(translator.translate(lead_record())[0])
        decide(matters.handle, state, record)
        before = state.get(b"MT-XS-1")

        assert decide(matters.handle, state, record) == []
        assert before == state.get(b"MT-XS-1")

    def test_its_own_decisions_come_back_without_effect(self, translator: Translator, matters: AggregateAgent) -> None:
        state = State()
        written = decide(matters.handle, state, as_record(translator.translate(lead_record())[0]))
        own = [as_record(one) for one in written if one.topic == "matter.event.v1"]

        assert own
        assert decide(matters.handle, state, *own) == []

    def test_an_early_fact_is_taken_and_waits_then_counts(
        self, translator: Translator, matters: AggregateAgent
    ) -> None:
        state = State()
        receipt = {
            "correlationId": "MT-XS-1",
            "leadId": "XS-1",
            "receiptId": "HZ",
            "receivedAt": "2026-03-02T08:30:00+08:00",
            "outcome": "RECEIVED",
        }
        early = translator.translate(sent("GY-GAJ", "matter.lead.receipted", receipt, "early"))[0]

        first = decide(matters.handle, state, as_record(early))
        second = decide(matters.handle, state, as_record(translator.translate(lead_record())[0]))

        assert any("receipt.ingress.accepted" in envelope.header(one.headers, "ce_type") for one in first)
        assert any("matter.event.parked" in envelope.header(one.headers, "ce_type") for one in first)
        routed = [envelope.header(one.headers, "ce_type") for one in second if one.topic == "hub.outgoing.v1"]
        assert "cn.guiyang.hub.matter.lead.receipted.v1" in routed

    def test_a_timer_fires_when_its_time_has_come_and_not_in_a_scenario(
        self, translator: Translator, matters: AggregateAgent
    ) -> None:
        state = State()
        receipt = {
            "correlationId": "MT-XS-1",
            "leadId": "XS-1",
            "receiptId": "HZ",
            "receivedAt": "2026-03-02T08:30:00+08:00",
            "outcome": "RECEIVED",
        }
        facts = [lead_record(), sent("GY-GAJ", "matter.lead.receipted", receipt, "r")]
        decide(matters.handle, state, *(as_record(translator.translate(fact)[0]) for fact in facts))
        due_ms = state.timers.due_ms(b"MT-XS-1")
        assert due_ms is not None

        late = datetime.fromtimestamp(due_ms / 1000, SHANGHAI) + timedelta(days=10)
        written = decide(matters.handle, state, due=(b"MT-XS-1",), now=late)

        missed = [one for one in written if "clock.missed" in envelope.header(one.headers, "ce_type")]
        assert missed
        scenario = Translator(TOPICS, REFERENCE, virtual_time=True)
        realm = {"ce_realm": "play-1", "ce_recordedtime": "2026-03-02T09:00:00+08:00"}
        facts = [
            Record(
                f.topic,
                0,
                7,
                f.timestamp_ms,
                None,
                f.value,
                f.headers + tuple((n, v.encode()) for n, v in realm.items()),
            )
            for f in facts
        ]
        decide(matters.handle, state, *(as_record(scenario.translate(fact)[0]) for fact in facts))
        assert state.get(b"play-1~MT-XS-1") is not None
        assert state.timers.due_ms(b"play-1~MT-XS-1") is None


class TestInspections:
    def test_a_year_announced_since_the_door_was_built_counts(self, translator: Translator) -> None:
        """The window lies in days that a notice of 2027 took off; the door, which knows weekends only, let it in."""
        inspections = AggregateAgent("inspections", INSPECTION, TOPICS, REFERENCE)
        state, uscc = State(), "91520115MA6XY0038H"
        days = [f"2027-02-{day:02}" for day in range(5, 12)]
        notice = {
            "year": 2027,
            "loadedAt": "2026-03-02T08:00:00+08:00",
            "noticeNo": "1",
            "offDays": days,
            "workDays": [],
        }
        fact = plan("P-1", uscc)["data"] | {
            "submittedAt": "2026-03-02T08:00:00+08:00",
            "approvedAt": "2026-03-02T08:00:00+08:00",
        }
        fact |= {"window": {"from": "2027-02-08", "to": "2027-02-10"}}

        calendar = next(
            one
            for one in translator.translate(sent("GY-ZHZFJ", "clock.calendar.loaded", notice, "cal"))
            if one.topic == "inspection.event.v1"
        )
        decide(inspections.handle, state, as_record(calendar))
        admitted = translator.translate(sent("GY-YJJ", "inspection.plan.submitted", fact, "P-1"))[0]
        written = decide(inspections.handle, state, as_record(admitted))

        assert [
            envelope.header(one.headers, "__dlq.errors.message").partition(" ")[0]
            for one in written
            if one.topic.startswith("dlq.")
        ] == ["INVALID_FIELD"]

    def test_a_word_from_a_neighbour_is_heard_though_it_is_the_hubs_own(self) -> None:
        noticed = Event(
            id="e-1",
            type="inspection.neighbour.noticed",
            party=HUB,
            key=NEIGHBOUR,
            time=NOW.isoformat(),
            recorded=NOW,
            data={
                "uscc": NEIGHBOUR,
                "otherUscc": fresh_uscc(),
                "otherPlanId": "P-1",
                "otherAgency": "GY-YJJ",
                "otherWindow": {"from": "2026-03-09", "to": "2026-03-13"},
                "otherAddress": "花溪大道 1 号",
            },
            sequence=3,
        )
        state = State()
        inspections = AggregateAgent("inspections", INSPECTION, TOPICS, REFERENCE)

        decide(inspections.handle, state, as_record(outgoing.fact(TOPICS, noticed, ())))

        assert b'"e-1"' in (state.get(NEIGHBOUR.encode()) or b"")

    def test_an_enterprise_that_fills_its_state_is_refused_more_and_nobody_else(
        self, translator: Translator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(aggregate, "LARGEST_STATE", 6_000)
        inspections = AggregateAgent("inspections", INSPECTION, TOPICS, REFERENCE)
        state, crowded, other = State(), fresh_uscc(), fresh_uscc()

        def submit(plan_id: str, uscc: str) -> list[Outgoing]:
            at = {"submittedAt": "2026-03-02T08:00:00+08:00", "approvedAt": "2026-03-02T08:00:00+08:00"}
            fact = plan(plan_id, uscc)["data"] | at | {"siteCode": plan_id}
            fact |= {"window": {"from": "2026-03-09", "to": "2026-03-13"}}
            admitted = translator.translate(sent("GY-YJJ", "inspection.plan.submitted", fact, plan_id))[0]
            return decide(inspections.handle, state, as_record(admitted))

        def codes(written: list[Outgoing]) -> list[str]:
            dead = [one for one in written if one.topic.startswith("dlq.")]
            return [envelope.header(one.headers, "__dlq.errors.message").partition(" ")[0] for one in dead]

        answers = [codes(submit(f"P-{number}", crowded)) for number in range(30)]
        kept = state.get(crowded.encode()) or b""

        assert answers[0] == []
        assert answers[-1] == ["INVALID_FIELD"]
        assert answers == sorted(answers)  # once full, full
        assert len(kept) <= 6_000
        assert b"P-29" not in kept
        assert codes(submit("P-0", crowded)) == []  # what it knows already adds nothing
        assert codes(submit("Q-1", other)) == []


class TestDeliver:
    def test_each_recipient_gets_its_projection_on_its_own_topic(
        self, translator: Translator, matters: AggregateAgent
    ) -> None:
        written = decide(matters.handle, State(), as_record(translator.translate(lead_record())[0]))
        routed = next(
            one
            for one in written
            if "lead.transferred" in envelope.header(one.headers, "ce_type") and one.topic == "hub.outgoing.v1"
        )

        copies = {
            one.topic: envelope.from_record(one.key, one.value, one.headers)
            for one in deliver.copies(as_record(routed), TOPICS)
        }

        assert {"dlv.gy-gaj.v1", "dlv.gy-zd-dd2.v1", "dlv.gy-jcy.v1", "dlv.gy-sfj.v1"} == set(copies)
        assert "facts" in copies["dlv.gy-gaj.v1"].data
        assert "facts" not in copies["dlv.gy-jcy.v1"].data
        assert "suspectedCharges" in copies["dlv.gy-jcy.v1"].data
        assert {"correlationId", "leadId", "transferredAt", "principal", "handler", "toPolice"} == set(
            copies["dlv.gy-sfj.v1"].data
        )
        assert {one.id for one in copies.values()} == {own_event_id("GY-YJJ", "XS-1")}
