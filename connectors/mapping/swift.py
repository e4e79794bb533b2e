"""Writes the reader of one message as Python and compiles it: what is plain in a record is read without a call.

The one rule: it knows only the way of a record without a fault. At the first thing that is not plain it gives None, and the
definition in `objects` reads the record again, with its errors. So no error, no place and no advice is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from connectors.mapping.objects import ObjectCodec, Step
from connectors.mapping.scalars import read_text
from connectors.mapping.unfit import Unfit

#: Reads an object that holds nothing but plain, known things; None for every other.
Swift = Callable[[Mapping[str, Any]], dict[str, Any] | None]

#: Values remembered for one field: the same days and enterprises come again and again within a batch.
_REMEMBERED: Final = 1024


class _Writer:
    """The text of one function, and the values it refers to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: list[Any] = []
        self._serial = 0

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def refer(self, value: Any) -> str:
        self.values.append(value)
        return f"c{len(self.values) - 1}"

    def fresh(self, letter: str) -> str:
        self._serial += 1
        return f"{letter}{self._serial}"

    def object(self, codec: ObjectCodec, source: str, into: str, depth: int) -> None:
        """Lines that read the object *source* into the new variable *into*."""
        names, children = codec.names.names(), codec.names.children()
        inlined = {
            step.key for step in codec.steps if step.key and isinstance(step.codec, ObjectCodec) and _plain(step)
        }
        for name in sorted(children - inlined):
            self._account(codec, name, source, depth)
        get = self.fresh("g")
        self.line(depth, f"{get} = {source}.get")
        self.line(depth, f"{into} = {{}}")
        # Names are counted and only compared when the count is odd: a comparison costs as much as two fields.
        count = self.fresh("n")
        self.line(depth, f"{count} = {sum(step.key is not None for step in codec.steps)}")
        for step in codec.steps:
            self._step(step, source, get, into, count, depth)
        self.line(depth, f"if {count} != len({source}) and not {source}.keys() <= {self.refer(names)}: return None")

    def _account(self, codec: ObjectCodec, name: str, source: str, depth: int) -> None:
        """An object that is not read by generated lines: are all its names known?"""
        finds = self.refer(codec.names.child(name).anywhere())
        self.line(depth, f"if {finds}({source}.get({name!r})): return None")

    def _step(self, step: Step, source: str, get: str, into: str, count: str, depth: int) -> None:
        value = self.fresh("v")
        if step.key is None:
            self.line(depth, f"{value} = {self.refer(step.read)}({source})")
            self.line(depth, f"if {value} is not None: {into}[{step.name!r}] = {value}")
            return
        self.line(depth, f"{value} = {get}({step.key!r})")
        self.line(depth, f"if {value} is not None:")
        if isinstance(step.codec, ObjectCodec) and _plain(step):
            self._objects(step, step.codec, value, into, depth + 1)
        else:
            self._value(step, value, into, depth + 1)
        self.line(depth, f"else: {count} -= 1")

    def _objects(self, step: Step, codec: ObjectCodec, value: str, into: str, depth: int) -> None:
        if not step.many:
            self.line(depth, f"if type({value}) is not dict: return None")
            inner = self.fresh("o")
            self.object(codec, value, inner, depth)
            self.line(depth, f"if {inner}: {into}[{step.name!r}] = {inner}")
            return
        entries, entry, inner = self.fresh("l"), self.fresh("e"), self.fresh("o")
        self.line(depth, f"if type({value}) is not list: return None")
        self.line(depth, f"{into}[{step.name!r}] = {entries} = []")
        self.line(depth, f"for {entry} in {value}:")
        self.line(depth + 1, f"if type({entry}) is not dict: return None")
        self.object(codec, entry, inner, depth + 1)
        self.line(depth + 1, f"if not {inner}: return None")
        self.line(depth + 1, f"{entries}.append({inner})")

    def _value(self, step: Step, value: str, into: str, depth: int) -> None:
        codec = step.codec if step.codec is not None and step.codec.read is step.read else None
        target = f"{into}[{step.name!r}]"
        if codec is not None and codec.read is read_text:
            self.line(depth, f"if type({value}) is not str: return None")
            self.line(depth, f"if {value}: {target} = {value}")
        elif codec is not None and codec.known is not None:
            table = self.refer(dict(codec.known))
            self.line(depth, f"if type({value}) is str and {value} in {table}: {target} = {table}[{value}]")
            self.line(depth, "else:")
            self._asked(step.read, value, target, depth + 1)
        elif codec is not None and codec.pure:
            remembered = self.refer(lru_cache(maxsize=_REMEMBERED)(codec.read))
            self.line(depth, f"if type({value}) is not str and type({value}) is not int: return None")
            self.line(depth, f"{value} = {remembered}({value})")
            self.line(depth, f"if {value} is not None: {target} = {value}")
        else:
            self._asked(step.read, value, target, depth)

    def _asked(self, read: Callable[[Any], Any], value: str, target: str, depth: int) -> None:
        self.line(depth, f"{value} = {self.refer(read)}({value})")
        self.line(depth, f"if {value} is not None: {target} = {value}")


def _plain(step: Step) -> bool:
    """Objects that stand under their own name, without a condition or an element around a list."""
    return step.key is not None and "when" not in step.rule and "." not in (step.paths or ("",))[0]


def swift(codec: ObjectCodec) -> Swift:
    """The quick reader of *codec*'s objects."""
    writer = _Writer()
    writer.object(codec, "source", "found", 3)
    names = ", ".join(f"c{number}" for number in range(len(writer.values)))
    text = "\n".join(
        [
            f"def make(Unfit, {names}):",
            "    def read(source):",
            "        try:",
            *writer.lines,
            "        except Unfit: return None",
            "        return found",
            "    return read",
        ]
    )
    scope: dict[str, Any] = {}
    # every name of the mapping stands in the text as repr() of a str: none can become code
    exec(compile(text, f"<mapping {id(codec):x}>", "exec"), scope)  # noqa: S102 - our own text, see above
    made: Swift = scope["make"](Unfit, *writer.values)
    return made
