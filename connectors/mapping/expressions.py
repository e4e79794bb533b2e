"""The one escape of the mapping language: an expression in CEL over inputs that the rule declares.

The one rule: an expression sees its declared inputs and nothing else. That keeps it quick (a whole record costs thirty times
as much to hand over), keeps every source field accounted for, and lets a source name be anything: CEL names are ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.mapping.unfit import Unfit

_INPUT: Final = re.compile(r"(?P<path>.+?)(?::(?P<type>text|int|float|bool))?").fullmatch
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?").fullmatch
#: What an input is when the expression is tried at loading.
_TRIAL: Final[Mapping[str, Any]] = {"text": "", "int": 0, "float": 0.0, "bool": False}
#: Declared input that the record does not have: nothing can be said about the expression.
_ABSENT: Final = object()


class Expression:
    """One compiled expression. Raise `ValueError` with what is wrong and where in the text."""

    def __init__(self, text: str, inputs: Mapping[str, str]) -> None:
        import cel  # noqa: PLC0415 - its import costs more than all mappings that use none

        self.text = text
        self._inputs: list[tuple[str, str, Callable[[Any], Any]]] = []
        trial = {}
        for name, written in inputs.items():
            found = _INPUT(str(written))
            if not _NAME(name) or found is None:
                raise ValueError(f"in: {name}: {written} is not `name: path` or `name: path:type`")
            kind = found["type"] or "text"
            self._inputs.append((name, found["path"], _TURNED[kind]))
            trial[name] = _TRIAL[kind]
        self._program = cel.compile(text)
        names = set(self._program.variables())
        if undeclared := sorted(names - set(trial)):
            raise ValueError(f"cel: {', '.join(undeclared)} is not declared under `in`")
        if unused := sorted(set(trial) - names):
            raise ValueError(f"cel: the input {', '.join(unused)} is not used")
        try:
            self._program.execute(trial)
        except (TypeError, RuntimeError) as error:
            raise ValueError(f"cel: {error}") from None
        except (ValueError, ArithmeticError):
            pass  # an expression may rightly fail over empty inputs

    @property
    def paths(self) -> tuple[str, ...]:
        """The source fields it looks at."""
        return tuple(path for _, path, _ in self._inputs)

    def __call__(self, source: Mapping[str, Any]) -> Any:
        """Its value over *source*; None if a declared input that is not a text is absent."""
        values = {}
        for name, path, turned in self._inputs:
            value = turned(_at(source, path))
            if value is _ABSENT:
                return None
            values[name] = value
        try:
            return self._program.execute(values)
        except (ValueError, TypeError, RuntimeError, ArithmeticError) as error:
            raise Unfit("表达式不能计算", f"the expression cannot be evaluated: {str(error)[:120]}") from None


def _at(source: Mapping[str, Any], path: str) -> Any:
    value: Any = source
    for name in path.split("."):
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if type(value) is str:
        return value
    raise Unfit("须为文本", "must be a text")


def _float(value: Any) -> Any:
    if value is None or value == "":
        return _ABSENT
    if type(value) in (int, float):
        return float(value)
    if type(value) is str and _NUMBER(value.strip()):
        return float(value)
    raise Unfit("须为数字", "must be a number")


def _int(value: Any) -> Any:
    number = _float(value)
    if number is _ABSENT:
        return number
    if not number.is_integer():
        raise Unfit("须为整数", "must be a whole number")
    return int(value)


def _bool(value: Any) -> Any:
    if value is None or value == "":
        return _ABSENT
    if type(value) is bool:
        return value
    raise Unfit("须为 true 或 false", "must be true or false")


_TURNED: Final[Mapping[str, Callable[[Any], Any]]] = {"text": _text, "int": _int, "float": _float, "bool": _bool}
