"""Bad input of every kind costs only itself: one dead letter, or a refusal at the door, and everything else goes on."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from hub.canonical.catalogue import Catalogue
from hub.canonical.event import own_event_id
from hub.engine.record import Record
from hub.ops.scan import records
from hub.wire import avro, envelope
from tests.hub.conftest import RunningHub
from tests.hub.facts import fresh_uscc, moment
from tests.hub.test_operating import until

PARTY = "GY-WLJ"
INGRESS, DEAD, DELIVERED = "evt.gy-wlj.canonical.v1", "dlq.gy-wlj.v1", "dlv.gy-wlj.v1"
STRUCTURED = ("content-type", b"application/cloudevents+json")
DIRECT, POSTED, POISON_EACH = 2400, 600, 2

Headers = list[tuple[str, bytes]]


def case(own_id: str, **changes: Any) -> dict[str, Any]:
    data = {
        "correlationId": f"MT-{own_id}", "caseNo": f"AJ-{own_id}", "filedAt": moment(5), "principal": PARTY, "itemCode": "Y1",
        "causeText": "案由", "source": "INSPECTION", "procedure": "SIMPLE", "reviewClass": "SIMPLE", "crossDivision": False,
        "majorComplex": False, "divisionCode": "520115", "subject": {"subjectType": "ENT", "name": "示例企业", "uscc": fresh_uscc()},
        "officers": [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}],
    }  # fmt: skip
    whole = {"specversion": "1.0", "source": f"urn:guiyang:{PARTY}:t", "type": "matter.case.filed", "id": own_id}
    return whole | {"data": data | changes}


def text(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def poisons(number: int) -> dict[str, tuple[bytes | None, Headers]]:
    """Kind → record. *number* makes each one's bytes its own."""
    own = case(f"poison-{number}")
    good = text(own)
    binary = avro.encode("matter.case.filed", own["data"])
    schema = Catalogue.load()["matter.case.filed"].schema_id
    prefix, mark = b"\x00" + schema.to_bytes(4, "big"), b" " * number
    ce: Headers = [("ce_type", b"matter.case.filed"), ("ce_id", b"avro-%d" % number), ("ce_specversion", b"1.0")]
    return {
        "torn JSON": (good[:-20] + mark, [STRUCTURED]),
        "no JSON": (b"\xff\xfe\x00" + mark, [STRUCTURED]),
        "key twice": (good.replace(b'"specversion"', b'"id":"x","specversion"', 1), [STRUCTURED]),
        "not a number": (good.replace(b'"crossDivision": false', b'"crossDivision": NaN'), [STRUCTURED]),
        "too deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000 + mark, [STRUCTURED]),
        "GBK said to be UTF-8": (good.decode().encode("gbk"), [STRUCTURED]),
        "unknown field": (text(case(f"poison-u-{number}", surprise=1)), [STRUCTURED]),
        "unknown party": (text(case(f"poison-p-{number}", principal="GY-XXX")), [STRUCTURED]),
        "another's fact": (text(case(f"poison-o-{number}", principal="GY-YJJ")), [STRUCTURED]),
        "unknown type": (text(own | {"type": "matter.no.such", "id": f"t-{number}"}), [STRUCTURED]),
        "the hub's own type": (text(own | {"type": "matter.lead.advanced", "id": f"h-{number}"}), [STRUCTURED]),
        "very large": (text(case(f"poison-l-{number}", causeText="长" * 250_000)), [STRUCTURED]),
        "unknown Avro id": (b"\x00" + (900_000 + number).to_bytes(4, "big") + b"\x02a", ce),
        "id of a delivery": (b"\x00" + (schema + 100_000).to_bytes(4, "big") + mark, ce),
        "truncated Avro": (binary[: -9 - number], ce),
        "Avro with bytes left over": (binary + b"\x00" * (number + 1), ce),
        "Avro that counts to 2^40": (prefix + b"\xff\xff\xff\xff\xff\x7f" + mark, ce),
        "no magic byte": (b"\x07" + binary + mark, ce),
        "another type in the header": (binary, [("ce_type", b"matter.lead.filed"), ("ce_id", b"z-%d" % number)]),
        "header that is no text": (b"%d" % number, [("content-type", b"\xff\xfe"), ("ce_id", b"\xc3\x28-%d" % number)]),
        "a realm that does not exist, at no time": (
            b"{%d" % number,
            [STRUCTURED, ("ce_realm", b"forged"), ("ce_recordedtime", b"yesterday")],
        ),
        "headers without a value": (b"{-%d" % number, [("content-type", None), ("ce_id", None), ("traceparent", None)]),
        "nothing": (None, [STRUCTURED, ("ce_id", b"nothing-%d" % number)]),
    }


def digest(value: bytes | None) -> str:
    return hashlib.sha256(value or b"").hexdigest()


def read(hub: RunningHub, topic: str, *, after: dict[Any, int] | None = None) -> list[Record]:
    async def all_of_it() -> list[Record]:
        return [record async for record in records(hub.dev["bootstrap"], [topic], after=after)]

    return asyncio.run(all_of_it())


def write(hub: RunningHub, sent: list[tuple[bytes | None, bytes | None, Headers]]) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=hub.dev["bootstrap"], acks="all", max_request_size=1_000_000)
        async with producer:
            futures = [await producer.send(INGRESS, value, key, headers=headers) for key, value, headers in sent]
            await asyncio.gather(*futures)

    asyncio.run(send())


def post(hub: RunningHub, body: bytes, kind: str, **headers: str) -> tuple[int, dict[str, Any]]:
    key = {"idempotency-key": f"poison-{digest(body)[:32]}", "content-type": f"application/cloudevents{kind}+json"}
    with hub.client(PARTY) as http:
        answer = http.post("/v1/events", content=body, headers=key | headers)
        return answer.status_code, answer.json()


@pytest.mark.timeout(150)
def test_one_percent_of_poison_is_dead_letters_exactly_once_and_all_others_are_delivered(
    running_hub: RunningHub,
) -> None:
    began = time.monotonic()
    direct = [f"direct-{number}" for number in range(DIRECT)]
    posted = [f"posted-{number}" for number in range(POSTED)]
    wrong = [
        (kind, value, headers)
        for number in range(POISON_EACH)
        for kind, (value, headers) in poisons(number).items()
        if value is not None or number == 0
    ]
    sent: list[tuple[bytes | None, bytes | None, Headers]] = [
        # Another's key and another's name in the headers are the sender's own affair: neither is believed.
        (b"GY-OTHER", text(case(own_id)), [STRUCTURED, ("ce_fromparty", b"GY-GAJ"), ("ce_sequence", b"7")])
        if place % 100 == 0
        else (None, text(case(own_id)), [STRUCTURED])
        for place, own_id in enumerate(direct)
    ]
    for place, (_, value, headers) in enumerate(wrong):
        sent.insert(place * (DIRECT // len(wrong)), (b"k", value, headers))
    write(running_hub, sent)
    for start in range(0, POSTED, 100):
        body = b"[" + b",".join(text(case(own_id)) for own_id in posted[start : start + 100]) + b"]"
        assert post(running_hub, body, "-batch")[0] == 202

    good = {own_event_id(PARTY, own_id) for own_id in direct + posted}

    def answered() -> tuple[Counter[str], list[dict[str, Any]]]:
        accepted: Counter[str] = Counter()
        refused = []
        for record in read(running_hub, DELIVERED):
            event_type, data = avro.decode(record.value or b"")
            if event_type == "receipt.ingress.accepted":
                accepted[data["eventId"]] += 1
            elif event_type == "receipt.ingress.refused":
                refused.append(data)
        return accepted, refused

    until(lambda: len(answered()[0]) >= len(good) and len(answered()[1]) >= len(wrong), seconds=90)
    accepted, refused = answered()
    letters = read(running_hub, DEAD)
    seconds = time.monotonic() - began

    # Others test beside this one on the same hub: theirs are not counted.
    assert {event_id: accepted[event_id] for event_id in good} == dict.fromkeys(good, 1)
    poison = Counter(digest(value) for _, value, _ in wrong)
    found = Counter(digest(letter.value) for letter in letters)
    assert poison == Counter({each: count for each, count in found.items() if each in poison})
    assert Counter(digest(value) for _, value, _ in wrong) == Counter(one["digest"] for one in refused)
    assert all(one["code"] and one["detail"] for one in refused)
    assert all(envelope.header(letter.headers, "__dlq.errors.message").split(" ")[0].isupper() for letter in letters)
    facts = Counter(
        envelope.header(record.headers, "ce_id")
        for record in read(running_hub, "matter.event.v1")
        if envelope.header(record.headers, "ce_fromparty") == PARTY
    )
    assert facts == Counter(dict.fromkeys(good, 1))
    print(f"poison: {len(good)} good, {len(wrong)} bad of {len(poisons(0))} kinds, {seconds:.1f} s")


def test_poison_is_refused_at_the_door_with_a_code(running_hub: RunningHub) -> None:
    before = len(read(running_hub, DEAD))
    good = text(case("door"))
    refused = {
        "torn JSON": (good[:-9], "", {}),
        "key twice": (good.replace(b'"specversion"', b'"id":"x","specversion"', 1), "", {}),
        "too deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "", {}),
        "GBK": (good.decode().encode("gbk"), "", {}),
        "oversize": (text(case("door-l", causeText="长" * 500_000)), "", {}),
        "bomb": (gzip.compress(b" " * 50_000_000), "", {"content-encoding": "gzip"}),
        "unknown field": (text(case("door-u", surprise=1)), "", {}),
        "unknown party": (text(case("door-p", principal="GY-XXX")), "", {}),
        "batch of nothing": (b"[]", "-batch", {}),
    }
    answers = {kind: post(running_hub, body, shape, **more) for kind, (body, shape, more) in refused.items()}

    assert {kind: status // 100 for kind, (status, _) in answers.items()} == dict.fromkeys(refused, 4)
    assert all(said["code"] and said["title"] for _, said in answers.values())
    assert len(read(running_hub, DEAD)) == before


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]><ShuJuBao>&y;</ShuJuBao>"""


@pytest.mark.parametrize(
    ("party", "name", "value"),
    [
        ("GY-SWJ", "bomb.xml", BOMB),
        ("GY-SWJ", "outside.xml", BOMB.replace(b'"boom"', b'SYSTEM "file:///etc/passwd"')),
        ("GY-RSJ", "nul.csv", b"BWLX,BWBH\r\nJCJHBS,\x00\r\n"),
        ("GY-RSJ", "utf16.csv", "BWLX,BWBH\r\nJCJHBS,1\r\n".encode("utf-16-le")),
        ("GY-YJJ", "deep.json", b"[" * 100_000),
    ],
)
def test_a_poisoned_file_lies_in_err_with_its_reason_and_hash(
    running_hub: RunningHub, party: str, name: str, value: bytes
) -> None:
    home = running_hub.home / ".hub/data/drop" / party
    (home / "inbox").mkdir(parents=True, exist_ok=True)
    part = home / "inbox" / f"{name}.part"
    part.write_bytes(value)
    part.rename(home / "inbox" / name)

    reason = home / "err" / f"{name}.reason.json"
    until(lambda: reason.exists() and (home / "err" / name).exists())
    said = json.loads(reason.read_bytes())
    assert said["sha256"] == digest(value)
    assert all(row["code"] and row["detail"] for row in said["rows"])
    assert (home / "err" / name).read_bytes() == value
    assert not list(Path(home / ".work").glob(f"{name}*"))


def test_what_was_refused_goes_again_once_it_is_fixed_and_only_once(running_hub: RunningHub) -> None:
    """Nobody owns the ticket, so its answer is refused; an owner is determined; the letter goes again; then there is none left."""
    received = {
        "complaintId": "CP-redrive", "complaintNo": "NO-redrive", "receivedAt": moment(30), "channel": "12345", "kind": "投诉",
        "content": "反映问题", "address": "某街道1号", "divisionCode": "520115", "anonymous": False, "confidential": False,
    }  # fmt: skip
    answer = {"complaintId": "CP-redrive", "answeredAt": moment(10), "result": "已办"}
    determined = {"complaintId": "CP-redrive", "determinedAt": moment(5), "ownerSector": "GSH-SWJ", "minuteNo": "1"}

    def send(party: str, name: str, data: dict[str, Any]) -> None:
        event = {"id": f"{name}-redrive", "type": f"complaint.ticket.{name}", "data": data}
        said = running_hub.post(party, event)
        assert said.status_code == 202, said.text

    def open_letters() -> list[dict[str, Any]]:
        return running_hub.items("dlq", "list", "--party", "GSH-SWJ", "--open")

    def answers() -> int:
        heard = running_hub.deliveries("GY-12345", 1)
        return sum(one["type"].endswith("ticket.answered.v1") for one in heard)

    send("GY-12345", "received", received)
    send("GSH-SWJ", "answered", answer)
    [letter] = until(open_letters)
    assert letter["code"] == "NOT_PERMITTED"
    send("GY-LXHY", "determined", determined)
    until(lambda: any("assigned" in one["type"] for one in running_hub.deliveries("GSH-SWJ", 1)))

    assert running_hub.run("dlq", "redrive", "--party", "GSH-SWJ", "--yes").returncode == 0
    until(lambda: answers() == 1)
    assert running_hub.run("dlq", "redrive", "--party", "GSH-SWJ", "--yes").returncode != 0  # none is open any more
    assert running_hub.run("dlq", "redrive", letter["number"], "--yes").returncode in {0, 2}  # told twice by hand
    time.sleep(2)
    assert answers() == 1
    assert open_letters() == []
