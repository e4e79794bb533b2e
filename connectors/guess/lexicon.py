"""The dictionary of names: what a field of the contract may be called, and what its values may be called.

The one rule: it is made once from the shipped mappings and tables, the titles of the schemas and the table of synonyms; a name
is compared without case, spaces and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from connectors.guess import synonyms
from connectors.guess.initials import initials

_NOISE: Final = re.compile(r"[\s_\-/\\.:：*#()（）【】\[\]<>《》、,，]+")
_UNIT: Final = re.compile(r"[(（](百万元|万元|千元|元|分|角|天|日|周)[)）]$")
_HAN: Final = re.compile(r"[一-鿿]")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """*name* as names are compared."""
    text = unicodedata.normalize("NFKC", name).lower()
    return _NOISE.sub("", _UNIT.sub("", text))


def unit_of(name: str) -> str:
    """The unit that *name* ends with in brackets; empty if there is none."""
    found = _UNIT.search(name)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Term:
    """One name that a field goes by."""

    text: str  #: as compared
    weight: float
    origin: str


@dataclass(slots=True)
class Lexicon:
    """Names by field (its path, the end of it, or its name), and words for values by field."""

    names: dict[str, dict[str, Term]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)  #: field -> word -> value
    titles: dict[str, dict[str, str]] = field(default_factory=dict)  #: field -> value -> its title

    def add(self, path: str, text: str, weight: float, origin: str) -> None:
        """*path* goes by *text*."""
        said = self.names.setdefault(path, {})
        key = plain(text)
        if key and (key not in said or said[key].weight < weight):
            said[key] = Term(key, weight, origin)
        letters = initials(text) if _HAN.search(text) else ""
        if len(letters) > 1 and letters not in said:
            said[letters] = Term(letters, weight * 0.78, f"{text} 的拼音首字母")

    def of(self, path: str, doc: str) -> Iterable[Term]:
        """The names of the field *path*, whose official title is *doc*."""
        pieces = path.split(".")
        found: dict[str, Term] = {}
        for start in range(len(pieces)):
            for key, term in self.names.get(".".join(pieces[start:]), {}).items():
                found.setdefault(key, term)
        title = Lexicon()
        title.add("", doc, 0.95, "契约中的名称")
        for key, term in title.names.get("", {}).items():
            if key not in found or found[key].weight < term.weight:
                found[key] = term
        for text in (pieces[-1], "".join(pieces[-2:])):
            found.setdefault(plain(text), Term(plain(text), 0.85, "契约的字段名"))
        return found.values()

    def known(self, name: str) -> str:
        """A field of the contract that *name* exactly means; empty if it is none."""
        key = plain(name)
        return next((path for path in synonyms.FIELDS if key in self.names.get(path, {})), "")

    def value(self, name: str, word: str, enum: Iterable[str]) -> str:
        """The value of the closed list *enum* of the field *name* that *word* stands for; empty if nobody knows."""
        key = plain(word)
        allowed = set(enum)
        by_name = next((value for value in allowed if plain(value) == key), "")
        if by_name or not _HAN.search(word):
            return by_name or self._known(name, key, allowed)
        return self._known(name, key, allowed) or self._near(name, key, allowed)

    def _known(self, name: str, key: str, allowed: set[str]) -> str:
        found = self.values.get(name, {}).get(key, "")
        return found if found in allowed else ""

    def _near(self, name: str, key: str, allowed: set[str]) -> str:
        """The longest known word inside, unless two that mean different things are there; a 不 turns the meaning round."""
        inside = [
            (len(word), value) for word, value in self.values.get(name, {}).items() if len(word) > 1 and word in key
        ]
        longest = {value for size, value in inside if size == max(inside)[0] and value in allowed}
        return longest.pop() if len(longest) == 1 and key[0] not in "不未无非" else ""


def lexicon(documents: Iterable[Mapping[str, Any]], tables: Iterable[Iterable[Mapping[str, str]]]) -> Lexicon:
    """From the mappings and code tables of the systems that are connected already."""
    made = Lexicon()
    for path, words in synonyms.FIELDS.items():
        for word in words.split():
            made.add(path, word, 0.95 if "." in path else 0.93, "常用叫法")
    for document in documents:
        for path, word in _words(document):
            made.add(path, word, 0.88, "已接入系统的叫法")
    for name, by_value in synonyms.VALUES.items():
        for value, words in by_value.items():
            made.titles.setdefault(name, {}).setdefault(value, words.split()[0])
            for word in words.split():
                made.values.setdefault(name, {}).setdefault(plain(word), value)
    for table in tables:
        for row in table:
            name, title = row["field"].rpartition(".")[2], re.split("[(（]", row["title"])[0]
            words_of = [title, row["code"]] if _HAN.search(row["code"]) else [title]
            for word in filter(_HAN.search, words_of):
                made.values.setdefault(name, {}).setdefault(plain(word), row["value"])
            if _HAN.search(title):
                made.titles.setdefault(name, {}).setdefault(row["value"], title)
    return made


def _words(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield from ((str(name), str(word)) for name, word in document.get("words", {}).items())
    rules = dict(document.get("rules", {}))
    for message in document.get("messages", {}).values():
        if isinstance(message, Mapping):
            rules |= message.get("fields", {})
    for path, rule in rules.items():
        word = (
            rule
            if isinstance(rule, str)
            else rule.get("from", rule.get("each", ""))
            if isinstance(rule, Mapping)
            else ""
        )
        if word:
            yield str(path), str(word).rpartition(".")[2].removeprefix("@")
