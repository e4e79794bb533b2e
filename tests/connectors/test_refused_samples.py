"""What goes wrong at each system, and what its people are told: ``samples/refused.*`` beside ``refused.expected.json``."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from connectors import registry
from connectors.protocol import NotUnderstood

FOLDERS = {name: registry.system(name).folder for name in registry.CONNECTORS}
CASES = {
    name: sample
    for name, folder in FOLDERS.items()
    for sample in (folder / "samples").glob("refused.*")
    if "expected" not in sample.name and sample.with_name("refused.expected.json").is_file()
}


def told(dialect: str, sample: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for row in registry.rows(dialect, sample.read_bytes()):
        with pytest.raises(NotUnderstood) as caught:
            if row.error is not None:
                raise row.error
            assert row.record is not None
            registry.dialect(dialect).read(row.record)
        reason = caught.value.as_reason()
        found.append(
            {"row": row.number} | {key: reason[key] for key in ("code", "field", "value", "detailEn") if key in reason}
        )
    return found


@pytest.mark.parametrize("dialect", CASES)
def test_each_record_is_refused_for_its_own_reason(dialect: str) -> None:
    """None is understood by half, and a personal value is never in what is told."""
    expected = orjson.loads((CASES[dialect].parent / "refused.expected.json").read_bytes())

    assert told(dialect, CASES[dialect]) == expected


def test_four_systems_have_such_samples() -> None:
    assert {"jtw-csv", "wlj-form", "rexian-json", "jcy-xml"} <= set(CASES)
