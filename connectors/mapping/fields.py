"""Compiles the fields of one event, or of a block inside it, into two closures: read an object, write an object.

The one rule: every field of the schema has a rule or is left out by name, and every rule works both ways. What a rule does
not say (its type, whether it is a list) is taken from the schema; its name in the system from the dictionary ``words``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.mapping import operators, scalars, units
from connectors.mapping.cells import cell_list, escape, unescape
from connectors.mapping.conditions import compile_condition
from connectors.mapping.document import Lined, nearest
from connectors.mapping.expressions import Expression
from connectors.mapping.known import Known
from connectors.mapping.objects import Found, ObjectCodec, Step, object_codec, objects_only
from connectors.mapping.scalars import Codec, Style
from connectors.mapping.tables import Table
from connectors.mapping.unfit import Unfit
from hub.canonical.catalogue import Field

_OPERATORS: Final = frozenset({
    "from", "const", "as", "unit", "formats", "table", "else", "each", "map", "concat", "when", "prefix", "default", "cel", "in",
})  # fmt: skip
_PYTHON: Final = {"string": str, "int": int, "bool": bool}
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
    ) -> ObjectCodec:
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
        return object_codec(steps, left, known)

    def unused(self) -> list[str]:
        """Rules of the message that name no field."""
        return sorted((set(self._spec) | self._leave) - self._used)

    def _line_of(self, path: str) -> int:
        return self._spec.lines[path] if path in self._spec else self._line

    def _step(self, each: Field, path: str, known: Known, prefix: str, own: Mapping[str, Any]) -> Step:
        rule, line = self._rule(each, path, own)
        if unknown := set(rule) - _OPERATORS:
            raise ValueError(f"no such operator: {', '.join(sorted(unknown))}{nearest(unknown, _OPERATORS)}")
        compiled = self._list if each.many else self._block if each.record is not None else self._scalar
        found = compiled(each, path, rule, known, prefix)
        key, read, put = found.placed
        personal = bool(each.classes & _SECRET or each.person_classes)
        return Step(
            each.name, key, read, put, line, personal, rule, found.paths, each.many, found.derived, found.codec, found.inner
        )  # fmt: skip

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
            rule, line = {}, getattr(self._words.words, "lines", {}).get(each.name, line)
        return ({"from": rule} if isinstance(rule, str) else rule), line

    def _name(self, each: Field, rule: Mapping[str, Any], prefix: str) -> str:
        name = rule.get("from", rule.get("each"))
        if name is None:
            name = self._words.words.get(each.name)
            if name is None:
                raise ValueError(f"the dictionary has no word for {each.name}{nearest([each.name], self._words.words)}")
        return prefix + str(name)

    def _codec(self, each: Field, rule: Mapping[str, Any], style: Style) -> Codec:
        table = self._words.load_table(rule["table"]) if "table" in rule else None
        kind = rule.get("as") or ("table" if table else "")
        if each.kind == "int" and (unit := rule.get("unit") or (units.YUAN if each.name.endswith("Fen") else "")):
            if kind:
                raise ValueError(f"as: {kind} and unit: {unit} do not go together")
            return scalars.counted(unit, units.factor(each.name, unit), style)
        if "unit" in rule:
            raise ValueError(f"unit: {each.name} is no number")
        if not kind:
            if each.enum:
                table = self._words.tables.get(f"{self._event}.{each.name}") or self._words.tables.get(each.name)
                if table is None:
                    raise ValueError(f"a closed list without a code table: {', '.join(each.enum)}")
            kind = "table" if table else _KINDS.get(each.form) or {"string": "text"}.get(each.kind, each.kind)
        if table and (missing := [value for value in each.enum if value not in table.codes]):
            raise ValueError(f"{table.path} has no code of {table.field} for {', '.join(missing)}")
        if "formats" in rule:
            formats = tuple(rule["formats"])
            style = replace(style, dates=formats, datetimes=formats)
        remember = not (each.classes & _SECRET or each.person_classes)
        codec = scalars.make(kind, style, table=table, lenient=rule.get("else") == "keep", remember=remember)
        return scalars.prefixed(codec, rule["prefix"]) if "prefix" in rule else codec

    def _scalar(self, each: Field, path: str, rule: Mapping[str, Any], known: Known, prefix: str) -> Found:
        if "const" in rule:
            return Found(operators.const(rule["const"]))
        if "cel" in rule:
            return self._derived(each, rule, known)
        codec = self._codec(each, rule, self._words.shape.style)
        if "concat" in rule:
            paths = [prefix + str(piece) for piece in rule["concat"]]
            for piece in paths:
                known.claim(piece)
            return Found(operators.concat(paths), tuple(paths))
        name = self._name(each, rule, prefix)
        if self._words.shape.attributes and "from" not in rule:
            name = f"@{name}"
        known.claim(name)
        step = operators.place(name, codec)
        if "default" in rule:
            step = operators.default(step, rule["default"])
        return Found(self._conditional(step, rule, known), (name,), codec)

    def _derived(self, each: Field, rule: Mapping[str, Any], known: Known) -> Found:
        if strange := set(rule) - {"cel", "in"}:
            raise ValueError(f"cel goes with `in` alone, not with {', '.join(sorted(strange))}")
        expression = Expression(str(rule["cel"]), rule.get("in", {}))
        for path in expression.paths:
            known.add(path)
        return Found(operators.derived(expression, _PYTHON[each.kind], each.enum), expression.paths, derived=True)

    def _conditional(self, step: operators.Placed, rule: Mapping[str, Any], known: Known) -> operators.Placed:
        if "when" not in rule:
            return step
        condition = compile_condition(rule["when"])
        for name in condition.paths:
            known.add(name)
        return operators.when(step, condition)

    def _block(self, each: Field, path: str, rule: Mapping[str, Any], known: Known, prefix: str) -> Found:
        assert each.record is not None
        name, own = self._name(each, rule, prefix), rule.get("map", {})
        if self._words.shape.flat:
            # `from: ""` puts a block's fields among the others under their own names
            codec = self.object(each.record.fields, known, at=path, prefix=f"{name}_" if name else "", own=own)
            return Found(self._conditional(operators.beside(codec), rule, known), (), None, codec.steps)
        known.claim(name)
        inner = known
        for piece in name.split("."):
            inner = inner.child(piece)
        codec = self.object(each.record.fields, inner, at=path, own=own)
        step = operators.place(name, replace(codec, read=objects_only(codec)))
        return Found(self._conditional(step, rule, known), (name,), codec, codec.steps)

    def _list(self, each: Field, path: str, rule: Mapping[str, Any], known: Known, prefix: str) -> Found:
        name, shape = self._name(each, rule, prefix), self._words.shape
        own = rule.get("map", {})
        codec: Codec
        if shape.cells:
            known.claim(name)
            codec = (
                self._cell_object(each.record.fields, path, own, ":", ",")
                if each.record
                else self._cell_text(each, rule)
            )
            return Found(operators.place(name, cell_list(codec, ";", by_hand=shape.style.by_hand)), (name,))
        if shape.item and "each" not in rule:
            name = f"{name}.{shape.item}"
        known.claim(name)
        container = bool(shape.item) and "." in name
        if each.record is None:
            codec = self._codec(each, rule, shape.style)
            step = operators.each(name, codec, single=bool(shape.item), container=container)
            return Found(self._conditional(step, rule, known), (name,))
        inner = known
        for piece in name.split("."):
            inner = inner.child(piece)
        objects = self.object(each.record.fields, inner, at=path, own=own)
        entries = replace(objects, read=objects_only(objects))
        step = operators.each(name, entries, single=bool(shape.item), container=container)
        return Found(self._conditional(step, rule, known), (name,), objects, objects.steps)

    def _cell_text(self, each: Field, rule: Mapping[str, Any]) -> Codec:
        codec = self._codec(each, rule, self._words.shape.style)
        by_hand = self._words.shape.style.by_hand
        return Codec(
            lambda piece: codec.read(unescape(piece)),
            lambda value: escape(str(codec.write(value) or ""), by_hand=by_hand),
        )

    def _cell_object(
        self, fields: Sequence[Field], at: str, own: Mapping[str, Any], separator: str, inner: str
    ) -> Codec:
        """An object as pieces of one text, in the order of its ``map``, then of the schema."""
        pieces: list[tuple[str, Codec]] = []
        constants: dict[str, Any] = {}
        usual: dict[str, Any] = {}
        order = list(own)
        for each in sorted(fields, key=lambda field: order.index(field.name) if field.name in order else len(order)):
            rule, _ = self._rule(each, f"{at}.{each.name}", own)
            if "const" in rule:
                constants[each.name] = rule["const"]
                continue
            if "default" in rule:
                usual[each.name] = rule["default"]
            codec = self._cell_text(each, rule)
            pieces.append((each.name, cell_list(codec, inner) if each.many else codec))
        names = [each.name for each in fields]

        def read(text: str) -> dict[str, Any]:
            found = text.split(separator)
            if len(found) > len(pieces):
                raise Unfit(
                    f"每项至多 {len(pieces)} 段",
                    f"at most {len(pieces)} parts",
                    f"段内的分隔符 {separator} 请写作 %{ord(separator):02X}",
                )
            values = ((name, codec.read(piece)) for (name, codec), piece in zip(pieces, found, strict=False) if piece)
            said = {name: value for name, value in values if value is not None}
            if not said and (constants or usual):
                raise Unfit("列表中有空项", "an empty entry in a list")
            said = {**constants, **usual, **said}
            return {name: said[name] for name in names if name in said}

        def write(value: Mapping[str, Any]) -> str:
            for name in (*constants, *usual):
                if value.get(name) is None or (name in constants and value[name] != constants[name]):
                    raise Unfit(f"单元格不能表示该 {name}", f"a cell cannot say this {name}")
            texts = [
                codec.write(value[name]) if value.get(name) not in (None, usual.get(name)) else ""
                for name, codec in pieces
            ]
            text = separator.join(texts).rstrip(separator)
            if not text and (constants or usual):
                raise Unfit("单元格不能表示只有通常值的项", "a cell cannot say an entry of usual values alone")
            return text

        return Codec(read, write)
