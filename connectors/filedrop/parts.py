"""A claimed file → the tables or documents inside it, each with its rows.

The one rule: a file is looked through to its end before its first row goes on, so that a file which is refused whole has had
no effect; and it is looked through row by row, so that its size costs no memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from connectors import formats
from connectors.formats import archive, limits
from connectors.protocol import Format, NotUnderstood, Row

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """What is read with one format. *member* is its name in the archive, empty for a file that is none."""

    member: str
    digest: str
    form: Format
    file: BinaryIO
    total: int

    def rows(self) -> Iterator[Row]:
        """Its rows, from the beginning."""
        return formats.rows(self.form, self.file)


def parted(copy: BinaryIO, name: str, digest: str, declared: Format, work: Path, keep: ExitStack) -> list[Part]:
    """The parts of a file; *keep* closes them. Raise `NotUnderstood` for the whole."""
    if not name.lower().endswith(".zip"):
        return [_part("", digest, formats.for_file(declared, name), copy)]
    found = []
    for member in archive.members(copy, work):
        inflated = keep.enter_context(member.file)
        form = formats.for_file(declared, member.name)
        if inflated.seek(0, 2) > limits.CSV_BYTES:
            raise limits.too_large("文件字节数", "size in bytes", limits.CSV_BYTES)
        inflated.seek(0)
        try:
            found.append(_part(member.name, _digest(inflated), form, inflated))
        except NotUnderstood as error:
            raise NotUnderstood(
                f"{member.name[:80]}: {error.detail}", source=error.source,
                detail_en=f"{member.name[:80]}: {error.detail_en}", suggestion=error.suggestion,
            ) from None  # fmt: skip
    return found


def _part(member: str, digest: str, form: Format, file: BinaryIO) -> Part:
    return Part(member, digest, form, file, sum(1 for _ in formats.rows(form, file)))


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
