"""Compiles the fields of one event, or of a block inside it, into two closures: read an object, write an object.

The one rule: every field of the schema has a rule or is left out by name, and every rule works both ways. What a rule does
not say (its type, whether it is a list) is taken from the schema; its name in the system from the dictionary ``words``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.mapping import operators, scalars
from connectors.mapping.cells import escape, join, part, unescape
from connectors.mapping.document import Lined
from connectors.mapping.known import Known
from connectors.mapping.scalars import Codec, Style
from connectors.mapping.tables import Table
from connectors.mapping.unfit import Unfit
from hub.canonical.catalogue import Field

_OPERATORS: Final = frozenset(
    {"from", "const", "as", "formats", "table", "else", "each", "map", "concat", "when", "prefix", "default"}
)
_KINDS: Final = {"dt": "datetime", "date": "date", "dateOrDt": "moment", "uscc": "uscc"}
#: Classes whose values never stand in an error.
_SECRET: Final = frozenset("wpsi")


@dataclass(frozen=True, slots=True)
class Shape:
    """How one system nests things."""

    style: Style
    attributes: bool = False  #: single values are XML attributes
    flat: bool = False  #: a block's fields stand beside the others, under its name and ``_``
    item: str = ""  #: XML element of one entry of a list, inside the list's element
    cells: bool = False  #: lists are texts in one cell


@dataclass(slots=True)
class Vocabulary:
    """What the rules of one system share."""

    shape: Shape
    words: Mapping[str, str]  #: canonical name -> the system's, wherever it stands
    rules: Lined  #: canonical name -> rule, wherever it stands
    tables: Mapping[str, Table]
    load_table: Callable[[str], Table]
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One field: where it stands and how it turns."""

    name: str
    key: str | None  #: its name in the source object; None: `read` looks at the whole object
    read: Callable[[Any], Any]
    put: Callable[[dict[str, Any], Any], None]
    line: int
    personal: bool


class Compiler:
    """Compiles the rules of one message. *spec* are its own rules by dotted path; *event* its type."""

    def __init__(self, vocabulary: Vocabulary, event: str, spec: Lined, leave: Sequence[str], line: int) -> None:
        self._words = vocabulary
        self._event, self._spec, self._leave, self._line = event, spec, frozenset(leave), line
        self._used: set[str] = set()

    def object(
        self,
        fields: Sequence[Field],
        known: Known,
        *,
        at: str = "",
        prefix: str = "",
        own: Mapping[str, Any] | None = None,
    ) -> Codec:
        """Both directions of an object with *fields*; *own* are the rules of a ``map``."""
        steps, left = [], []
        for each in fields:
            path = f"{at}.{each.name}" if at else each.name
            if path in self._leave:
                left.append(each.name)
                self._used.add(path)
                continue
            try:
                steps.append(self._step(each, path, known, prefix, own or {}))
            except (ValueError, KeyError) as error:
                self._words.faults.append(f"line {self._line_of(path)}: {self._event} {path}: {error.args[0]}")
        return _object(steps, left)

    def unused(self) -> list[str]:
        """Rules of the message that name no field."""
        return sorted((set(self._spec) | self._leave) - self._used)

    def _line_of(self, path: str) -> int:
        return self._spec.lines[path] if path in self._spec else self._line

    def _step(self, each: Field, path: str, known: Known, prefix: str, own: Mapping[str, Any]) -> Step:
        rule, line = self._rule(each, path, own)
        if unknown := set(rule) - _OPERATORS:
            raise ValueError(f"no such operator: {', '.join(sorted(unknown))}")
        if each.many:
            key, read, put = self._list(each, path, rule, known, prefix)
        elif each.record is not None:
            key, read, put = self._block(each, path, rule, known, prefix)
        else:
            key, read, put = self._scalar(each, rule, known, prefix)
        personal = bool(each.classes & _SECRET or each.person_classes)
        return Step(each.name, key, read, put, line, personal)

    def _rule(self, each: Field, path: str, own: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
        line = self._line
        if path in self._spec:
            self._used.add(path)
            rule, line = self._spec[path], self._spec.lines[path]
        elif each.name in own:
            rule = own[each.name]
        elif each.name in self._words.rules:
            rule, line = self._words.rules[each.name], self._words.rules.lines[each.name]
        else:
            rule = {}
        return ({"from": rule} if isinstance(rule, str) else rule), line

    def _name(self, each: Field, rule: Mapping[str, Any], prefix: str) -> str:
        name = rule.get("from", rule.get("each"))
        if name is None:
            name = self._words.words.get(each.name)
            if name is None:
                raise ValueError(f"the dictionary has no word for {each.name}")
        return prefix + str(name)

    def _codec(self, each: Field, rule: Mapping[str, Any], style: Style) -> Codec:
        table = self._words.load_table(rule["table"]) if "table" in rule else None
        kind = rule.get("as") or ("table" if table else "")
        if not kind:
            if each.enum:
                table = self._words.tables.get(f"{self._event}.{each.name}") or self._words.tables.get(each.name)
                if table is None:
                    raise ValueError(f"a closed list without a code table: {', '.join(each.enum)}")
            money = each.kind == "int" and each.name.endswith("Fen")
            kind = (
                "table"
                if table
                else _KINDS.get(each.form) or ("fen" if money else {"string": "text"}.get(each.kind, each.kind))
            )
        if table and (missing := [value for value in each.enum if value not in table.codes]):
            raise ValueError(f"{table.path} has no code of {table.field} for {', '.join(missing)}")
        if "formats" in rule:
            formats = tuple(rule["formats"])
            style = replace(style, dates=formats, datetimes=formats)
        codec = scalars.make(
            kind, style, table=table, lenient=rule.get("else") == "keep", remember=not each.classes & _SECRET
        )
        return scalars.prefixed(codec, rule["prefix"]) if "prefix" in rule else codec

    def _scalar(self, each: Field, rule: Mapping[str, Any], known: Known, prefix: str) -> tuple[str | None, Any, Any]:
        if "const" in rule:
            return operators.const(rule["const"])
        codec = self._codec(each, rule, self._words.shape.style)
        if "concat" in rule:
            paths = [prefix + str(path) for path in rule["concat"]]
            for path in paths:
                known.claim(path)
            return operators.concat(paths)
        name = self._name(each, rule, prefix)
        if self._words.shape.attributes and "from" not in rule:
            name = f"@{name}"
        known.claim(name)
        step = operators.place(name, codec)
        if "default" in rule:
            step = operators.default(step, rule["default"])
        return self._conditional(step, rule, known)

    def _conditional(self, step: operators.Placed, rule: Mapping[str, Any], known: Known) -> operators.Placed:
        if "when" not in rule:
            return step
        for name in rule["when"]:
            known.add(name)
        return operators.when(step, operators.condition(rule["when"]))

    def _block(self, each: Field, path: str, rule: Mapping[str, Any], known: Known, prefix: str) -> operators.Placed:
        assert each.record is not None
        name, own = self._name(each, rule, prefix), rule.get("map", {})
        if self._words.shape.flat:
            # `from: ""` puts a block's fields among the others under their own names
            codec = self.object(each.record.fields, known, at=path, prefix=f"{name}_" if name else "", own=own)
            step = operators.beside(codec)
        else:
            known.claim(name)
            inner = known
            for piece in name.split("."):
                inner = inner.child(piece)
            step = operators.place(name, _objects_only(self.object(each.record.fields, inner, at=path, own=own)))
        return self._conditional(step, rule, known)

    def _list(self, each: Field, path: str, rule: Mapping[str, Any], known: Known, prefix: str) -> operators.Placed:
        name, shape = self._name(each, rule, prefix), self._words.shape
        own = rule.get("map", {})
        if shape.cells:
            known.claim(name)
            codec = (
                self._cell_object(each.record.fields, path, own, ":", ",")
                if each.record
                else self._cell_text(each, rule)
            )
            return operators.place(name, _cell_list(codec, ";"))
        if shape.item and "each" not in rule:
            name = f"{name}.{shape.item}"
        known.claim(name)
        if each.record:
            inner = known
            for piece in name.split("."):
                inner = inner.child(piece)
            codec = _objects_only(self.object(each.record.fields, inner, at=path, own=own))
        else:
            codec = self._codec(each, rule, shape.style)
        step = operators.each(name, codec, single=bool(shape.item), container=bool(shape.item) and "." in name)
        return self._conditional(step, rule, known)

    def _cell_text(self, each: Field, rule: Mapping[str, Any]) -> Codec:
        codec = self._codec(each, rule, self._words.shape.style)
        return Codec(lambda piece: codec.read(unescape(piece)), lambda value: escape(str(codec.write(value) or "")))

    def _cell_object(
        self, fields: Sequence[Field], at: str, own: Mapping[str, Any], separator: str, inner: str
    ) -> Codec:
        """An object as pieces of one text, in the order of the schema."""
        pieces: list[tuple[str, Codec]] = []
        for each in fields:
            rule, _ = self._rule(each, f"{at}.{each.name}", own)
            codec = self._cell_text(each, rule)
            pieces.append((each.name, _cell_list(codec, inner) if each.many else codec))

        def read(text: str) -> dict[str, Any]:
            found = text.split(separator)
            if len(found) > len(pieces):
                raise Unfit(
                    f"每项至多 {len(pieces)} 段",
                    f"at most {len(pieces)} parts",
                    f"段内的分隔符 {separator} 请写作 %{ord(separator):02X}",
                )
            values = ((name, codec.read(piece)) for (name, codec), piece in zip(pieces, found, strict=False) if piece)
            return {name: value for name, value in values if value is not None}

        def write(value: Mapping[str, Any]) -> str:
            texts = [codec.write(value[name]) if value.get(name) is not None else "" for name, codec in pieces]
            return separator.join(texts).rstrip(separator)

        return Codec(read, write)


def _cell_list(codec: Codec, separator: str) -> Codec:
    def read(cell: Any) -> list[Any]:
        if type(cell) is not str:
            raise Unfit("须为文本", "must be a text")
        values: list[Any] = []
        for piece in part(cell, separator):
            try:
                value = codec.read(piece)
                if value is None:
                    raise Unfit("列表中有空项", "an empty entry in a list")
                values.append(value)
            except Unfit as error:
                error.value = piece if error.value is None else error.value
                error.path.append(f"[{len(values)}]")
                raise
        return values

    return Codec(read, lambda values: join([codec.write(value) for value in values], separator))


def _objects_only(codec: Codec) -> Codec:
    inner = codec.read

    def read(value: Any) -> Any:
        if type(value) is dict:
            return inner(value)
        if type(value) is str and not value.strip():  # an XML element with nothing in it
            return {}
        raise Unfit("须为对象", "must be an object")

    return Codec(read, codec.write)


def _object(steps: Sequence[Step], left: Sequence[str]) -> Codec:
    """The hot loop. One `try` around all fields: it costs nothing until something is unfit."""
    plan = tuple((step.name, step.key, step.read) for step in steps)
    places = {step.name: step for step in steps}
    puts: dict[str, Callable[[dict[str, Any], Any], None]] = {step.name: step.put for step in steps}
    puts.update((name, operators.nothing) for name in left)

    def read(source: Mapping[str, Any]) -> dict[str, Any]:
        get = source.get
        found: dict[str, Any] = {}
        name, value = "", None
        try:
            for name, key, convert in plan:
                value = source if key is None else get(key)
                if value is not None:
                    value = convert(value)
                    if value is not None:
                        found[name] = value
        except Unfit as error:
            step = places[name]
            if step.key is not None:
                error.path.append(step.key)
            if error.value is None and error.line == 0:
                error.value = value
            error.line = error.line or step.line
            error.personal = error.personal or step.personal
            raise
        return found

    def write(data: Mapping[str, Any]) -> dict[str, Any]:
        source: dict[str, Any] = {}
        for name, value in data.items():
            if value is None:
                continue
            put = puts.get(name)
            if put is None:
                raise Unfit(f"没有字段 {name} 的规则", f"no rule for {name}")
            put(source, value)
        return source

    return Codec(read, write)
