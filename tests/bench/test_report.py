"""What the table, the page and the charts make of known runs; and what a processor's folder says."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.processors import SetupFailed, find, names, prepare
from tests.bench.report import ratios, rows, write


def _run(processor: str, number: int, rate: float, guarantee: str = "exactly-once", faults: str = "") -> dict[str, Any]:
    figures = {
        "events_per_second": rate,
        "cpu_per_100k": 100_000 / max(rate, 1),
        "broker_cpu_per_100k": 0.5,
        "peak_mib": 100.0,
        "window_seconds": 5.0,
        "first_output_seconds": 1.0,
    }
    return {
        "round": number,
        "processor": processor,
        "guarantee": guarantee,
        "figures": {} if faults else figures,
        "faults": faults,
    }


RESULTS: dict[str, Any] = {
    "date": "2026-11-23",
    "commit": "abc",
    "machine": {"cores": 2, "model": "a machine", "memory_gib": 24.0, "system": "Linux 6"},
    "versions": {"kafka": "4.2.1", "java": "17", "python": "3.11"},
    "work": {"events": 200_000, "enterprises": 20_000, "commit_ms": 100},
    "processors": {
        "hub": {"title": "the hub", "language": "Python", "notes": "", "libraries": {}},
        "loop": {"title": "a <loop>", "language": "Python", "notes": "plain", "libraries": {"confluent-kafka": "2.13"}},
    },
    "runs": [
        _run("hub", 1, 30_000),
        _run("loop", 1, 20_000),
        _run("hub", 2, 15_000),  # a noisy round slows both
        _run("loop", 2, 10_000),
        _run("hub", 3, 33_000),
        _run("loop", 3, 1, faults="1 missing (x)"),
        _run("loop", 1, 15_000, "at-least-once"),
    ],
}


def test_ratios_are_taken_within_a_round_and_faulty_runs_have_none() -> None:
    assert ratios(RESULTS, "exactly-once", "loop") == [1.5, 1.5]
    assert ratios(RESULTS, "at-least-once", "loop") == [2.0]


def test_rows_hold_the_medians_the_fastest_first() -> None:
    table = rows(RESULTS)

    assert [(row["guarantee"], row["processor"]) for row in table] == [
        ("exactly-once", "hub"),
        ("exactly-once", "loop"),
        ("at-least-once", "loop"),
    ]
    assert (table[0]["events_per_second"], table[0]["spread"], table[0]["rounds"]) == ("30,000", "15,000–33,000", "3/3")
    assert (table[1]["ratio"], table[1]["rounds"], table[1]["faults"]) == ("1.50", "2/3", "1 missing")


def test_the_page_and_its_charts_are_written(tmp_path: Path) -> None:
    written = {path.name: path.read_text() for path in write(RESULTS, tmp_path)}

    assert set(written) == {"peers.md", "peers.svg", "peers-cpu.svg", "peers-memory.svg"}
    assert "| a <loop> | 2/3 | 15,000 | 10,000–20,000 | 1.50 |" in written["peers.md"]
    assert "a <loop>: no figure in some runs: 1 missing" in written["peers.md"]
    chart = ElementTree.fromstring(written["peers.svg"])
    bars = [each for each in chart.iter("{http://www.w3.org/2000/svg}rect") if each.get("x") == "230"]
    widths = [float(each.get("width", "0")) for each in bars if each.get("height") == "14"]
    assert widths == pytest.approx([530 * 30 / 33, 530 * 15 / 33, 530 * 15 / 33], abs=0.1)


def test_the_page_says_who_was_killed_and_what_became_of_it(tmp_path: Path) -> None:
    kills = {**RESULTS, "runs": [_run("loop", 1, 0, faults="9 missing (x)"), _run("hub", 1, 1) | {"figures": {}}]}

    page = next(path for path in write(RESULTS, tmp_path, kills) if path.suffix == ".md").read_text()

    assert "| the hub | exactly-once | 1 | 1 |  |" in page
    assert "| a <loop> | exactly-once | 1 | 0 | 9 missing |" in page


def _folder(peers: Path, name: str, **said: str) -> None:
    (peers / name).mkdir(parents=True)
    lines = {"title": name, "language": "shell", "guarantees": "[at-least-once]", "run": "[sleep, '1']"} | said
    (peers / name / "processor.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))


def test_an_environment_is_made_once_and_again_when_its_folder_changes(tmp_path: Path) -> None:
    peers, homes = tmp_path / "peers", tmp_path / "homes"
    _folder(peers, "one", setup="[sh, -c, 'echo made >> $BENCH_ENV/../count']")
    said: list[str] = []

    prepare(find("one", homes, peers=peers), said.append)
    prepare(find("one", homes, peers=peers), said.append)
    assert (homes / "count").read_text() == "made\n"

    (peers / "one" / "requirements.txt").write_text("orjson==3.11.0\nsix==1.17.0\ntyping-extensions==4.16.0\n")
    (peers / "one" / "main.py").write_text("from typing import Any\n\nimport orjson\n")
    changed = find("one", homes, peers=peers)
    prepare(changed, said.append)
    assert (homes / "count").read_text() == "made\nmade\n"
    assert changed.pins() == {"orjson": "3.11.0", "six": "1.17.0", "typing-extensions": "4.16.0"}
    assert changed.libraries() == {"orjson": "3.11.0"}
    assert len(said) == 2


def test_a_setup_that_fails_says_its_last_lines_and_is_tried_again(tmp_path: Path) -> None:
    peers, homes = tmp_path / "peers", tmp_path / "homes"
    _folder(peers, "two", setup="[sh, -c, 'echo no such tool; exit 3']")

    for _ in range(2):
        with pytest.raises(SetupFailed, match="ended with 3\nno such tool"):
            prepare(find("two", homes, peers=peers), lambda _: None)


def test_a_folder_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, "typo", guarantees="[exactly_once]")

    with pytest.raises(ValueError, match="guarantees"):
        find("typo", tmp_path, peers=tmp_path)
    with pytest.raises(LookupError, match="there are: typo"):
        find("none", tmp_path, peers=tmp_path)


def test_pins_are_read_from_every_kind_of_build_file(tmp_path: Path) -> None:
    _folder(tmp_path, "all")
    (tmp_path / "all" / "go.mod").write_text(
        "module bench\n\ngo 1.26\n\nrequire github.com/twmb/franz-go v1.20.0\n\nrequire (\n"
        "\tgithub.com/google/uuid v1.6.0\n\tgithub.com/klauspost/compress v1.18.0 // indirect\n)\n"
    )
    (tmp_path / "all" / "pom.xml").write_text(
        "<project><properties><kafka.version>4.2.1</kafka.version></properties><dependencies>"
        "<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-streams</artifactId>"
        "<version>${kafka.version}</version></dependency></dependencies></project>"
    )

    assert find("all", tmp_path, peers=tmp_path).pins() == {
        "github.com/twmb/franz-go": "v1.20.0",
        "github.com/google/uuid": "v1.6.0",
        "kafka-streams": "4.2.1",
    }


@pytest.mark.parametrize("name", names())
def test_every_folder_of_a_processor_holds(name: str, tmp_path: Path) -> None:
    processor = find(name, tmp_path)

    assert processor.title
    assert processor.notes
    assert processor.guarantees
