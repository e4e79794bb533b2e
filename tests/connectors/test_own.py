"""An installation's own systems and connections: known like those shipped, and every fault told at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry
from connectors.own import OwnInvalid, install
from connectors.serve import connect
from hub.local.topics import installed, load_topics
from hub.settings import Settings
from tests.connectors.sites import site

PARTIES = ("GY-CZJ", "GY-RSJ", "GY-YJJ")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a system of the finance bureau's, made from that of the labour bureau."""
    made = tmp_path / "own"
    shutil.copytree(registry.system("rsj-csv").folder, made / "czj")
    declared = made / "czj" / "connector.yaml"
    text = declared.read_text("utf-8").replace("rsj-csv", "czj-csv").replace("GY-RSJ", "GY-CZJ")
    declared.write_text(text, "utf-8")
    yield made
    registry.install({})


def write(folder: Path, text: str) -> Path:
    (folder / "connectors.yaml").write_text(text, "utf-8")
    return folder


def test_an_own_system_is_read_and_has_a_topic_and_drop_folders(folder: Path, tmp_path: Path) -> None:
    write(folder, "dialects: {czj-csv: czj}")

    topics = load_topics(Settings(connectors_dir=folder), "local")

    assert topics.ingress("GY-CZJ", "czj-csv").name == "evt.gy-czj.czj-csv.v1"
    assert registry.for_party("GY-CZJ") == ("czj-csv",)
    sample = registry.system("czj-csv").folder / "samples/leads.csv"
    assert registry.read("czj-csv", sample.read_bytes())
    assert connect(site(tmp_path, PARTIES), [], ["GY-CZJ"])["czj-csv"].party == "GY-CZJ"


def test_topics_and_connections_come_from_one_reading(folder: Path) -> None:
    """What was compiled of an own system is still there when its topics are asked for."""
    write(folder, "dialects: {czj-csv: czj}\nconnections: {czj-share: {dialect: czj-csv, kind: file}}")
    found = installed(Settings(connectors_dir=folder))
    system = registry.system("czj-csv")

    topics = found.topics("local")
    [connection] = found.own.connections(found.reference.directory.codes()).values()

    assert topics.ingress("GY-CZJ", "czj-csv").name == "evt.gy-czj.czj-csv.v1"
    assert connection.system is system is registry.system("czj-csv")


def test_without_a_file_there_is_nothing_of_its_own(tmp_path: Path) -> None:
    own = install(tmp_path)
    assert (list(own.owners()), own.connections(PARTIES)) == ([], {})
    assert registry.names() == tuple(registry.CONNECTORS)


def test_a_connection_has_settings_of_its_kind(folder: Path, tmp_path: Path) -> None:
    """Files elsewhere, with manifests; the system's folders at the usual place are not made beside them."""
    write(
        folder,
        "connections: {rsj-share: {dialect: rsj-csv, kind: file, settings: {root: share, manifests: true}}}",
    )
    named = install(folder).connections(PARTIES)
    found = connect(site(tmp_path, PARTIES), named.values(), ["GY-RSJ"])

    assert list(found) == ["rsj-share"]
    assert named["rsj-share"].settings.manifests
    assert found["rsj-share"].source is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dialects: {rsj-csv: czj}", "已随附"),
        ("dialects: {czj-csv: nowhere}", "nowhere"),
        ("dialects: {other: czj}", "czj-csv"),
        ("dialects: [czj]", "dialects"),
        ("dialects: {czj-csv: czj", "connectors.yaml"),
        ("connexions: {}", "connexions"),
    ],
)
def test_a_wrong_table_is_not_taken(folder: Path, text: str, told: str) -> None:
    with pytest.raises(OwnInvalid, match=told):
        install(write(folder, text))


def test_every_wrong_connection_is_told_at_once(folder: Path) -> None:
    own = install(
        write(
            folder,
            """
            connections:
              a: {dialect: nothing, kind: file}
              b: {dialect: rsj-csv, kind: pigeon}
              c: {dialect: rsj-csv, kind: file, party: GY-YJJ}
              d: {dialect: rsj-csv, kind: file, settings: {rot: x}}
              e: {dialect: rsj-csv, kind: file}
              f: {dialect: rsj-csv, kind: file}
              g: {dialect: rsj-csv, kind: file, party: GY-XX}
            """,
        )
    )
    with pytest.raises(OwnInvalid) as raised:
        own.connections(PARTIES)

    lines = str(raised.value).splitlines()
    assert [line.split("connections.")[1].split(":")[0] for line in lines] == ["a", "b", "c", "d", "g", "f"]
    assert "settings" not in lines[4]
    assert "rot" in lines[3]
