"""The auditor sees each fault when it is planted in an otherwise clean log, and nothing in the clean one."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
import pytest
from confluent_kafka import Producer

from hub.testing import Broker
from tests.engine.broker import create_topics, unique
from tests.faults.auditor.audit import audit
from tests.faults.auditor.decode import Decoder, Unreadable
from tests.faults.auditor.findings import FAULTS
from tests.faults.auditor.ids import event_id
from tests.faults.auditor.log import Entry, Log, read_log

SCHEMAS = Path(__file__).parents[2] / "schemas" / "avro"
SENDER, RECEIVER = "GY-YJJ", "GY-GAJ"
Plant = Callable[["Case"], None]


class Case:
    """Two events of one key on their whole way, as a hub without faults leaves them."""

    def __init__(self) -> None:
        self.log = Log()
        self.sender: list[dict[str, Any]] = []
        self.receivers: list[dict[str, Any]] = [{"event": "follows", "consumer": "police", "party": RECEIVER}]
        heard: dict[str, None] = {}
        for seq in (1, 2):
            self._event(seq, heard)
        self.add("hub.matters.state", "", value=json.dumps({"seen": heard}).encode())

    def _event(self, seq: int, heard: dict[str, None]) -> None:
        own, kind = f"lead-{seq}", "matter.lead.transferred"
        name = event_id(SENDER, own)
        must = [[RECEIVER, kind, "id"], [SENDER, "receipt.ingress.accepted", "cause"]]
        about = {"party": SENDER, "id": own}
        self.sender.append({"event": "sent", **about, "key": "MT-1", "seq": seq, "type": kind, "must": must})
        self.sender.append({"event": "answered", **about, "accepted": True})
        origin = self.add(f"evt.{SENDER.lower()}.canonical.v1", "").place
        lead = _value(
            "matter.lead.receipted",
            {"correlationId": "MT-1", "leadId": own, "receiptId": "1", "receivedAt": "x", "outcome": "RECEIVED"},
        )
        self.add("matter.event.v1", name, kind, party=SENDER, value=lead, hub_origin=origin)
        self.add(
            "hub.outgoing.v1", name, kind, party=SENDER, value=lead, hub_recipients=f"{RECEIVER}:FULL,GY-JCY:SUPER"
        )
        receipt = _value("receipt.ingress.accepted", {"eventId": name, "digest": "0"})
        answer = {"value": receipt, "ce_causationid": name, "ce_subject": name}
        self.add("receipt.event.v1", f"receipt-{seq}", "receipt.ingress.accepted", **answer)
        self.add(
            "hub.outgoing.v1", f"receipt-{seq}", "receipt.ingress.accepted", hub_recipients=f"{SENDER}:OPEN", **answer
        )
        self.add(f"dlv.{SENDER.lower()}.v1", f"receipt-{seq}", "receipt.ingress.accepted", **answer)
        for party in (RECEIVER, "GY-JCY"):
            self.add(f"dlv.{party.lower()}.v1", name, kind, party=SENDER, value=lead)
        self.receivers.append({"event": "effect", "consumer": "police", "id": name, "type": kind, "subject": "MT-1"})
        heard[name] = None

    def add(
        self,
        topic: str,
        name: str,
        kind: str = "",
        *,
        party: str = "HUB",
        value: bytes = b"",
        aborted: bool = False,
        **headers: str,
    ) -> Entry:
        side = self.log.aborted if aborted else self.log.committed
        offset = len(self.log.committed.get(topic, ())) + len(self.log.aborted.get(topic, ()))
        told = {"ce_id": name, "ce_type": f"cn.guiyang.hub.{kind}.v1", "ce_fromparty": party, **headers}
        entry = Entry(topic, 0, offset, b"MT-1", value, {each: text.encode() for each, text in told.items()})
        side.setdefault(topic, []).append(entry)
        return entry

    def again(self, topic: str, index: int = 0) -> None:
        """The same record once more."""
        entry = copy.copy(self.log.committed[topic][index])
        entry.offset = 1000 + index
        self.log.committed[topic].append(entry)

    def audited(self, folder: Path) -> dict[str, int]:
        folder.mkdir(exist_ok=True)
        for name, lines in (("sender", self.sender), ("receivers", self.receivers)):
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return audit(self.log, folder, SCHEMAS).numbers()


def _value(kind: str, data: dict[str, Any]) -> bytes:
    """Wire bytes by the reference library, which the auditor's own decoder must understand."""
    import io

    schema = json.loads((SCHEMAS / f"{kind}.v1.avsc").read_text())
    out = io.BytesIO()
    out.write(b"\0" + schema["x-id"].to_bytes(4, "big"))
    fields = {field["name"]: data.get(field["name"]) for field in schema["fields"]}
    avro.io.DatumWriter(avro.schema.parse(json.dumps(schema))).write(fields, avro.io.BinaryEncoder(out))
    return out.getvalue()


def lose_the_fact(case: Case) -> None:
    del case.log.committed["matter.event.v1"][1]


def lose_all_copies(case: Case) -> None:
    for party in (RECEIVER, "GY-JCY"):
        del case.log.committed[f"dlv.{party.lower()}.v1"][1]


def lose_at_the_receiver(case: Case) -> None:
    del case.receivers[-1]


def lose_a_dead_letter(case: Case) -> None:
    case.sender[0]["dead"] = True


def lose_a_record_of_the_ingress(case: Case) -> None:
    case.add("evt.gy-rsj.canonical.v1", "")


def copy_twice(case: Case) -> None:
    case.again(f"dlv.{RECEIVER.lower()}.v1")


def receipt_twice(case: Case) -> None:
    case.again("receipt.event.v1")


def translate_twice(case: Case) -> None:
    case.again("matter.event.v1")


def act_twice(case: Case) -> None:
    case.receivers.append(case.receivers[-1])


def say_it_under_another_id(case: Case) -> None:
    receipt = copy.deepcopy(case.log.committed["receipt.event.v1"][0])
    receipt.headers["ce_id"], receipt.offset = b"another", 99
    case.log.committed["receipt.event.v1"].append(receipt)


def a_fact_nobody_sent(case: Case) -> None:
    case.add("matter.event.v1", "ghost", "matter.lead.transferred", party=SENDER, hub_origin="evt.x/0/99")


def a_decision_without_cause(case: Case) -> None:
    case.add("clock.event.v1", "ghost", "clock.started", ce_causationid="nothing")


def a_copy_nobody_addressed(case: Case) -> None:
    case.add(f"dlv.{RECEIVER.lower()}.v1", "ghost", "matter.lead.transferred", party=SENDER)


def an_effect_of_nothing(case: Case) -> None:
    case.receivers.append({"event": "effect", "consumer": "police", "id": "ghost", "type": "x", "subject": ""})


def swap_the_facts(case: Case) -> None:
    case.log.committed["matter.event.v1"].reverse()


def swap_the_copies(case: Case) -> None:
    case.log.committed[f"dlv.{RECEIVER.lower()}.v1"].reverse()


def swap_the_effects(case: Case) -> None:
    case.receivers[1:] = case.receivers[:0:-1]


def act_on_an_aborted_copy(case: Case) -> None:
    case.add(f"dlv.{RECEIVER.lower()}.v1", "undone", "matter.lead.advanced", aborted=True)
    case.receivers.append({"event": "effect", "consumer": "police", "id": "undone", "type": "x", "subject": ""})


def copy_an_aborted_outgoing(case: Case) -> None:
    case.add("hub.outgoing.v1", "undone", "matter.lead.advanced", aborted=True)
    case.add(f"dlv.{RECEIVER.lower()}.v1", "undone", "matter.lead.advanced")


def one_copy_of_two(case: Case) -> None:
    del case.log.committed["dlv.gy-jcy.v1"][1]


def on_its_way_but_not_in_the_log(case: Case) -> None:
    case.add("hub.outgoing.v1", "half", "clock.started", hub_recipients="")


def state_without_the_receipt(case: Case) -> None:
    del case.log.committed["hub.matters.state"][0]


def cut_a_value_short(case: Case) -> None:
    entry = case.log.committed["hub.outgoing.v1"][0]
    entry.value = (entry.value or b"")[:-1]


PLANTED: dict[str, list[Plant]] = {
    "lost": [lose_the_fact, lose_all_copies, lose_at_the_receiver, lose_a_dead_letter, lose_a_record_of_the_ingress],
    "duplicate effects": [copy_twice, receipt_twice, translate_twice, act_twice, say_it_under_another_id],
    "phantom": [a_fact_nobody_sent, a_decision_without_cause, a_copy_nobody_addressed, an_effect_of_nothing],
    "reordered per key": [swap_the_facts, swap_the_copies, swap_the_effects],
    "aborted-visible": [act_on_an_aborted_copy, copy_an_aborted_outgoing],
    "torn": [one_copy_of_two, on_its_way_but_not_in_the_log, state_without_the_receipt, cut_a_value_short],
}


def test_a_clean_log_is_found_clean(tmp_path: Path) -> None:
    assert Case().audited(tmp_path) == dict.fromkeys(FAULTS, 0)


@pytest.mark.parametrize(("fault", "plant"), [(fault, plant) for fault in FAULTS for plant in PLANTED[fault]])
def test_each_planted_fault_is_named(tmp_path: Path, fault: str, plant: Plant) -> None:
    case = Case()
    plant(case)

    assert case.audited(tmp_path)[fault] > 0


def test_repeated_deliveries_are_no_fault(tmp_path: Path) -> None:
    case = Case()
    case.receivers.append(case.receivers[-1] | {"event": "again"})
    case.sender.append(case.sender[0])

    assert case.audited(tmp_path) == dict.fromkeys(FAULTS, 0)


def test_without_journals_nothing_is_judged(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sender's journal"):
        audit(Log(), tmp_path, SCHEMAS)


def test_a_value_with_something_behind_it_is_unreadable() -> None:
    value = _value("receipt.ingress.accepted", {"eventId": "1", "digest": "2"})
    decode = Decoder(SCHEMAS)

    assert decode(value) == ("receipt.ingress.accepted", {"eventId": "1", "digest": "2"})
    with pytest.raises(Unreadable):
        decode(value + b"\0")


def test_nothing_of_the_hub_is_imported() -> None:
    """In a process of its own: what it loads is what an auditor would have to trust."""
    asked = "import sys, tests.faults.auditor.__main__; print([m for m in sys.modules if m.split('.')[0] in ('hub', 'connectors')])"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_aborted_records_are_told_from_committed_ones(kafka: Broker) -> None:
    topic = unique("audited")
    create_topics(kafka.bootstrap, {topic: 1})
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": topic})
    producer.init_transactions(30)
    for name, commit in (("kept", True), ("undone", False)):
        producer.begin_transaction()
        producer.produce(topic, b"x", headers=[("ce_id", name.encode())])
        producer.flush(30)
        (producer.commit_transaction if commit else producer.abort_transaction)(30)

    log = read_log(kafka.bootstrap)

    assert [entry.id for entry in log.committed[topic]] == ["kept"]
    assert [entry.id for entry in log.aborted[topic]] == ["undone"]
