"""States written by former versions are read; those of later ones are not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hub.rules.inspection.state import Enterprise
from hub.rules.matter import Matter
from hub.rules.state import FORMAT, UPGRADES, Common, NewerFormat, decode, encode, upgraded

KINDS: dict[str, type[Common]] = {"inspection": Enterprise, "matter": Matter}
RECORDS = sorted((Path(__file__).parent / "states").glob("*.json"))


def test_there_is_a_step_from_every_format_and_a_record_of_it() -> None:
    former = set(range(1, FORMAT))
    assert set(UPGRADES) == former
    assert {int(path.stem.rpartition("-")[2]) for path in RECORDS} == former


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_written_by_a_former_version_is_read_whole_and_written_in_the_present_format(path: Path) -> None:
    kind = KINDS[path.stem.split("-")[0]]
    former = path.read_bytes().strip()
    state = decode(former, kind)
    again = encode(state)
    assert state.seen
    assert state.clocks or isinstance(state, Enterprise)
    assert msgspec.json.decode(again) == msgspec.json.decode(former) | {"format": FORMAT}
    assert decode(again, kind) == state


def test_the_number_stands_first_in_every_record_even_in_the_emptiest() -> None:
    assert encode(Matter(key="M")) == b'{"format":%d,"key":"M"}' % FORMAT


def test_every_step_is_taken_in_turn_from_the_format_found() -> None:
    steps = {
        1: lambda record: {"key": record["name"]},
        2: lambda record: record | {"realm": record["key"] + "~"},
    }
    assert msgspec.json.decode(upgraded(b'{"name":"M"}', steps, 3)) == {"format": 3, "key": "M", "realm": "M~"}
    assert msgspec.json.decode(upgraded(b'{"format":2,"key":"M"}', steps, 3))["realm"] == "M~"


def test_a_later_format_is_refused_and_never_guessed_at() -> None:
    with pytest.raises(NewerFormat, match=f"format {FORMAT + 1}.*start the newer version"):
        decode(b'{"format":%d,"key":"M"}' % (FORMAT + 1), Matter)
