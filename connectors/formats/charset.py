"""Which charset a text file is in, and its lines.

The one rule: nothing is guessed that could be guessed wrongly. A byte order mark decides; without one the declared charset
holds, unless the whole file is UTF-8 with so many Han characters that no GB18030 text looks like it by accident.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from connectors.formats import limits
from connectors.protocol import NotUnderstood

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (b"\x84\x31\x95\x33", "gb18030"),  # the mark of GB18030; taken off with the first line
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HAN: Final = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")
#: In GB18030 these bytes pair into characters; eight triples in a row-independent file never pair and stay UTF-8 by chance.
_SURELY_UTF8: Final = 8
_CHUNK: Final = 1 << 20


def charset_of(file: BinaryIO, declared: str) -> str:
    """The charset of *file*, which is left at its beginning."""
    start = file.read(4)
    file.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    sure = declared.lower().replace("-", "") != "utf8" and _is_utf8(file)
    file.seek(0)
    return "utf-8" if sure else declared


def decoded_lines(file: BinaryIO, charset: str) -> Iterator[str | NotUnderstood]:
    """Lines with their ends; a line that is not in *charset* is its own error, unless it is the first."""
    if charset == "utf-16":
        yield from _wide_lines(file)
        return
    number = 0
    # No charset of ours but UTF-16 has the byte 0x0A inside a character: lines may be cut before they are decoded.
    while raw := file.readline(limits.LINE_BYTES + 1):
        number += 1
        if len(raw) > limits.LINE_BYTES:
            raise limits.too_large("单行字节数", "bytes of one line", limits.LINE_BYTES)
        if b"\x00" in raw:
            raise NotUnderstood("文件含 NUL 字符", detail_en="a NUL byte in a text file")
        try:
            text = raw.decode(charset)
        except UnicodeDecodeError as error:
            fault = _not_in(charset, number, error.start + 1)
            if number == 1:
                raise fault from None
            yield fault
            continue
        yield text.removeprefix("\ufeff") if number == 1 else text


def _wide_lines(file: BinaryIO) -> Iterator[str]:
    reader = codecs.getreader("utf-16")(file)
    number = 0
    try:
        while text := reader.readline():
            number += 1
            if len(text) > limits.LINE_BYTES:
                raise limits.too_large("单行字节数", "bytes of one line", limits.LINE_BYTES)
            if "\x00" in text:
                raise NotUnderstood("文件含 NUL 字符", detail_en="a NUL character in a text file")
            yield text
    except UnicodeError:
        raise NotUnderstood(
            f"第 {number + 1} 行不是 UTF-16 编码", detail_en=f"line {number + 1} is not UTF-16"
        ) from None


def _not_in(charset: str, line: int, byte: int) -> NotUnderstood:
    return NotUnderstood(
        f"第 {line} 行不是 {charset} 编码(该行第 {byte} 字节)",
        source=f"line {line}",
        detail_en=f"line {line} is not {charset} at byte {byte}",
        suggestion="请以约定的编码或带 BOM 的 UTF-8 保存",
    )


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    han = 0
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
            if han < _SURELY_UTF8:
                han += len(_HAN.findall(chunk))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return han >= _SURELY_UTF8
