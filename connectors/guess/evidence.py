"""How well a column fits a field: by its name, and by what its values are.

The one rule: values veto. A name may be misleading; a value that the field could not hold would be refused for ever after.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.guess import shapes
from connectors.guess.lexicon import Lexicon, plain
from connectors.guess.shapes import Column
from connectors.guess.targets import Target

_HAN: Final = re.compile(r"[一-鿿]")
_LONGEST_CODE: Final = 64
NOTHING: Final = (0.0, "")
SURE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known beside the sample."""

    lexicon: Lexicon
    party: str
    parties: Mapping[str, str]  #: code -> name


def fits(column: Column, target: Target, setting: Setting) -> tuple[float, str]:
    """Confidence from 0 to 1, and why."""
    texts = column.texts()
    told, said = by_name(column, target, setting.lexicon)
    if not texts:
        return (told * 0.7, f"{said};样例中没有值") if told else NOTHING
    verdict = _by_value(column, texts, target, setting)
    if verdict is None:
        return NOTHING
    weight, shown = verdict
    if not told:
        return (weight, shown) if weight >= 0.6 else NOTHING
    score = min(0.99, told + 0.3 * weight * (1 - told))
    return score, f"{said};{shown}" if shown else said


def by_name(column: Column, target: Target, lexicon: Lexicon) -> tuple[float, str]:
    """What the column's name alone says."""
    key = plain(column.name)
    best, why = 0.0, ""
    pieces = column.path.replace("[]", "").split(".")
    together = plain("".join(pieces[-2:])) if len(pieces) > 1 else key
    for term in lexicon.of(target.path, target.title):
        score = 0.0
        if key == term.text:
            score = term.weight
        elif together == term.text:
            score = term.weight * 0.98
        elif _HAN.search(term.text) and len(term.text) > 2 and _HAN.search(key):
            score = _alike(key, term.text) * 0.72 * term.weight
        if score > best:
            best, why = score, f"列名({term.origin})" if score >= 0.7 * term.weight else f"列名近似“{term.text}”"
    return (best, why) if best >= 0.42 else NOTHING


def _alike(one: str, other: str) -> float:
    """Dice's coefficient over pairs of characters."""
    head = 1.0 if one[-1] == other[-1] else 0.7  # a Chinese word says what it is at its end
    first, second = ({text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other))
    return head * 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0


def _by_value(column: Column, texts: list[str], target: Target, setting: Setting) -> tuple[float, str] | None:
    """Weight of what the values say, None for a veto."""
    field = target.field
    match field.form:
        case "uscc":
            return (0.85, "值全部通过信用代码校验") if shapes.credit_code(texts) else None
        case "idNo":
            return (0.8, "值全部通过公民身份号码校验") if shapes.citizens_number(texts) else None
        case "date":
            return (0.3, "值为日期") if column.is_text() and shapes.days(texts) else None
        case "dt" | "dateOrDt":
            if shapes.moments(column.values):
                return 0.4, "值为日期时间"
            return (0.2, "值为日期,没有时分秒") if column.is_text() and shapes.days(texts) else None
        case "party" | "partyOrWord":
            found = [party_of(text, setting.parties) for text in texts]
            return (0.3, "值为单位代码或名称") if all(found) else None
    if field.kind == "int":
        money = field.name.endswith("Fen")
        return (0.2, "值为数") if (shapes.money if money else shapes.whole)(texts) else None
    if field.kind == "bool":
        plain_bool = all(type(value) is bool for value in column.values)
        pair = shapes.yes_no(texts) if column.is_text() else None
        return (0.3, "值为是否") if plain_bool or pair else None
    if field.enum:
        return _closed(texts, target, setting.lexicon) if column.is_text() else None
    return _text(column, texts, field.name)


def _closed(texts: list[str], target: Target, lexicon: Lexicon) -> tuple[float, str] | None:
    if target.field.many:
        texts = [piece for text in texts for piece in text.split(";")]
    known = sum(bool(lexicon.value(target.field.name, text, target.field.enum)) for text in texts)
    if known == len(texts):
        return 0.62, f"{known} 个取值全部认得"
    if len(texts) > 12 or not known:
        # a few short codes may be a list that only the bureau can explain; prose is none
        return (0.0, "取值不认得") if len(texts) <= 12 and all(len(text) <= 4 for text in texts) else None
    return 0.3, f"{len(texts)} 个取值认得 {known} 个"


def _text(column: Column, texts: list[str], name: str) -> tuple[float, str] | None:
    if not column.is_text():
        return None
    if name == "divisionCode":
        return (0.3, "值为区划代码") if shapes.division(texts) else None
    if name == "phone":
        return (0.3, "值为电话号码") if shapes.phone(texts) else None
    if name.endswith(("Id", "No", "Code", "Ref")) or name == "code":
        longest = max(map(len, texts))
        return None if longest > _LONGEST_CODE or shapes.credit_code(texts) or _is_day(texts) else (0.1, "")
    if shapes.credit_code(texts) or shapes.citizens_number(texts) or _is_day(texts):
        return None
    return 0.1, ""


def _is_day(texts: list[str]) -> bool:
    return any("-" in text or "/" in text or "年" in text for text in texts) and bool(
        shapes.days(texts) or shapes.moments(texts)
    )


def party_of(text: str, parties: Mapping[str, str]) -> str:
    """The party that *text* names by its code or its name; empty if none, or more than one."""
    if text in parties:
        return text
    name = text.removeprefix("贵阳市").removeprefix("市")
    found = [code for code, each in parties.items() if name and each.removeprefix("贵阳市").removeprefix("市") == name]
    city = [code for code in found if code.startswith("GY-")]
    return next(iter(city or found), "") if len(city or found) == 1 else ""


def nobodys(names: str) -> Collection[str]:
    """A list of names of `synonyms` as names are compared."""
    return frozenset(plain(name) for name in names.split())
