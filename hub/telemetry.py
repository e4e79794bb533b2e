"""How the hub speaks: structlog, one JSON object per line on stderr, readable lines on a terminal.

One rule: no line leaves without passing `mask`. Identity numbers, telephone numbers and the values of keys that hold
personal data are replaced wherever they stand, in nested values and in tracebacks too.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final, TextIO

import orjson

from hub.log import structlog

MASK: Final = "***"

#: Keys whose values are personal whatever they look like; compared in lower case without separators.
PERSONAL_KEYS: Final = frozenset(
    [
        "name",
        "personname",
        "fullname",
        "legalrepresentative",
        "contact",
        "contactname",
        "informant",
        "complainant",
        "suspect",
        "idnumber",
        "idcard",
        "idno",
        "certificateno",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "email",
        "address",
        "homeaddress",
        "bankaccount",
        "token",
        "authorization",
        "password",
        "secret",
        "cookie",
        "姓名",
        "身份证号",
        "证件号码",
        "电话",
        "联系电话",
        "手机",
        "手机号",
        "住址",
        "地址",
        "法定代表人",
        "联系人",
        "当事人",
        "举报人",
        "投诉人",
    ]
)
# 18 digits with the last maybe X, or the 15 of before 1999; a digit or letter beside would make it something else.
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[\dXx]|[1-9]\d{7}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3})(?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])")
_LANDLINE = re.compile(r"(?<![0-9A-Za-z-])0\d{2,3}-\d{7,8}(?![0-9A-Za-z-])")
_SEPARATORS = re.compile(r"[\s_.\-]")
#: Stands in every number that the three find, and in few other texts: one look instead of three.
_FEWEST = re.compile(r"\d{3}[- ]?\d{4}")


def mask_text(text: str) -> str:
    """*text* without identity and telephone numbers."""
    if not _FEWEST.search(text):
        return text
    for pattern in (_IDENTITY, _MOBILE, _LANDLINE):
        text = pattern.sub(MASK, text)
    return text


def mask(value: Any) -> Any:
    """*value* without personal data, at any depth."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: MASK if _personal(key) and each else mask(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(each) for each in value]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**10 else mask_text(str(value))
    return mask_text(str(value))


def _personal(key: object) -> bool:
    return isinstance(key, str) and _is_personal(key)


@lru_cache(1024)
def _is_personal(key: str) -> bool:
    return _SEPARATORS.sub("", key).lower() in PERSONAL_KEYS


def _masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: MASK if _personal(key) and value else mask(value) for key, value in event.items()}


class _Lines:
    """Writes rendered lines where the root logger writes. A log record made of each line would double what it costs."""

    def __init__(self, name: str) -> None:
        self._standard = logging.getLogger(name)
        self.name = self._standard.name
        self.getEffectiveLevel = self._standard.getEffectiveLevel  # this and `disabled`: for `filter_by_level`

    @property
    def disabled(self) -> bool:
        return self._standard.disabled

    def write(self, line: str) -> None:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.lock is not None:
                with handler.lock:
                    handler.stream.write(line + "\n")
                    handler.flush()

    debug = info = warning = error = exception = critical = write


def configure(
    level: str = "INFO", *, stream: TextIO | None = None, colours: bool | None = None, process: str | None = None
) -> None:
    """Send structlog and the standard library's logging to *stream* (stderr). Call once, first thing in a process."""
    out = stream or sys.stderr
    terminal = out.isatty() if colours is None else colours
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.StackInfoRenderer(),
        # Tracebacks become text before the mask: a message inside one may quote a record.
        structlog.processors.format_exc_info,
        _masked,
    ]
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(timestamp_key="ts")
        if terminal
        else structlog.processors.JSONRenderer(serializer=_line)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, render],
        logger_factory=_Lines,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "faust", "mode", "asyncio", "httpx"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.contextvars.clear_contextvars()
    if process is not None:
        structlog.contextvars.bind_contextvars(process=process)


def _line(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
