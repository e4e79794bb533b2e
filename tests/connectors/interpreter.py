"""A plain interpreter of mappings: reads the YAML again for every record and shares no code with the compiler.

Only JSON systems, only reading: it is the yardstick for what a compiled mapping means, not a second one for use.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from hub.canonical.catalogue import Catalogue, Field
from hub.canonical.identifiers import uscc_check_char

MONEY = {"分": 1, "元": 100, "万元": 1_000_000}
DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}


class Refused(Exception):
    """The record does not follow the mapping."""


class Interpreter:
    """One mapping file."""

    def __init__(self, path: Path) -> None:
        self.document = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
        self.folder = path.parent
        self.formats = self.document.get("formats", {})
        self.flat = self.document.get("shape", {}).get("flat") == "true"

    def table(self, name: str) -> dict[str, str]:
        file, _, field = name.partition("#")
        with (self.folder / file).open(encoding="utf-8-sig", newline="") as rows:
            return {row["code"]: row["value"] for row in csv.DictReader(rows) if row["field"] == field}

    def read(self, event: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The event that *body* tells."""
        message = self.document["messages"][event]
        message = message if isinstance(message, dict) else {}
        return self.object(Catalogue.load()[event].fields, body, event, "", "", message)

    def object(
        self,
        fields: Sequence[Field],
        source: Any,
        event: str,
        at: str,
        prefix: str,
        message: Mapping[str, Any],
        own: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        found = {}
        for field in fields:
            path = f"{at}.{field.name}" if at else field.name
            if path in message.get("leave", ()):
                continue
            rule = message.get("fields", {}).get(path) or (own or {}).get(field.name)
            rule = rule or self.document.get("rules", {}).get(field.name) or {}
            rule = {"from": rule} if isinstance(rule, str) else rule
            name = rule.get("from", rule.get("each", self.document["words"].get(field.name)))
            name = None if name is None else prefix + name
            value = self.field(field, rule, name, source, event, path, message)
            if value is not None:
                found[field.name] = value
        return found

    def field(
        self, field: Field, rule: Any, name: Any, source: Any, event: str, path: str, message: Mapping[str, Any]
    ) -> Any:
        if field.record and not field.many and self.flat:
            return self.object(field.record.fields, source, event, path, f"{name}_", message, rule.get("map")) or None
        if "concat" in rule:
            pieces = [source.get(each) for each in rule["concat"]]
            if any(piece is not None and type(piece) is not str for piece in pieces):
                raise Refused
            return "".join(piece or "" for piece in pieces) or None
        value = at_path(source, name)
        if value is not None:
            value = self.value(field, rule, value, event, path, message)
        if value is None and "default" in rule:
            value = rule["default"]
        if "when" in rule and not all(str(source.get(key, "")) in said for key, said in rule["when"].items()):
            return None
        return value

    def value(self, field: Field, rule: Any, value: Any, event: str, path: str, message: Mapping[str, Any]) -> Any:
        def one(each: Any) -> Any:
            if not field.record:
                return self.scalar(field, rule, each, event)
            if isinstance(each, str) and not each.strip():
                return None
            if not isinstance(each, dict):
                raise Refused
            return self.object(field.record.fields, each, event, path, "", message, rule.get("map")) or None

        if not field.many:
            return one(value)
        if not isinstance(value, list):
            raise Refused
        found = [one(each) if each is not None or not field.record else refuse() for each in value]
        return refuse() if None in found else found

    def scalar(self, field: Field, rule: Any, value: Any, event: str) -> Any:
        if field.kind == "int":
            unit = rule.get("unit", "元") if field.name.endswith("Fen") else ""
            return amount(value, unit)
        if field.kind == "bool":
            yes, no = self.formats.get("bool", ("true", "false"))
            return value if isinstance(value, bool) else {yes: True, no: False, "": None}[text(value, yes, no, "")]
        if field.form in ("dt", "date", "dateOrDt"):
            forms = {
                "dt": self.formats.get("datetime"),
                "date": self.formats.get("date"),
                "dateOrDt": [*self.formats.get("datetime", ()), *self.formats.get("date", ())],
            }[field.form]
            return moment(value, forms or [])
        value = text(value)
        if not value:
            return None
        if field.form == "uscc":
            value = value.strip().upper()
            right = re.fullmatch("[0-9ABCDEFGHJKLMNPQRTUWXY]{18}", value) and uscc_check_char(value[:17]) == value[17]
            return value if right else refuse()
        if field.enum:
            codes = self.document["codes"]
            table = self.table(f"{codes}#{event}.{field.name}") or self.table(f"{codes}#{field.name}")
            return table[value] if value in table else refuse()
        return value


def refuse() -> Any:
    raise Refused


def text(value: Any, *among: str) -> Any:
    if not isinstance(value, str) or (among and value not in among):
        raise Refused
    return value


def at_path(source: Any, path: str) -> Any:
    for name in path.split("."):
        if source is None or source == "":
            return None
        if not isinstance(source, dict):
            raise Refused
        source = source.get(name)
    return source


def amount(value: Any, unit: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused
    if not unit and isinstance(value, int):
        return value
    if isinstance(value, str) and not value.strip():
        return None
    written = value.strip() if isinstance(value, str) else repr(value).removesuffix(".0")
    if unit:
        written = written.replace(",", "").removesuffix(unit).rstrip()
    if not re.fullmatch(r"-?[0-9]{1,16}(\.[0-9]{1,8})?" if unit else r"-?[0-9]{1,16}", written):
        raise Refused
    number = Decimal(written) * MONEY.get(unit, 1)
    if number != int(number) or (unit and abs(number) >= 10**16) or (not unit and isinstance(value, float)):
        raise Refused
    return int(number)


def moment(value: Any, forms: Sequence[str]) -> Any:
    if type(value) is int and "epoch-millis" in forms:
        if value % 1000 or not -2_208_988_800_000 <= value < 7_258_118_400_000:
            raise Refused
        return (datetime(1970, 1, 1, 8) + timedelta(seconds=value // 1000)).isoformat() + "+08:00"
    value = text(value).strip()
    if not value:
        return None
    for form in forms:
        expression = re.sub(
            "%(-?)([YmdHMS])",
            lambda letter: f"(?P<{letter[2]}>[0-9]{{{'1,2' if letter[1] else DIGITS[letter[2]]}}})",
            re.escape(form).replace("\\-", "-"),
        )
        found = re.fullmatch(expression, value)
        if found is None:
            continue
        parts = {letter: int(number) for letter, number in found.groupdict().items()}
        try:
            exact = datetime(*(parts.get(letter, 0) for letter in "YmdHMS"))  # type: ignore[arg-type]
        except ValueError:
            continue
        if form.endswith("Z"):
            exact += timedelta(hours=8)
        return exact.isoformat() + "+08:00" if "H" in parts else exact.date().isoformat()
    raise Refused
