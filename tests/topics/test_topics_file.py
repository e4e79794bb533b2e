"""`topics.yaml`: the project's own, and what a wrong one is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.local.files import project_file
from hub.topics import Topics, TopicsInvalid, UnknownTopic

PARTIES = (
    *("GY-ZD", "GY-ZD-DD1", "GY-YJJ", "GY-RSJ", "GY-SWJ", "GY-NYNCJ", "GY-ZRGHJ", "GY-ZJJ", "GY-STHJJ"),
    *("GY-GAJ", "GY-FY", "GSH-FY", "NM-GAFJ"),
)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Topics]:
    """Load the project's file after *change* has been made to it."""

    def _load(change: Callable[[dict[str, Any]], object] = lambda _: None, environment: str | None = None) -> Topics:
        document = yaml.safe_load(project_file("topics.yaml").read_text("utf-8"))
        change(document)
        path = tmp_path / "topics.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
        return Topics.load(path, PARTIES, environment)

    return _load


def faults(load: Callable[..., Topics], change: Callable[[dict[str, Any]], object]) -> tuple[str, ...]:
    with pytest.raises(TopicsInvalid) as invalid:
        load(change)
    return invalid.value.faults


def test_every_party_of_the_city_has_its_three_topics_from_day_one(hub_topics: Topics) -> None:
    assert len(hub_topics.parties()) == 236
    for party in hub_topics.parties():
        low = party.lower()
        assert hub_topics.ingress(party, "canonical").name == f"evt.{low}.canonical.v1"
        assert hub_topics.delivery(party).name == f"dlv.{low}.v1"
        assert hub_topics.dead_letters(party).name == f"dlq.{low}.v1"


def test_topics_are_found_by_purpose(hub_topics: Topics) -> None:
    assert hub_topics.aggregate("matter").name == "matter.event.v1"
    assert {name: topic.partitions for name, topic in hub_topics.aggregates.items()} == {
        "inspection": 4,
        "matter": 4,
        "complaint": 4,
    }
    assert hub_topics.state("inspections").name == "hub.inspections.state"
    assert hub_topics.state("inspections").partitions == hub_topics.aggregate("inspection").partitions
    assert [hub_topics.clock.name, hub_topics.receipt.name, hub_topics.control.name] == [
        "clock.event.v1",
        "receipt.event.v1",
        "hub.control.v1",
    ]
    assert [hub_topics.outgoing.name, hub_topics.audit.name] == ["hub.outgoing.v1", "audit.chain.v1"]
    assert hub_topics.state("matters").retention is None


@pytest.mark.parametrize(
    ("party", "dialect"),
    [
        ("GY-YJJ", "yjj-json"),
        ("GY-RSJ", "rsj-csv"),
        ("GY-SWJ", "swj-xml"),
        ("GY-ZD", "zhifa-json"),
        ("GY-GAJ", "gongan-xml"),
        ("GY-FY", "fayuan-json"),
        ("GY-NYNCJ", "nyncj-xlsx"),
        ("GY-ZRGHJ", "zrghj-json"),
        ("GY-ZJJ", "zjj-xml"),
        ("GY-STHJJ", "sthjj-jsonl"),
    ],
)
def test_a_connected_system_has_a_topic_of_its_own_dialect(hub_topics: Topics, party: str, dialect: str) -> None:
    topic = hub_topics.ingress(party, dialect)
    assert topic in hub_topics.all_ingress()
    assert (hub_topics.party_of(topic.name), hub_topics.dialect_of(topic.name)) == (party, dialect)


def test_the_brigades_system_speaks_for_all_its_units(hub_topics: Topics) -> None:
    speaks_for = hub_topics.parties_of("evt.gy-zd.zhifa-json.v1")
    assert speaks_for[0] == "GY-ZD"
    assert {"GY-ZD-DD6", "GY-ZD-YY", "GY-ZD-SL"} < set(speaks_for)
    assert hub_topics.parties_of("evt.gy-yjj.yjj-json.v1") == ("GY-YJJ",)


def test_dead_letters_are_as_wide_as_the_widest_source(hub_topics: Topics) -> None:
    assert hub_topics.dead_letters("GY-ZD").partitions == hub_topics.ingress("GY-ZD", "zhifa-json").partitions == 4
    assert hub_topics.dead_letters("GY-FY").partitions == 1


def test_a_party_writes_its_own_topics_and_reads_those_of_whom_it_acts_for(hub_topics: Topics) -> None:
    for party in hub_topics.parties():
        rights = hub_topics.rights(party)
        assert {hub_topics.party_of(topic) for topic in rights.produces} == {party}
        assert {hub_topics.party_of(topic) for topic in rights.consumes} == {party, *rights.acts_for}
        others = {topic for topic in rights.consumes if hub_topics.party_of(topic) != party}
        assert others == {hub_topics.delivery(each).name for each in rights.acts_for}
        assert {acl.principal for acl in rights.acls()} == {f"User:{party.lower()}"}
    assert not any(acl.operation == "WRITE" and acl.name.startswith(("dlv.", "dlq.")) for acl in hub_topics.acls())


def test_the_schemas_named_are_there(hub_topics: Topics) -> None:
    folder = project_file("schemas/avro")
    for topic in hub_topics.all():
        assert topic.schema is None or list(folder.glob(topic.schema)), topic.name


def test_production_replicates_and_one_machine_does_not(load: Callable[..., Topics]) -> None:
    assert load().clock.replication_factor == 3
    assert load().clock.settings["min.insync.replicas"] == "2"
    local = load(environment="local").clock
    assert (local.replication_factor, local.settings["min.insync.replicas"]) == (1, "1")


@pytest.mark.parametrize(
    "ask", [lambda t: t.aggregate("x"), lambda t: t.state("x"), lambda t: t.delivery("XX"), lambda t: t["x"]]
)
def test_asking_for_what_is_not_there_says_so(hub_topics: Topics, ask: Callable[[Topics], object]) -> None:
    with pytest.raises(UnknownTopic, match=r"topics\.yaml has no"):
        ask(hub_topics)


def test_an_unknown_key_is_told_with_its_place(load: Callable[..., Topics]) -> None:
    found = faults(load, lambda document: document["topics"]["clock.event.v1"].update(retenton="P1D"))
    assert found == ("topics.clock.event.v1.retenton: unknown key",)


def test_all_faults_are_told_at_once(load: Callable[..., Topics]) -> None:
    def change(document: dict[str, Any]) -> None:
        document["topics"]["Clock_X.v1"] = document["topics"].pop("clock.event.v1")
        document["topics"]["hub.matters.state"]["settings"] = {}
        document["topics"]["hub.inspections.state"]["follows"] = "nowhere.v1"
        document["parties"]["GY-NOBODY"] = {"dialects": {"x": {}}}
        document["parties"]["GY-GAJ"]["consumes"] = ["dlv.gy-fy.v1"]
        document["parties"]["GY-ZD"]["acts_for"] = ["GY-ZX-*"]

    text = "\n".join(faults(load, change))
    assert "topics.Clock_X.v1: Clock_X.v1 must be lower case segments" in text
    assert "topics.hub.matters.state.settings: state must have cleanup.policy compact" in text
    assert "topics.hub.inspections.state.follows: nowhere.v1 is no topic" in text
    assert "parties.GY-NOBODY: matches no party" in text
    assert "parties.GY-ZD.acts_for: GY-ZX-* matches no party" in text
    assert "parties.GY-GAJ.consumes: dlv.gy-fy.v1" in text


def test_a_missing_role_is_told(load: Callable[..., Topics]) -> None:
    assert faults(load, lambda document: document["topics"].pop("audit.chain.v1")) == ("topics: none has role audit",)
