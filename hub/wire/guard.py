"""The walk over foreign Avro bytes before any decoder sees them.

The one rule: nothing is built and nothing is believed. A C decoder given hostile bytes recurses until the process dies,
fills memory from a five-byte datum, or takes a negative union index for the last branch; this walk only counts, and
lets through what it has seen to the last byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hub.wire.unreadable import Unreadable

LARGEST_DATUM: Final = 1024 * 1024  #: bytes; the brokers' own limit for a message
MOST_ITEMS: Final = 10_000  #: of all arrays and maps of one datum together
DEEPEST: Final = 16  #: records, arrays and maps inside each other
LONGEST_STRING: Final = 64 * 1024  #: bytes, of strings and of bytes
LONGEST_DECIMAL: Final = 64  #: bytes; a longer one costs minutes to turn into a number
MOST_DIGITS: Final = 38  #: precision of a decimal
MOST_FIELDS: Final = 500  #: of one schema, all its records together
_LONGEST_VARINT: Final = 10

#: Walks one value at a place of the bytes and returns the place behind it.
Step = Callable[["_Walk", int, int], int]


class Guard:
    """The walk for one schema. Making one compiles it, calling it walks."""

    def __init__(self, schema: Any) -> None:
        self._step = _Compiler().step(schema, "")

    def __call__(self, data: bytes, start: int = 0) -> None:
        """Raise `Unreadable` unless the bytes from *start* are exactly one datum of the schema, within all limits."""
        if len(data) - start > LARGEST_DATUM:
            raise _fault("the datum is larger than 1 MiB")
        if self._step(_Walk(data), start, 0) != len(data):
            raise _fault("bytes are left over behind the datum")


class _Walk:
    """The bytes of one datum, and how many more items they may have."""

    __slots__ = ("data", "end", "items")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.end = len(data)
        self.items = MOST_ITEMS

    def long(self, at: int) -> tuple[int, int]:
        """The zigzag varint at *at* and the place behind it."""
        data = self.data
        if at < self.end and data[at] < 0x80:
            byte = data[at]
            return (byte >> 1) ^ -(byte & 1), at + 1
        number = shift = 0
        for place in range(at, min(at + _LONGEST_VARINT, self.end)):
            byte = data[place]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                if number >> 64:
                    raise _fault("a number has more than 64 bits")
                return (number >> 1) ^ -(number & 1), place + 1
            shift += 7
        raise _fault("a number has no end")

    def skip(self, at: int, size: int) -> int:
        """The place *size* bytes further."""
        if size < 0 or size > self.end - at:
            raise _fault("a value is longer than the bytes left")
        return at + size


class _Compiler:
    """Turns a schema into steps. Named types are looked up late, so that even a recursive schema can be walked."""

    def __init__(self) -> None:
        self._named: dict[str, Step] = {}
        self._sizes = Sizes()

    def step(self, schema: Any, namespace: str) -> Step:
        self._sizes.learn(schema, namespace)
        if isinstance(schema, list):
            return _union([self.step(branch, namespace) for branch in schema])
        if isinstance(schema, str):
            return _PRIMITIVES.get(schema) or self._late(full_name(schema, namespace))
        kind = schema["type"]
        if kind in ("record", "error"):
            return self._record(schema, namespace)
        if kind == "enum":
            return self._keep(schema, namespace, _enum(len(schema["symbols"])))
        if kind == "fixed":
            return self._keep(schema, namespace, _fixed(schema["size"]))
        if kind in ("array", "map"):
            inner = schema["items" if kind == "array" else "values"]
            least = self._sizes.least(inner, namespace) + (kind == "map")
            return _blocks(self.step(inner, namespace), least, keyed=kind == "map")
        if kind == "bytes" and schema.get("logicalType") == "decimal":
            return _bytes(LONGEST_DECIMAL)
        return self.step(kind, namespace)

    def _record(self, schema: Any, namespace: str) -> Step:
        name = full_name(schema["name"], schema.get("namespace", namespace))
        inside = name.rpartition(".")[0]
        steps: list[Step] = []

        def record(walk: _Walk, at: int, depth: int) -> int:
            if depth >= DEEPEST:
                raise _fault("values stand too deep inside each other")
            for step in steps:
                at = step(walk, at, depth + 1)
            return at

        self._named[name] = record
        steps.extend(self.step(field["type"], inside) for field in schema["fields"])
        return record

    def _keep(self, schema: Any, namespace: str, step: Step) -> Step:
        self._named[full_name(schema["name"], schema.get("namespace", namespace))] = step
        return step

    def _late(self, name: str) -> Step:
        def late(walk: _Walk, at: int, depth: int) -> int:
            return self._named[name](walk, at, depth)

        return late


class Sizes:
    """The fewest bytes a value of a schema can take: what a block's count is held against."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Any, str]] = {}

    def learn(self, schema: Any, namespace: str) -> None:
        """Remember a named type for later references."""
        if isinstance(schema, dict) and "name" in schema:
            name = full_name(schema["name"], schema.get("namespace", namespace))
            self._named[name] = (schema, name.rpartition(".")[0])

    def least(self, schema: Any, namespace: str, around: frozenset[str] = frozenset()) -> int:
        """Fewest bytes; a type inside itself counts nothing, which is on the safe side."""
        if isinstance(schema, list):
            return 1 + min((self.least(branch, namespace, around) for branch in schema), default=0)
        if isinstance(schema, str):
            if schema in _LEAST:
                return _LEAST[schema]
            name = full_name(schema, namespace)
            if name in around or name not in self._named:
                return 0
            return self.least(*self._named[name], around)
        self.learn(schema, namespace)
        kind = schema["type"]
        if kind in ("record", "error"):
            name = full_name(schema["name"], schema.get("namespace", namespace))
            if name in around:
                return 0
            inside = name.rpartition(".")[0]
            return sum(self.least(field["type"], inside, around | {name}) for field in schema["fields"])
        if kind == "fixed":
            return int(schema["size"])
        if kind in ("enum", "array", "map"):
            return 1
        return self.least(kind, namespace, around)


def full_name(name: str, namespace: str | None) -> str:
    """Full name of a named type, as Avro resolves it."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _fault(what: str) -> Unreadable:
    return Unreadable("字节内容与其模式不符", f"the bytes do not fit their schema: {what}")


def _null(walk: _Walk, at: int, depth: int) -> int:
    return at


def _boolean(walk: _Walk, at: int, depth: int) -> int:
    if at >= walk.end or walk.data[at] > 1:
        raise _fault("a boolean is neither 0 nor 1")
    return at + 1


def _int(walk: _Walk, at: int, depth: int) -> int:
    number, at = walk.long(at)
    if not -(2**31) <= number < 2**31:
        raise _fault("an int has more than 32 bits")
    return at


def _long(walk: _Walk, at: int, depth: int) -> int:
    return walk.long(at)[1]


def _string(walk: _Walk, at: int, depth: int) -> int:
    size, at = walk.long(at)
    if size > LONGEST_STRING:
        raise _fault("a string is longer than 64 KiB")
    behind = walk.skip(at, size)
    try:
        walk.data[at:behind].decode()
    except UnicodeDecodeError:
        raise _fault("a string is not UTF-8") from None
    return behind


def _bytes(longest: int) -> Step:
    def step(walk: _Walk, at: int, depth: int) -> int:
        size, at = walk.long(at)
        if size > longest:
            raise _fault(f"bytes are longer than {longest}")
        return walk.skip(at, size)

    return step


def _fixed(size: int) -> Step:
    return lambda walk, at, depth: walk.skip(at, size)


def _enum(symbols: int) -> Step:
    def step(walk: _Walk, at: int, depth: int) -> int:
        index, at = walk.long(at)
        if not 0 <= index < symbols:
            raise _fault("an enum index is out of range")
        return at

    return step


def _union(branches: list[Step]) -> Step:
    def step(walk: _Walk, at: int, depth: int) -> int:
        index, at = walk.long(at)
        if not 0 <= index < len(branches):
            raise _fault("a union index is out of range")
        return branches[index](walk, at, depth)

    return step


def _blocks(item: Step, least: int, *, keyed: bool) -> Step:
    """Steps over an array or a map: blocks of items, a count before each, zero at the end."""

    def step(walk: _Walk, at: int, depth: int) -> int:
        if depth >= DEEPEST:
            raise _fault("values stand too deep inside each other")
        while True:
            count, at = walk.long(at)
            if count == 0:
                return at
            behind = None
            if count < 0:  # the block says its own size, for those who want to skip it
                count = -count
                size, at = walk.long(at)
                behind = walk.skip(at, size)
            walk.items -= count
            if walk.items < 0 or count * least > walk.end - at:
                raise _fault("more items are announced than there may be or are bytes for")
            for _ in range(count):
                if keyed:
                    at = _string(walk, at, depth)
                at = item(walk, at, depth + 1)
            if behind is not None and at != behind:
                raise _fault("a block is not as long as it says")

    return step


_PRIMITIVES: Final[dict[str, Step]] = {
    "null": _null,
    "boolean": _boolean,
    "int": _int,
    "long": _long,
    "float": _fixed(4),
    "double": _fixed(8),
    "bytes": _bytes(LONGEST_STRING),
    "string": _string,
}
_LEAST: Final = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}


def registration_faults(schema: Any) -> list[str]:
    """Why *schema* may not be registered; empty if it may. What the walk cannot make safe is kept out here."""
    faults: list[str] = []
    sizes = Sizes()
    fields = 0

    def look(part: Any, namespace: str, around: tuple[str, ...], depth: int) -> None:
        nonlocal fields
        if depth > DEEPEST:
            faults.append(f"deeper than {DEEPEST}")
            return
        if isinstance(part, list):
            for branch in part:
                look(branch, namespace, around, depth)
            return
        if isinstance(part, str):
            name = full_name(part, namespace)
            if part not in _LEAST:
                if name in around:
                    faults.append(f"{name} stands inside itself")
                elif name in seen:
                    look(seen[name], namespace, around, depth)
                else:
                    faults.append(f"{name} is not defined")
            return
        kind = part["type"]
        if kind in ("record", "error", "enum", "fixed"):
            name = full_name(part["name"], part.get("namespace", namespace))
            first = name not in seen
            seen[name] = part
            sizes.learn(part, namespace)
            if kind in ("record", "error"):
                fields += len(part["fields"]) if first else 0
                for field in part["fields"]:
                    look(field["type"], name.rpartition(".")[0], (*around, name), depth + 1)
        elif kind in ("array", "map"):
            inner = part["items" if kind == "array" else "values"]
            if kind == "array" and sizes.least(inner, namespace) == 0:
                faults.append("an array of items that take no bytes")
            look(inner, namespace, around, depth + 1)
        elif not isinstance(kind, str) or kind not in _LEAST:
            look(kind, namespace, around, depth)
        if part.get("logicalType") == "decimal" and part.get("precision", 0) > MOST_DIGITS:
            faults.append(f"a decimal of more than {MOST_DIGITS} digits")

    seen: dict[str, Any] = {}
    look(schema, "", (), 0)
    if fields > MOST_FIELDS:
        faults.append(f"more than {MOST_FIELDS} fields")
    return sorted(set(faults))
