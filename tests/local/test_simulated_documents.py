"""What the simulated systems write, without any hub: their own words, their own mistakes, the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors import registry
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import SHANGHAI, Event
from hub.canonical.refused import Refused
from hub.cli.sim import sim
from hub.local.sim.behaviour import FILE, BehaviourInvalid, read
from hub.local.sim.casting import role
from hub.local.sim.city import City
from hub.local.sim.generate import letters
from hub.local.sim.letter import Letter
from hub.reference import load
from hub.rules.admit import admit

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
MANY = 300
DECLARED = [name for name in registry.CONNECTORS if (registry.folder_of(name) / FILE).is_file()]


def written(dialect: str, seed: int, count: int = MANY) -> list[Letter]:
    return list(islice(letters(role(dialect, load()), load(), seed=seed, now=NOW), count))


def code_of(dialect: str, letter: Letter) -> str:
    """The refusal at the door, as the gateway judges; empty if it may come in."""
    try:
        for draft in registry.read(dialect, letter.encoded()):
            known = Catalogue.load()[draft.type]
            assert (draft.type, draft.own_id) == (letter.event, letter.own_id)
            admit(
                Event(
                    id=letter.event_id, type=draft.type, party=draft.party or registry.system(dialect).owner,
                    key=known.key_of(draft.data), time=known.legal_time(draft.data), recorded=NOW, data=draft.data,
                ),
                NOW, load(),
            )  # fmt: skip
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("dialect", DECLARED)
def test_a_document_is_well_formed_or_refused_as_its_mistake_says(dialect: str) -> None:
    found = written(dialect, 11)

    assert len(found) == MANY
    assert [(each.event, each.mistake, each.refused) for each in found] == [
        (each.event, each.mistake, code_of(dialect, each)) for each in found
    ]


@pytest.mark.parametrize("dialect", DECLARED)
def test_mistakes_have_about_their_share(dialect: str) -> None:
    """Each kind that the file declares for every record turns up, and no more often than thrice its share."""
    found = [each for seed in range(4) for each in written(dialect, seed)]
    made = Counter(each.mistake for each in found)

    for mistake in role(dialect, load()).behaviour.mistakes:
        if not mistake.of and mistake.share >= 0.02:
            assert 0 < made[mistake.kind] <= len(found) * (3 * mistake.share + 0.02), made


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
def test_a_system_without_the_file_sends_what_its_samples_say(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over its first door, and what it writes is read back as the event it says it is."""
    monkeypatch.setattr("hub.local.sim.casting.FILE", "no-such-file.yaml")
    chosen = role(dialect, load())
    assert not chosen.declared
    assert chosen.behaviour.door == registry.system(dialect).kinds[0]

    found = list(islice(letters(chosen, load(), seed=5, now=NOW), 40))

    assert len(found) == 40
    for each in found:
        [draft, *_] = registry.read(dialect, each.encoded())
        assert draft.type == each.event
        assert draft.own_id == each.own_id


def test_the_same_seed_writes_the_same_documents_and_another_others() -> None:
    first, again, other = (b"".join(each.encoded() for each in written("yjj-json", seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_every_record_says_that_it_is_simulated() -> None:
    assert all(each.own_id.startswith("SIM-") for each in written("rsj-csv", 3))
    assert all("虚构" in each.name for each in City.draw(3, 50).enterprises)


def test_documents_are_written_and_told(tmp_path: Path) -> None:
    """The verb writes them; its list says which will come back."""
    done = CliRunner().invoke(
        sim, ["generate", "swj", "-n", "60", "--seed", "4", "--out", str(tmp_path), "-o", "json"], standalone_mode=False
    )

    items = json.loads(done.stdout)["items"]
    assert [each["file"] for each in items] == sorted(path.name for path in tmp_path.iterdir())
    assert {each["refused"] for each in items} == {"", "INVALID_FIELD"}
    for each in items:
        content = (tmp_path / each["file"]).read_bytes()
        if each["refused"]:
            with pytest.raises(Refused) as caught:
                registry.read("swj-xml", content)
            assert caught.value.code == each["refused"]
        else:
            assert [draft.own_id for draft in registry.read("swj-xml", content)] == [each["id"]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("about: x\nabout_en: x\ndoor: post\n", "door"),
        ("about: x\nabout_en: x\ndoor: http\nbegins: {a: {every: soon, steps: [{send: matter.case.filed}]}}\n", "20s, 5m"),
        ("about: x\nabout_en: x\ndoor: http\nanswers: [{to: matter.nothing, steps: [{send: matter.case.filed}]}]\n", "catalogue"),
        ("about: x\nabout_en: x\ndoor: http\nmistakes: [{kind: dead_code, share: 0.1}]\n", "refused"),
        ("about: x\nabout_en: x\ndoor: http\nanswers: [{to: matter.case.filed, when: 'e.(', steps: [{send: matter.case.filed}]}]\n", "when"),
    ],
)  # fmt: skip
def test_a_wrong_behaviour_is_told_when_it_is_read(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / FILE
    path.write_text(wrong, "utf-8")

    with pytest.raises(BehaviourInvalid, match=said):
        read(path)
