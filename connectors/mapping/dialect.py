"""A dialect made from a mapping file: which message a record is, where its parts stand, and the way back.

The one rule: whatever goes wrong inside comes out as `NotUnderstood` with the place in the record and the line of the rule.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from connectors.mapping import tables
from connectors.mapping.conditions import compile_condition
from connectors.mapping.document import Lined, MappingInvalid, nearest
from connectors.mapping.document import load as load_document
from connectors.mapping.fields import Compiler, Shape, Vocabulary
from connectors.mapping.known import Known
from connectors.mapping.message import Message, joined, step_faults, which
from connectors.mapping.moments import ISO
from connectors.mapping.scalars import NARROW, Style
from connectors.mapping.swift import Swift, swift
from connectors.mapping.unfit import Unfit
from connectors.protocol import MASKED, Draft, Envelope, NotUnderstood, Record
from hub.canonical.catalogue import Catalogue

#: The message that carries every event without a rule of its own, as a notice for people.
NOTICE: Final = "*"

_TOP: Final = frozenset({
    "mapping", "format", "frame", "shape", "formats", "codes", "words", "rules", "messages", "ignore", "unmapped", "tests",
})  # fmt: skip
_TABLES: Final = frozenset({"csv", "tsv", "xlsx"})
_FRAME: Final = frozenset({"kind", "default", "id", "body", "party", "sender", "sequence", "steps"})
_MESSAGE: Final = frozenset({"kind", "when", "fields", "ignore", "leave", "step", "under", "party"})
_NOTICE_FIELDS: Final = ("type", "title", "data")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a record says what it is. Empty = the system has no such field."""

    kind: str
    id: str = ""
    body: str = ""
    party: str = ""
    sender: str = ""  #: on the way out: whose event it is
    sequence: str = ""  #: on the way out: version of the aggregate
    steps: str = ""  #: the number that the events of one record share: ``<number>-<step>`` is the id of each
    default: str = ""  #: the kind of a record that does not say one


class MappedDialect:
    """Implements `Dialect` from a compiled mapping."""

    def __init__(
        self,
        name: str,
        path: Path,
        frame: Frame,
        messages: Sequence[Message],
        notice: Mapping[str, str],
        *,
        refuses: bool,
        narrows: bool,
    ) -> None:
        self._name, self._path, self._frame, self._notice = name, path, frame, notice
        self._refuses, self._narrows = refuses, narrows
        self._swift: dict[str, Swift] = {}
        self._by_event = {message.event: message for message in messages}
        self._by_kind: dict[str, tuple[Message, ...]] = {}
        for message in messages:
            self._by_kind[message.kind] = (*self._by_kind.get(message.kind, ()), message)
        #: The message of a kind that has one only, whatever its records say.
        self._alone = {
            kind: several
            for kind, several in self._by_kind.items()
            if len(several) == 1 and not (several[0].when or several[0].under or several[0].step)
        }

    @property
    def name(self) -> str:
        """As in the topic ``evt.<party>.<name>.v1``."""
        return self._name

    @property
    def frame(self) -> Frame:
        """Where its records say what they are."""
        return self._frame

    @property
    def messages(self) -> Mapping[str, Message]:
        """Event type -> the message it is here."""
        return self._by_event

    def read(self, record: Record) -> Sequence[Draft]:
        """One event, or one for each step that the record tells."""
        frame = self._frame
        kind = self._text(record, frame.kind, required=not frame.default) or frame.default
        own_id, party = self._text(record, frame.id), self._text(record, frame.party)
        if self._notice and kind == self._notice["kind"]:
            return (self._read_notice(record, own_id, party),)
        body = record
        if frame.body:
            body = record.get(frame.body) or {}
            if type(body) is not dict:
                raise NotUnderstood(f"{frame.body} 须为对象", source=frame.body, detail_en="must be an object")
        messages = self._alone.get(kind) or self._messages(kind, body)
        if not messages[0].step:
            return (self._draft(messages[0], record, body, own_id, party),)
        return tuple(
            self._draft(each, record, body, self._step_id(each, record, own_id, alone=len(messages) == 1), party)
            for each in messages
        )

    def _draft(self, message: Message, record: Record, body: Mapping[str, Any], own_id: str, party: str) -> Draft:
        """The event that *message* is in *body*."""
        try:
            if message.party:
                party = message.speaker(body) or party
            if not message.frame or record.keys() <= message.frame:
                quick = (self._swift.get(message.event) or self._compiled(message))(body)
                if quick is not None:
                    return Draft(message.event, quick, own_id, party)
            data = message.codec.read(body)
        except Unfit as error:
            raise self._not_understood(error) from None
        unmapped = message.unknown(record)
        if unmapped and self._refuses:
            raise self._unmapped(message, unmapped)
        return Draft(message.event, data, own_id, party, tuple(unmapped or ()))

    def _step_id(self, message: Message, record: Record, own_id: str, *, alone: bool) -> str:
        """The step's own id: the same in every later version of the record, which tells the former steps again."""
        if not own_id:
            return f"{self._text(record, self._frame.steps, required=True)}-{message.step}"
        if alone:
            return own_id
        raise NotUnderstood(
            f"有 {self._frame.id} 的记录只能含一个环节", source=self._frame.id, rule=self._at(message.line),
            detail_en="a record with an id of its own tells one step", suggestion=f"多个环节的记录请不填 {self._frame.id}",
        )  # fmt: skip

    def write(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> Record | None:
        """The peer's own message; a notice for what it has no message for; None if it takes no notices either."""
        message = self._by_event.get(event_type)
        if message is not None:
            try:
                body = message.codec.write(data)
                message.say(body, envelope.party)
                if self._says(message, body):
                    return self._framed(message.kind, body, envelope)
            except Unfit:
                pass  # this system cannot say it: its people get the notice
        return self._written_notice(event_type, data, envelope) if self._notice else None

    def _says(self, message: Message, body: Mapping[str, Any]) -> bool:
        """Would *body* be read as *message* alone?"""
        if message.step or message.under:
            return [each is message for each in which(self._by_kind[message.kind], body)] == [True]
        return not message.when.expression or message.when.met(body)

    def _compiled(self, message: Message) -> Swift:
        """On first use: a process reads few of the messages that its systems could send."""
        return self._swift.setdefault(message.event, swift(message.codec))

    def _messages(self, kind: str, body: Mapping[str, Any]) -> tuple[Message, ...]:
        candidates = self._by_kind.get(kind, ())
        try:
            found = which(candidates, body)
        except Unfit as error:
            raise self._not_understood(error) from None
        if found:
            return found
        if candidates and candidates[0].step:
            names = "、".join(each.under or each.when.paths[0] for each in candidates)
            raise NotUnderstood(
                f"{kind} 没有任何环节: {names}", source=candidates[0].under, rule=self._at(candidates[0].line),
                detail_en=f"a {kind} that tells no step", suggestion="至少填写一个环节",
            )  # fmt: skip
        if candidates:
            first, when = candidates[0], candidates[0].when
            if not when:  # there is one message only, and nothing where its fields stand
                raise NotUnderstood(
                    f"缺少 {first.under}", source=first.under, rule=self._at(first.line), detail_en="missing"
                )
            names, place = "、".join(when.paths), when.paths[0]
            raise NotUnderstood(
                f"{kind} 的 {names} 不是已知的值",
                source=f"{self._frame.body}.{place}" if self._frame.body else place,
                value="" if when.expression else str(body.get(place, ""))[:40],
                rule=self._at(candidates[0].line),
                detail_en=f"no message {kind} with this {names}",
            )
        raise NotUnderstood(
            "未知的报文类型", source=self._frame.kind, value=kind[:40], detail_en="no such kind of message",
            suggestion=_nearest(kind, self._by_kind),
        )  # fmt: skip

    def _text(self, record: Record, name: str, *, required: bool = False) -> str:
        if not name and not required:
            return ""
        value = record.get(name, "")
        if type(value) is not str or (required and not value.strip()):
            said = f"缺少 {name}" if not value or type(value) is str else f"{name} 须为文本"
            raise NotUnderstood(said, source=name, detail_en="missing or not a text")
        value = value.strip()
        return value.translate(NARROW) if self._narrows else value

    def _framed(self, kind: str, body: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
        frame = self._frame
        record: dict[str, Any] = {frame.kind: kind}
        envelope_fields = (
            (frame.id, envelope.id),
            (frame.sender, envelope.party),
            (frame.sequence, str(envelope.sequence)),
        )
        record.update({name: value for name, value in envelope_fields if name and value})
        if frame.body:
            record[frame.body] = body
        else:
            record.update(body)
        return record

    def _read_notice(self, record: Record, own_id: str, party: str) -> Draft:
        body = record.get(self._frame.body, {}) if self._frame.body else record
        try:
            data = orjson.loads(body[self._notice["data"]])
            event = body[self._notice["type"]]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            data = event = None
        if type(data) is not dict or type(event) is not str:
            raise NotUnderstood("通知内容不能解析", source=self._notice["data"], detail_en="not a notice of the hub")
        return Draft(event, data, own_id, party)

    def _written_notice(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
        words = self._notice
        known = Catalogue.load().get(event_type)
        body = {words["type"]: event_type, words["data"]: orjson.dumps(data).decode()}
        if known is not None and known.title:
            body[words["title"]] = known.title
        return self._framed(words["kind"], body, envelope)

    def _at(self, line: int) -> str:
        return f"{self._path.parent.name}/{self._path.name}:{line}"

    def _not_understood(self, error: Unfit) -> NotUnderstood:
        body = self._frame.body
        place = f"{body}.{error.place}" if body else error.place
        shown = "" if error.value is None else MASKED if error.personal else str(error.value)[:80]
        # a table's advice may quote the value
        advice = "" if error.personal else error.suggestion
        return NotUnderstood(
            error.detail,
            source=place,
            value=shown,
            rule=self._at(error.line),
            suggestion=advice,
            detail_en=error.detail_en,
        )

    def _unmapped(self, message: Message, paths: list[str]) -> NotUnderstood:
        return NotUnderstood(
            f"未处理字段 {len(paths)} 个: {'、'.join(path[:80] for path in paths[:5])}",
            source=paths[0][:200], rule=self._at(message.line), detail_en=f"{len(paths)} fields that no rule names",
            suggestion="请在映射中补规则,或列入 ignore",
        )  # fmt: skip


def _nearest(kind: str, kinds: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(kind, kinds, n=3, cutoff=0.4)
    return f"已知类型: {'、'.join(near or list(kinds)[:8])}"


def load(path: Path, name: str) -> MappedDialect:
    """Compile the mapping file *path* of the dialect *name*. Raise `MappingInvalid` with all faults at once."""
    return compiled(load_document(path), path, name)


def compiled(document: Lined, path: Path, name: str) -> MappedDialect:
    """The mapping *document*, which stands or would stand in *path*."""
    for section in ("format", "frame", "messages"):
        if not isinstance(document.get(section), Lined):
            raise MappingInvalid(f"{path}: line {document.lines.get(section, 1)}: {section} is missing or no map")
    for section in ("words", "rules", "formats", "shape"):
        if not isinstance(document.get(section, Lined()), Lined):
            raise MappingInvalid(f"{path}: line {document.lines[section]}: {section} is no map")
    try:
        return _compiled(document, path, name)
    except (AttributeError, KeyError, TypeError, tables.TableError) as error:
        raise MappingInvalid(f"{path}: a part has not the form that README.md of connectors/ says: {error}") from None


def _compiled(document: Lined, path: Path, name: str) -> MappedDialect:
    faults = [
        f"line {document.lines[key]}: {key} is not known{nearest([key], _TOP)}" for key in document if key not in _TOP
    ]
    try:
        frame, vocabulary = _frame(document), _vocabulary(document, path)
    except (KeyError, TypeError, ValueError) as error:
        raise MappingInvalid(f"{path}: {error}") from None
    messages, notice = [], dict[str, str]()
    for event, written in document["messages"].items():
        line = document["messages"].lines[event]
        spec = written if isinstance(written, Lined) else Lined(kind=written)
        if event == NOTICE:
            notice = {str(key): str(value) for key, value in spec.items()}
            faults.extend(
                f"line {line}: {NOTICE} needs {key}" for key in ("kind", *_NOTICE_FIELDS) if key not in notice
            )
            continue
        message = _message(event, spec, line, document=document, frame=frame, vocabulary=vocabulary)
        messages += [message] if message else []
    faults += vocabulary.faults + step_faults(messages, frame.steps)
    if faults:
        raise MappingInvalid("\n".join([f"{path}: {len(faults)} fault(s)", *(f"  {fault}" for fault in faults)]))
    unmapped = document.get("unmapped", "refuse")
    style = vocabulary.shape.style
    return MappedDialect(
        name, path, frame, joined(messages), notice, refuses=unmapped == "refuse", narrows=style.wide or style.by_hand
    )


def _frame(document: Lined) -> Frame:
    frame = document["frame"]
    if unknown := set(frame) - _FRAME:
        raise ValueError(f"frame: {', '.join(sorted(unknown))} is not known")
    return Frame(**frame)


def _vocabulary(document: Lined, path: Path) -> Vocabulary:
    formats, shape = document.get("formats", {}), document.get("shape", {})
    yes_no = formats.get("bool")
    kind = document["format"]["kind"]
    style = Style(
        datetimes=tuple(formats.get("datetime", (ISO,))),
        dates=tuple(formats.get("date", ("%Y-%m-%d",))),
        typed=kind in {"json", "jsonl"} and formats.get("numbers") != "text",
        wide=formats.get("digits") == "full-width",
        by_hand=formats.get("typed") == "by-hand",
        yes_no=(yes_no[0], yes_no[1]) if yes_no else None,
    )
    shapes = Shape(
        style, shape.get("attributes", False), shape.get("flat", False), shape.get("item", ""), kind in _TABLES
    )
    codes = tables.load(path.parent, document["codes"]) if "codes" in document else {}

    def load_table(name: str) -> tables.Table:
        file, _, field = name.partition("#")
        found = tables.load(path.parent, file)
        return found[field] if field else next(iter(found.values()))

    rules = document.get("rules", Lined())
    if isinstance(rules, Lined) and not hasattr(rules, "lines"):
        rules.lines = {}
    return Vocabulary(shapes, document.get("words", {}), rules, codes, load_table)


def _message(
    event: str, spec: Lined, line: int, *, document: Lined, frame: Frame, vocabulary: Vocabulary
) -> Message | None:
    event_type = Catalogue.load().get(event)
    if event_type is None:
        vocabulary.faults.append(
            f"line {line}: {event} is no event of the contract{nearest([event], Catalogue.load())}"
        )
        return None
    vocabulary.faults.extend(f"line {line}: {event}: {key} is not known" for key in spec if key not in _MESSAGE)
    rules = spec.get("fields", Lined())
    if not hasattr(rules, "lines"):
        rules.lines = {}
    compiler = Compiler(vocabulary, event, rules, spec.get("leave", ()), line)
    known = Known()
    for name in (
        frame.kind,
        frame.id,
        frame.party,
        frame.sender,
        frame.sequence,
        frame.steps,
        *document.get("ignore", ()),
    ):
        if name:
            known.add(name)
    body = known.child(frame.body) if frame.body else known
    under, party = str(spec.get("under", "")), str(spec.get("party", ""))
    try:
        condition = compile_condition(spec.get("when", {}), under)
    except ValueError as error:
        vocabulary.faults.append(f"line {line}: {event} when: {error}")
        return None
    for name in condition.paths:
        body.add(name)
    if party:
        body.add(party)
    for name in spec.get("ignore", ()):
        body.claim(name)
    codec = compiler.object(event_type.fields, body, prefix=f"{under}." if under else "")
    vocabulary.faults.extend(f"line {line}: {event}: {name} is no field of this event" for name in compiler.unused())
    around = known.names() if frame.body else frozenset[str]()
    return Message(
        str(spec.get("kind", "")), event, condition, codec, around, known, known.finder(), line,
        str(spec.get("when", "")), str(spec.get("step", "")), under, party,
    )  # fmt: skip
