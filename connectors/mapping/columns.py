"""Lists in numbered columns: ``ITEM_CD_1`` … ``ITEM_CD_5`` beside ``ITEM_CNT``, as flat tables have them.

The one rule: no entry is lost. The count says how many there are; a column beyond it that holds something is refused, and a
list longer than the columns cannot be said by this system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from connectors.mapping.operators import Placed
from connectors.mapping.scalars import Codec
from connectors.mapping.unfit import Unfit

_COUNT: Final = re.compile(r"[0-9]{1,3}").fullmatch

#: An entry out of the columns of one number, None if they are empty; and back.
ReadEntry = Callable[[Mapping[str, Any], int], Any]
WriteEntry = Callable[[dict[str, Any], int, Any], None]


def numbered(count: str, most: int, read_entry: ReadEntry, write_entry: WriteEntry) -> Placed:
    """``numbered``: a list of at most *most* entries, of which the column *count* tells how many."""

    def read(source: Mapping[str, Any]) -> list[Any] | None:
        found: list[Any] = []
        said = _said(source, count, most)
        for number in range(1, most + 1):
            entry = read_entry(source, number)
            if entry is None:
                if said is not None and number <= said:
                    raise _at(count, Unfit("列表中有空项", "an empty entry in a list"), source)
                continue
            if len(found) != number - 1 or (said is not None and number > said):
                raise _at(
                    count, Unfit("编号列的个数与计数不符", "more numbered columns are filled than counted"), source
                )
            found.append(entry)
        return None if said is None and not found else found

    def put(source: dict[str, Any], value: Sequence[Any]) -> None:
        if len(value) > most:
            raise Unfit(f"编号列至多 {most} 组", f"at most {most} entries")
        source[count] = str(len(value))
        for number, entry in enumerate(value, 1):
            write_entry(source, number, entry)

    return None, read, put


def single(name: str, codec: Codec) -> tuple[ReadEntry, WriteEntry]:
    """An entry is one value: ``PLAN_NO_1``."""

    def read(source: Mapping[str, Any], number: int) -> Any:
        value = source.get(f"{name}_{number}")
        try:
            return None if value is None else codec.read(value)
        except Unfit as error:
            error.path.append(f"{name}_{number}")
            error.value = value if error.value is None else error.value
            raise

    def write(source: dict[str, Any], number: int, value: Any) -> None:
        source[f"{name}_{number}"] = codec.write(value)

    return read, write


def together(names: Sequence[str], codec: Codec) -> tuple[ReadEntry, WriteEntry]:
    """An entry is an object: the columns *names* of one number."""

    def read(source: Mapping[str, Any], number: int) -> Any:
        columns = ((name, source.get(f"{name}_{number}")) for name in names)
        entry = {name: value for name, value in columns if value is not None and value != ""}
        try:
            return codec.read(entry) if entry else None
        except Unfit as error:
            if error.path:
                error.path[-1] = f"{error.path[-1]}_{number}"
            raise

    def write(source: dict[str, Any], number: int, value: Any) -> None:
        written = codec.write(value)
        if not written:
            raise Unfit("没有可填写的列", "an entry without a column")
        source.update((f"{name}_{number}", each) for name, each in written.items())

    return read, write


def _said(source: Mapping[str, Any], count: str, most: int) -> int | None:
    value = source.get(count)
    if value is None or value == "":
        return None
    if type(value) is not str or not _COUNT(value.strip()) or int(value) > most:
        raise _at(count, Unfit(f"须为 0 至 {most} 的整数", f"must be a whole number up to {most}"), source)
    return int(value)


def _at(count: str, error: Unfit, source: Mapping[str, Any]) -> Unfit:
    error.path.append(count)
    error.value = source.get(count)
    return error
