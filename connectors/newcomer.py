"""Makes the folder of a new system from a sample, and enters it into the installation's own ``connectors.yaml``.

The one rule: all or nothing, and nothing is overwritten: the folder appears complete under its name, then the entry is made.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from connectors import formats, registry
from connectors.guess import NotGuessed, Sketch, page, sketch
from connectors.guess.evidence import Setting
from connectors.guess.lexicon import Lexicon, lexicon
from connectors.mapping import MappingInvalid
from connectors.mapping import load as load_mapping
from connectors.mapping.document import load as load_document
from connectors.own import FILE
from connectors.protocol import Draft, NotUnderstood
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check as check_event
from hub.canonical.refused import Refused

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,19}").fullmatch
_SECTIONS: Final = ("dialects", "connections")
_UNSAFE: Final = re.compile(r"[^\w一-鿿.-]+")
#: Kinds that need no entry under ``connections``: drop folders and the gateway are there for every system.
PLAIN_KINDS: Final[Mapping[str, tuple[str, ...]]] = {"file": ("file", "http"), "http": ("http",)}


class NotMade(Exception):
    """The connector was not made; both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    name: str
    kind: str
    party: str
    title: str
    sample: Path
    event: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  #: placeholders of the kind


@dataclass(slots=True)
class Newcomer:
    """What was made."""

    folder: Path
    dialect: str
    sketch: Sketch
    understood: int = 0  #: records of the sample that are well-formed events
    findings: list[str] = field(default_factory=list)  #: why the others are not


def shipped_lexicon() -> Lexicon:
    """The words of every shipped system."""
    folders = [registry.folder_of(dialect) for dialect in registry.CONNECTORS]
    documents = [load_document(folder / "mapping.yaml") for folder in folders]
    tables = [
        _table(folder / each["codes"]) for folder, each in zip(folders, documents, strict=True) if "codes" in each
    ]
    return lexicon(documents, tables)


def _table(path: Path) -> Iterable[Mapping[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def make(own: Path, wish: Wish, parties: Mapping[str, str], events: Sequence[str]) -> Newcomer:
    """Make the connector that *wish* asks for under *own*. Raise `NotGuessed` or `NotMade`."""
    target = own / wish.name
    if not NAME(wish.name):
        raise NotMade(
            "名称须为小写字母开头的字母、数字、-,至多 20 个", "a name is a letter, then letters, digits, -: at most 20"
        )
    if target.exists():
        raise NotMade(f"{target} 已存在: 请换名或先移走", f"{target} exists: take another name, or move it away")
    value = wish.sample.read_bytes()
    setting = Setting(shipped_lexicon(), wish.party, parties)
    made = sketch(wish.sample.name, value, setting, events, wish.event)
    dialect = f"{wish.name}-{made.form.kind}"
    if dialect in registry.names():
        raise NotMade(f"已有方言 {dialect}", f"there is a dialect {dialect} already")
    own.mkdir(parents=True, exist_ok=True)
    being_made = Path(tempfile.mkdtemp(prefix=f".{wish.name}-", dir=own))
    try:
        being_made.chmod(0o755)
        newcomer = _written(being_made, wish, dialect, made, value, setting)
        connection = None
        if wish.settings:
            connection = {"dialect": dialect, "kind": wish.kind, "settings": dict(wish.settings)}
        enter(own / FILE, being_made, target, dialect, connection)
    finally:
        shutil.rmtree(being_made, ignore_errors=True)
    newcomer.folder = target
    return newcomer


def _written(folder: Path, wish: Wish, dialect: str, made: Sketch, value: bytes, setting: Setting) -> Newcomer:
    kinds = PLAIN_KINDS.get(wish.kind, (wish.kind,))
    sample = _safe(wish.sample.name)
    for place in ("tables", "samples"):
        (folder / place).mkdir()
    (folder / "samples" / sample).write_bytes(value)
    (folder / "tables/codes.csv").write_text(page.codes_text(made, setting), "utf-8")
    (folder / "connector.yaml").write_text(page.connector_text(made, wish.name, dialect, wish.title, kinds), "utf-8")
    (folder / "README.md").write_text(page.readme_text(wish.name, dialect, wish.title, wish.party), "utf-8")
    mapping = folder / "mapping.yaml"
    mapping.write_text(page.mapping_text(made, wish.name, sample, setting, understood=False), "utf-8")
    newcomer = Newcomer(folder, dialect, made)
    drafts = _tried(newcomer, mapping, value)
    if not newcomer.findings:
        golden = [{"type": each.type, "ownId": each.own_id, "party": each.party, "data": each.data} for each in drafts]
        expected = folder / "samples" / f"{sample.rpartition('.')[0]}.expected.json"
        expected.write_bytes(orjson.dumps(golden, option=orjson.OPT_INDENT_2) + b"\n")
        mapping.write_text(page.mapping_text(made, wish.name, sample, setting, understood=True), "utf-8")
    return newcomer


def _tried(newcomer: Newcomer, mapping: Path, value: bytes) -> list[Draft]:
    """Every event of the sample; what is not understood or not well formed is told."""
    try:
        dialect = load_mapping(mapping, newcomer.dialect)
    except MappingInvalid as error:
        told = str(error).replace(f"{mapping.parent}{os.sep}", "")
        raise NotGuessed(
            f"猜出的映射不成立: {told[:300]}", f"the mapping that was guessed does not hold: {told[:300]}"
        ) from None
    drafts: list[Draft] = []
    catalogue = Catalogue.load()
    for row in formats.make(newcomer.sketch.form.options).decode(value):
        try:
            if row.record is None:
                raise row.error or NotUnderstood("")
            found = dialect.read(row.record)
            for draft in found:
                check_event(catalogue[draft.type], draft.data)
        except Refused as error:
            newcomer.findings.append(f"{row.number}: {error.code} {error.pointer} {error.detail}")
        else:
            drafts += found
            newcomer.understood += 1
    return drafts


def _safe(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{_UNSAFE.sub('-', stem or 'sample').strip('.-') or 'sample'}.{suffix.lower()}"


def enter(path: Path, made: Path, target: Path, dialect: str, connection: Mapping[str, Any] | None = None) -> None:
    """Give the folder *made* its name *target*, and enter it into the table *path*. Raise `NotMade`."""
    entered = _entered(path, target.name, dialect, connection)
    made.rename(target)
    _replace(path, entered)


def _entered(path: Path, name: str, dialect: str, connection: Mapping[str, Any] | None) -> str:
    """The text of *path* with one more dialect, and a connection if there is one; comments stay."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only where a file that people write is changed
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    yaml = YAML()
    yaml.width = 120
    try:
        document: Any = yaml.load(path.read_text("utf-8")) if path.exists() else None
    except (YAMLError, UnicodeDecodeError) as error:
        raise NotMade(f"{path} 不能解析: {str(error)[:200]}", f"{path} cannot be read: {str(error)[:200]}") from None
    document = {} if document is None else document
    if not isinstance(document, dict) or not all(isinstance(document.get(each) or {}, dict) for each in _SECTIONS):
        raise NotMade(f"{path} 的 dialects、connections 须为映射", f"{path}: dialects and connections are maps")
    for section, key, value in ((_SECTIONS[0], dialect, name), (_SECTIONS[1], name, connection)):
        if value is None:
            continue
        if document.get(section) is None:
            document[section] = {}
        if key in document[section]:
            raise NotMade(f"{path} 的 {section} 已有 {key}", f"{section} of {path} has {key} already")
        document[section][key] = value
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
