"""What a rule can do with the place of a value: one name, a path, a default, a condition, several names, a list.

The one rule: each operator here has both directions, so that no mapping can be written that works only one way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.mapping.conditions import Condition
from connectors.mapping.expressions import Expression
from connectors.mapping.scalars import Codec
from connectors.mapping.unfit import Unfit

Put = Callable[[dict[str, Any], Any], None]

#: (name in the source object or None, read, put)
Placed = tuple[str | None, Callable[[Any], Any], Put]


def nothing(source: dict[str, Any], value: Any) -> None:
    """A field that this peer is not told."""


def place(path: str, codec: Codec) -> Placed:
    """``from``: a value under one name, or along a dotted path."""
    write = codec.write
    head, _, rest = path.rpartition(".")
    if not head:

        def put(source: dict[str, Any], value: Any) -> None:
            written = write(value)
            if written is not None:
                source[path] = written

        return path, codec.read, put
    names = tuple(head.split("."))

    def read(source: Mapping[str, Any]) -> Any:
        value = _down(source, names, rest)
        if value is None:
            return None
        try:
            return codec.read(value)
        except Unfit as error:
            error.path.append(path)
            if error.value is None:
                error.value = value
            raise

    def put_down(source: dict[str, Any], value: Any) -> None:
        written = write(value)
        if written is not None:
            _made(source, names)[rest] = written

    return None, read, put_down


def beside(codec: Codec) -> Placed:
    """A block whose fields stand among those around it. Nothing of it found = the block is absent."""

    def put(source: dict[str, Any], value: Any) -> None:
        source.update(codec.write(value))

    return None, lambda source: codec.read(source) or None, put


def alone(codec: Codec, names: Sequence[str], part: str) -> Placed:
    """``each: ''``: a list whose entries stand among the fields around it.

    One entry, or as many as the cells have pieces between *part*: the first of each cell are the first entry, and so on.
    """

    def read(source: Mapping[str, Any]) -> list[Any] | None:
        if not part:
            found = codec.read(source)
            return [found] if found else None
        cells = {name: str(source[name]).split(part) for name in names if source.get(name)}
        if len({len(pieces) for pieces in cells.values()}) > 1:
            error = Unfit(
                f"各列以“{part}”分开的个数不同", f"the columns have different numbers of pieces between {part}"
            )
            error.path.append(names[0])
            raise error
        count = max((len(pieces) for pieces in cells.values()), default=0)
        entries = [codec.read({name: pieces[at].strip() for name, pieces in cells.items()}) for at in range(count)]
        return entries or None

    def put(source: dict[str, Any], values: Sequence[Any]) -> None:
        written = [codec.write(value) for value in values]
        if len(written) == 1:
            source.update(written[0])
            return
        if not part or not written or any(entry.keys() != written[0].keys() for entry in written):
            raise Unfit("该系统不能这样表示列表", "this system cannot say such a list")
        if any(part in str(text) for entry in written for text in entry.values()):
            raise Unfit(f"值中含分隔符 {part}", f"a value holds the separator {part}")
        source.update({name: part.join(str(entry[name]) for entry in written) for name in written[0]})

    return None, read, put


def const(value: Any) -> Placed:
    """``const``: the system never says it, because it is always the same."""

    def put(source: dict[str, Any], said: Any) -> None:
        if said != value:
            raise Unfit(f"该系统只能表示 {value}", f"can only say {value}")

    return None, lambda source: value, put


def default(placed: Placed, value: Any) -> Placed:
    """``default``: absent means *value*."""
    get, put = _getter(placed), placed[2]

    def read(source: Mapping[str, Any]) -> Any:
        found = get(source)
        return value if found is None else found

    def put_other(source: dict[str, Any], said: Any) -> None:
        if said != value:
            put(source, said)

    return None, read, put_other


def when(placed: Placed, wanted: Condition) -> Placed:
    """``when``: the value counts only if other source fields say so; writing it makes them say so."""
    get, put = _getter(placed), placed[2]

    def put_and_say(source: dict[str, Any], value: Any) -> None:
        wanted.say(source)
        put(source, value)

    return None, lambda source: get(source) if wanted.met(source) else None, put_and_say


def concat(paths: Sequence[str]) -> Placed:
    """``concat``: one text from several. It goes back whole into the first: nobody can tell where it was joined."""

    def read(source: Mapping[str, Any]) -> str | None:
        pieces = []
        for path in paths:
            head, _, rest = path.rpartition(".")
            value = _down(source, tuple(head.split(".")), rest) if head else source.get(rest)
            if value is not None and type(value) is not str:
                error = Unfit("须为文本", "must be a text")
                error.path.append(path)
                raise error
            pieces.append(value or "")
        return "".join(pieces) or None

    first, _, name = paths[0].rpartition(".")

    def put(source: dict[str, Any], value: Any) -> None:
        if value:
            (_made(source, tuple(first.split("."))) if first else source)[name] = value

    return None, read, put


def each(path: str, codec: Codec, *, single: bool, container: bool) -> Placed:
    """``each``: a list. *single*: one entry is no list (XML); *container*: the last name stands inside an element of its own."""
    convert, write = codec.read, codec.write

    def read(values: Any) -> list[Any]:
        if type(values) is not list:
            if not single:
                raise Unfit("须为数组", "must be a list")
            values = [values]
        found: list[Any] = []
        value = None
        try:
            for value in values:
                converted = convert(value)
                if converted is None:  # an entry with nothing in it: leaving it out would be a silent loss
                    raise Unfit("列表中有空项", "an empty entry in a list")
                found.append(converted)
        except Unfit as error:
            if error.value is None and error.line == 0:
                error.value = value
            error.path.append(f"[{len(found)}]")
            raise
        return found

    def write_all(values: Sequence[Any]) -> list[Any]:
        return [write(value) for value in values]

    if not container:
        return place(path, Codec(read, write_all))
    outer, _, item = path.rpartition(".")

    def read_container(value: Any) -> list[Any]:
        if type(value) is dict:
            return read(value[item]) if item in value else []
        if type(value) is str and not value.strip():
            return []
        raise Unfit("须为列表元素", "must be an element with entries")

    return place(outer, Codec(read_container, lambda values: {item: write_all(values)} if values else {}))


def derived(expression: Expression, kind: type, enum: Sequence[str]) -> Placed:
    """``cel``: a value that follows from others. It is never written: what was written is asked again, see `Step.proof`."""

    def read(source: Mapping[str, Any]) -> Any:
        value = expression(source)
        if value is None or value == "":
            return None
        if type(value) is not kind or (enum and value not in enum):
            error = Unfit("表达式的结果不是该字段的值", "the expression gives no value of this field")
            error.value = value
            raise error
        return value

    return None, read, nothing


def _getter(placed: Placed) -> Callable[[Mapping[str, Any]], Any]:
    key, read, _ = placed
    if key is None:
        return read

    def get(source: Mapping[str, Any]) -> Any:
        value = source.get(key)
        if value is None:
            return None
        try:
            return read(value)
        except Unfit as error:
            error.path.append(key)
            if error.value is None:
                error.value = value
            raise

    return get


def _down(source: Mapping[str, Any], names: tuple[str, ...], last: str) -> Any:
    value: Any = source
    for number, name in enumerate(names):
        value = value.get(name)
        if type(value) is not dict:
            if value is None or value == "":
                return None
            error = Unfit("须为对象", "must be an object")
            error.path.append(".".join(names[: number + 1]))
            raise error
    return value.get(last)


def _made(source: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    for name in names:
        source = source.setdefault(name, {})
    return source
