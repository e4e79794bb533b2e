"""Avro encoding and decoding as straight-line Python, generated once per schema.

The one rule: a generated function reads or writes exactly one datum of exactly one schema of ours, and trusts nothing:
every length, count, index and byte of text is looked at on the way.

The functions know the subset that the catalogue uses: records, arrays, ``["null", T]``, string, long and boolean. A general
codec spends most of its time on choosing and naming union branches, and gives nulls that have to be taken out again: it takes
four times as long, a third of the whole way of an event. The ``avro`` and ``fastavro`` libraries read and write the same
bytes; the tests hold all three together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hub.canonical.catalogue import Field, Record
from hub.wire.guard import LONGEST_STRING, MOST_ITEMS

Encoder = Callable[[Mapping[str, Any]], bytes]
Decoder = Callable[[bytes, int], dict[str, Any]]

#: What generated functions raise for bytes or data that do not fit; the caller turns them into its own typed error.
FAULTS: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)

_LARGEST: Final = 2**63


def encoder(record: Record, *, header: bytes, everything: bool = False) -> Encoder:
    """A function from data to *header* and datum. With *everything* each field may be missing, as in a delivery."""
    functions: dict[str, Any] = {}
    write = _make(record, functions, _encoder_source, everything)

    def encode(data: Mapping[str, Any]) -> bytes:
        parts = [header]
        write(data, parts)
        return b"".join(parts)

    return encode


def decoder(record: Record, *, everything: bool = False) -> Decoder:
    """A function from bytes and a place in them to the data of a datum that ends where the bytes end."""
    functions: dict[str, Any] = {}
    read = _make(record, functions, _decoder_source, everything)

    def decode(value: bytes, start: int) -> dict[str, Any]:
        data, behind = read(value, start)
        if behind != len(value):
            raise ValueError("the datum does not end where the bytes end")
        return data  # type: ignore[no-any-return]

    return decode


class _Longs(dict[int, bytes]):
    """Zigzag varints of integers: small ones are looked up, others worked out."""

    def __missing__(self, number: int) -> bytes:
        if not -_LARGEST <= number < _LARGEST:
            raise OverflowError("more than 64 bits")
        rest = (number << 1) ^ (number >> 63)
        out = bytearray()
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
        return bytes(out)


def _text(text: str) -> bytes:
    """A string with its length before it."""
    raw = text.encode()
    return _LONGS[len(raw)] + raw


class _Texts(dict[str, bytes]):
    """Strings of a closed list, written beforehand. Whether others may stand there is not for the bytes to say."""

    def __missing__(self, text: str) -> bytes:
        return _text(text)


_LONGS: Final = _Longs()
_LONGS.update({number: _LONGS[number] for number in range(-64, 4096)})
_BOOLS: Final = {False: b"\x00", True: b"\x01"}


def _long(value: bytes, at: int) -> tuple[int, int]:
    """The integer at *at* and the place behind it."""
    number = shift = 0
    while True:
        byte = value[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise ValueError("a number has no end")
    if number >> 64:
        raise ValueError("a number has more than 64 bits")
    return (number >> 1) ^ -(number & 1), at


def _size(value: bytes, at: int) -> tuple[int, int]:
    """Twice the size of a string, as the generated code wants it, and the place behind it."""
    size, at = _long(value, at)
    if not 0 <= size <= LONGEST_STRING:
        raise ValueError("a string is longer than 64 KiB")
    return size << 1, at


def _count(value: bytes, at: int) -> tuple[int, int]:
    """The number of items of the next block and the place of the first."""
    count, at = _long(value, at)
    if count < 0:
        size, at = _long(value, at)
        if not 0 <= size <= len(value) - at:
            raise ValueError("a block is longer than the bytes left")
        count = -count
    if count > min(MOST_ITEMS, len(value) - at):
        raise ValueError("more items than there may be or are bytes for")
    return count, at


def _unknown(data: Mapping[str, Any], known: frozenset[str]) -> None:
    if strange := sorted(str(name) for name in data if name not in known):
        raise ValueError(f"no such field: {strange[0]}")


def _make(
    record: Record, functions: dict[str, Any], source: Callable[[Record, bool], Iterator[str]], everything: bool
) -> Any:
    if record.name in functions:
        return functions[record.name]
    names: dict[str, Any] = {
        "L": _LONGS,
        "B": _BOOLS,
        "long": _long,
        "size": _size,
        "count": _count,
        "unknown": _unknown,
        "known": frozenset(field.name for field in record.fields),
    }
    for field in record.fields:
        if field.enum:
            names[f"enum_{field.name}"] = _Texts({each: _text(each) for each in field.enum})
        if field.record is not None:
            names[f"do_{field.record.name}"] = _make(field.record, functions, source, everything)
    text = "\n".join(source(record, everything))
    exec(compile(text, f"<avro of {record.name}>", "exec"), names)  # noqa: S102 - our own words, from our own files
    functions[record.name] = names["run"]
    return names["run"]


def _encoder_source(record: Record, everything: bool) -> Iterator[str]:
    yield "def run(d, parts):"
    yield f" n = {0 if everything else sum(field.mandatory for field in record.fields)}"
    run: list[str] = []  # what is written one after the other without a question
    for number, field in enumerate(record.fields):
        optional = everything or not field.mandatory
        if run and (optional or field.many or field.kind == "record"):
            yield f" parts += ({', '.join(run)},)"
            run = []
        if optional:
            yield f" v = d.get({field.name!r})"
            yield " if v is None: parts.append(b'\\x00')"
            yield " else:"
            yield "  n += 1"
            yield from (f"  {line}" for line in _write(field, "b'\\x02'"))
        elif field.many or field.kind == "record":
            yield f" v = d[{field.name!r}]"
            yield from (f" {line}" for line in _write(field, ""))
        elif field.enum:
            run.append(f"enum_{field.name}[d[{field.name!r}]]")
        elif field.kind == "string":
            yield f" v{number} = d[{field.name!r}].encode()"
            run += [f"L[len(v{number})]", f"v{number}"]
        else:
            run.append(f"{'L' if field.kind == 'int' else 'B'}[d[{field.name!r}]]")
    if run:
        yield f" parts += ({', '.join(run)},)"
    yield " if len(d) != n: unknown(d, known)"


def _write(field: Field, tag: str) -> Iterator[str]:
    """Lines that write *v*; *tag* goes before it."""
    before = f"{tag}, " if tag else ""
    if field.many:
        if tag:
            yield f"parts.append({tag})"
        yield "if v:"
        yield " parts.append(L[len(v)])"
        yield " for v in v:"
        yield from (f"  {line}" for line in _write_one(field, ""))
        yield "parts.append(b'\\x00')"
    else:
        yield from _write_one(field, before)


def _write_one(field: Field, before: str) -> Iterator[str]:
    match field.kind:
        case "string" if field.enum:
            yield f"parts += ({before}enum_{field.name}[v],)"
        case "string":
            yield "v = v.encode()"
            yield f"parts += ({before}L[len(v)], v)"
        case "int":
            yield f"parts += ({before}L[v],)"
        case "bool":
            yield f"parts += ({before}B[v],)"
        case _:
            if before:
                yield f"parts.append({before[:-2]})"
            yield f"do_{field.record.name if field.record else ''}(v, parts)"


def _decoder_source(record: Record, everything: bool) -> Iterator[str]:
    yield "def run(b, p):"
    yield " d = {}"
    for field in record.fields:
        if everything or not field.mandatory:
            yield " k = b[p]"
            yield " p += 1"
            yield " if k == 2:"
            yield from (f"  {line}" for line in _load(field))
            yield " elif k: raise ValueError('a union index is out of range')"
        else:
            yield from (f" {line}" for line in _load(field))
    yield " return d, p"


def _load(field: Field) -> Iterator[str]:
    target = f"d[{field.name!r}]"
    if not field.many:
        yield from _load_one(field, target)
        return
    yield f"{target} = a = []"
    yield "while True:"
    yield " k = b[p]"
    yield " p += 1"
    yield " if k == 0: break"
    yield " if k & 0x81: k, p = count(b, p - 1)"
    yield " else: k >>= 1"
    yield " for _ in range(k):"
    yield from (f"  {line}" for line in _load_one(field, "v"))
    yield "  a.append(v)"


def _load_one(field: Field, target: str) -> Iterator[str]:
    match field.kind:
        case "string":
            # One byte holds sizes below 64; its lowest bit would make the size negative.
            yield "k = b[p]"
            yield "p += 1"
            yield "if k & 0x81: k, p = size(b, p - 1)"
            yield "e = p + (k >> 1)"
            yield f"{target} = b[p:e].decode()"
            yield "p = e"
        case "int":
            yield f"{target}, p = long(b, p)"
        case "bool":
            yield "k = b[p]"
            yield "p += 1"
            yield "if k > 1: raise ValueError('a boolean is neither 0 nor 1')"
            yield f"{target} = k == 1"
        case _:
            yield f"{target}, p = do_{field.record.name if field.record else ''}(b, p)"
