"""A connector as far as a sample tells it: form, messages, record number, and what became of every field.

The one rule: every field of the sample has a fate (mapped, nobody's, or undecided), and no fate is silent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.guess import shapes, synonyms
from connectors.guess.evidence import Setting, nobodys
from connectors.guess.form import Form, columns, form_of
from connectors.guess.lexicon import plain
from connectors.guess.matching import Match, Reading, readings
from connectors.guess.refusal import NotGuessed
from connectors.guess.shapes import Column
from connectors.protocol import Record

_TABLES: Final = frozenset({"csv", "tsv", "xlsx"})
_LEAST: Final = 1.5  #: of an event's score: less is a coincidence of names
_SEPARATORS: Final = ("、", ";", "；", ",", "，", "/", "|")
_KINDS: Final = nobodys(synonyms.KINDS)
_NOBODYS: Final = nobodys(synonyms.NOBODYS)
_RECORD_IDS: Final = nobodys(synonyms.RECORD_IDS)


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one kind, read as one event."""

    kind: str  #: as the records say it, or as they are called if they do not
    reading: Reading


@dataclass(slots=True)
class Sketch:
    """What a mapping can be written from."""

    form: Form
    party: str
    parts: list[Part]
    columns: list[Column]
    kind: str = ""  #: the column that tells one kind of record from another
    record_id: str = ""  #: the column with the system's own number of a record
    yes_no: tuple[str, str] | None = None
    ignored: list[str] = field(default_factory=list)
    undecided: dict[str, str] = field(default_factory=dict)  #: column -> what it might be
    separators: dict[tuple[str, str], str] = field(default_factory=dict)  #: (event, list) -> what parts its cells

    @property
    def share(self) -> float:
        """How much of the sample's fields is mapped or known to be nobody's."""
        return 1 - len(self.undecided) / max(1, len(self.columns))


def sketch(name: str, value: bytes, setting: Setting, events: Sequence[str], event: str = "") -> Sketch:
    """What the file *name* with the bytes *value* probably is: one of *events*, or *event* as told. Raise `NotGuessed`."""
    form = form_of(name, value)
    found = columns(form.records)
    kind = _kind_column(found, form)
    title = name.rpartition(".")[0]
    parts = []
    for said, records in _groups(form, kind):
        inner = [each for each in columns(records) if _addressable(each, form) and plain(each.name) not in _NOBODYS]
        inner = [each for each in inner if each.path != kind]
        likely = readings(inner, f"{title} {said}", [event] if event else events, setting)
        best = likely[0]
        if not event and best.score < _LEAST:
            raise NotGuessed(
                f"认不出{said or '样例'}是哪种事件;请用 --event 指明,最像的是: {_nearest(likely)}",
                f"which event {said or 'the sample'} is cannot be seen; say it with --event, the nearest are: {_nearest(likely)}",
            )
        parts.append(Part(said or best.event.title, best))
    made = Sketch(form, setting.party, _distinct(parts), found, kind)
    _choose_yes_no(made)
    _choose_separators(made)
    _choose_record_id(made)
    _settle_rest(made, setting)
    return made


def _nearest(likely: Sequence[Reading]) -> str:
    return "、".join(f"{each.event.name}({each.event.title})" for each in likely[:3])


def _addressable(column: Column, form: Form) -> bool:
    """May a rule name it? A dot in a table's heading would be taken for a path."""
    return not (form.kind in _TABLES and "." in column.path) and column.path.count("[]") <= 1


def _kind_column(found: Sequence[Column], form: Form) -> str:
    for column in found:
        named = plain(column.name) in _KINDS and "." not in column.path and "[]" not in column.path
        if named and column.is_text() and len(column.values) == len(form.records) and len(column.texts()) <= 12:
            return column.path
    return ""


def _groups(form: Form, kind: str) -> list[tuple[str, tuple[Record, ...]]]:
    if not kind:
        return [("", form.records)]
    values = dict.fromkeys(str(record[kind]).strip() for record in form.records)
    return [(each, tuple(r for r in form.records if str(r[kind]).strip() == each)) for each in values]


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """A mapping has one message for an event: of two kinds that look like one event the likelier is taken."""
    best: dict[str, Part] = {}
    for part in parts:
        name = part.reading.event.name
        if name not in best or part.reading.score > best[name].reading.score:
            best[name] = part
    return list(best.values())


def _drop(made: Sketch, unwanted: Sequence[Match], why: str) -> None:
    for part in made.parts:
        for match in [each for each in part.reading.matches if each in unwanted]:
            part.reading.matches.remove(match)
            made.undecided[match.column.path] = f"可能是 {match.target.title}({match.target.path}),但{why}"
            if match.target.mandatory:
                part.reading.missing.append(match.target)


def _choose_yes_no(made: Sketch) -> None:
    """One pair of words for yes and no; what uses another is left to a person."""
    pairs: dict[str, tuple[str, str]] = {}
    bools = [each for part in made.parts for each in part.reading.matches if each.target.field.kind == "bool"]
    for match in bools:
        pair = shapes.yes_no(match.column.texts()) if match.column.is_text() else None
        if pair:
            pairs[match.column.path] = pair
    if pairs:
        made.yes_no = Counter(pairs.values()).most_common(1)[0][0]
        _drop(
            made,
            [each for each in bools if pairs.get(each.column.path, made.yes_no) != made.yes_no],
            "是否的写法与其他列不同",
        )


def _choose_separators(made: Sketch) -> None:
    """Names and certificates of several people in two cells: 周某、吴某 beside 52010311、52010312."""
    for part in made.parts:
        lists: dict[str, list[Match]] = {}
        for match in part.reading.matches:
            if match.target.list and not match.column.inside:
                lists.setdefault(match.target.list, []).append(match)
        for path, matches in lists.items():
            needed = [each for each in matches if each.target.mandatory]
            separator = next((each for each in _SEPARATORS if _parts_alike(needed, each)), "")
            if separator and made.form.kind in _TABLES:
                made.separators[part.reading.event.name, path] = separator
                _drop(
                    made,
                    [each for each in matches if not _parts_alike([*needed, each], separator)],
                    "个数与同列表的其他列不同",
                )


def _parts_alike(matches: Sequence[Match], separator: str) -> bool:
    if not matches or len({len(each.column.values) for each in matches}) != 1:
        return False
    counts = [[str(value).count(separator) for value in each.column.values] for each in matches]
    return any(counts[0]) and all(each == counts[0] for each in counts)


def _choose_record_id(made: Sketch) -> None:
    """The system's own number of a record, or the number of the thing it tells, if each record has another."""
    flat = {
        each.path: each for each in made.columns if "." not in each.path and "[]" not in each.path and each.is_text()
    }
    for path, column in flat.items():
        if plain(column.name) in _RECORD_IDS and column.unique():
            made.record_id = path
            return
    if len(made.parts) != 1:
        return
    for match in made.parts[0].reading.matches:
        target = match.target
        if (
            target.always
            and "." not in target.path
            and target.field.name.endswith(("Id", "No"))
            and match.column.path in flat
        ):
            if match.column.unique():
                made.record_id = match.column.path
            return


def _settle_rest(made: Sketch, setting: Setting) -> None:
    used = {each.column.path for part in made.parts for each in part.reading.matches} | {made.kind, made.record_id}
    hints = {path: hint for part in made.parts for path, hint in part.reading.hints.items()}
    for column in made.columns:
        if column.path in used or column.path in made.undecided:
            continue
        hint = hints.get(column.path)
        if plain(column.name) in _NOBODYS:
            made.ignored.append(column.path)
        elif hint is not None:
            made.undecided[column.path] = f"可能是 {hint.target.title}({hint.target.path})"
        elif known := setting.lexicon.known(column.name):
            made.undecided[column.path] = f"本事件不带 {known};不需要则移入 ignore"
        else:
            made.undecided[column.path] = "契约中没有相近的字段;不需要则移入 ignore"
    made.undecided = {path: why for path, why in made.undecided.items() if path not in used}


def code_of(match: Match, setting: Setting) -> dict[str, str]:
    """What each value of a matched closed list stands for; those nobody knows are left out."""
    texts = match.column.texts()
    if match.target.field.many:
        texts = list(dict.fromkeys(piece for text in texts for piece in text.split(";")))
    found = {
        text: setting.lexicon.value(match.target.field.name, text, match.target.field.enum) for text in texts if text
    }
    return {text: value for text, value in found.items() if value}
