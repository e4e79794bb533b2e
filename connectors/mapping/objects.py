"""An object of the source ⇄ an object of the event, field by field: the meaning of a compiled mapping.

The one rule: this is the definition. `swift` repeats it quicker for records without a fault, and hands every other to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mapping import operators
from connectors.mapping.known import Known
from connectors.mapping.operators import Placed
from connectors.mapping.scalars import Codec
from connectors.mapping.unfit import Unfit


@dataclass(frozen=True, slots=True)
class ObjectCodec(Codec):
    """A codec of objects that can tell its fields."""

    steps: tuple[Step, ...] = ()
    names: Known = field(default_factory=Known)  #: what somebody looks at in the source object


@dataclass(frozen=True, slots=True)
class Step:
    """One field: where it stands and how it turns."""

    name: str
    key: str | None  #: its name in the source object; None: `read` looks at the whole object
    read: Callable[[Any], Any]
    put: Callable[[dict[str, Any], Any], None]
    line: int
    personal: bool
    rule: Mapping[str, Any]  #: as written
    paths: tuple[str, ...]  #: the source fields it takes from, dotted, beside or below the object's own
    many: bool = False
    derived: bool = False  #: follows from other fields: `read` is asked again after writing
    codec: Codec | None = None  #: of the value under *key*, or of each entry if *many*
    inner: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What the compiler made of one rule."""

    placed: Placed
    paths: tuple[str, ...] = ()
    codec: Codec | None = None
    inner: tuple[Step, ...] = ()
    derived: bool = False


def objects_only(codec: Codec) -> Callable[[Any], Any]:
    """The reader of *codec* for a value that must be an object. One that holds nothing but empty fields is absent."""
    inner = codec.read

    def read(value: Any) -> Any:
        if type(value) is dict:
            return inner(value) or None
        if type(value) is str and not value.strip():  # an XML element with nothing in it
            return None
        raise Unfit("须为对象", "must be an object", "请按样例以对象填写该字段")

    return read


def object_codec(steps: Sequence[Step], left: Sequence[str], names: Known) -> ObjectCodec:
    """One `try` around all fields: it costs nothing until something is unfit."""
    plan = tuple((step.name, step.key, step.read) for step in steps)
    places = {step.name: step for step in steps}
    puts: dict[str, Callable[[dict[str, Any], Any], None]] = {step.name: step.put for step in steps}
    puts.update((name, operators.nothing) for name in left)
    derived = [step for step in steps if step.derived]
    supposed = [step.name for step in steps if "default" in step.rule and "when" not in step.rule]

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
            _place(error, places[name], value)
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
        for name in supposed:
            if data.get(name) is None:
                raise Unfit(f"没有 {name} 会被读成通常的值", f"without {name} the usual value would be supposed")
        for step in derived:
            if step.read(source) != data.get(step.name):
                raise Unfit(f"写出后的 {step.name} 不再是原值", f"{step.name} would be read back as another value")
        return source

    return ObjectCodec(read, write, steps=tuple(steps), names=names)


def _place(error: Unfit, step: Step, value: Any) -> None:
    if step.key is not None:
        error.path.append(step.key)
    elif not error.path and step.paths:
        error.path.append(step.paths[0])
    if error.value is None and error.line == 0 and step.key is not None:
        error.value = value
    error.line = error.line or step.line
    error.personal = error.personal or step.personal
