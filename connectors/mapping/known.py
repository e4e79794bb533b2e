"""Which names of a record somebody looks at: mapped, ignored by name, or used to tell messages apart.

The one rule: a name that nobody looks at is found and said, however deep it stands: no silent loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: Paths of unknown names below a source object, None if there are none.
Finder = Callable[[Mapping[str, Any]], list[str] | None]


class Known:
    """The names of one source object; a name with objects or lists of objects inside has a `Known` of its own."""

    def __init__(self) -> None:
        self._inside: dict[str, Known | None] = {}
        self._taken: set[str] = set()

    def add(self, path: str) -> None:
        """Somebody looks at *path* (dotted)."""
        name, _, rest = path.partition(".")
        if rest:
            self.child(name).add(rest)
        else:
            self._inside.setdefault(name, None)

    def claim(self, path: str) -> None:
        """A rule takes its value from *path*: no other may, or one of the two values would be lost on the way back."""
        head, _, name = path.rpartition(".")
        place = self
        for each in head.split(".") if head else ():
            place = place.child(each)
        if name in place._taken:  # noqa: SLF001 - another of the same kind
            raise ValueError(f"{path} is already taken by another rule")
        place._taken.add(name)  # noqa: SLF001
        self.add(path)

    def child(self, name: str) -> Known:
        """The names inside *name*."""
        inner = self._inside.get(name)
        if inner is None:
            inner = self._inside[name] = Known()
        return inner

    def widen(self, other: Known) -> None:
        """Look at what *other* looks at too, at every depth."""
        for name, inner in other._inside.items():
            if inner is None:
                self._inside.setdefault(name, None)
            else:
                self.child(name).widen(inner)

    def names(self) -> frozenset[str]:
        """All names at this place."""
        return frozenset(self._inside)

    def children(self) -> frozenset[str]:
        """Names with something inside."""
        return frozenset(name for name, inner in self._inside.items() if inner is not None)

    def paths(self) -> frozenset[str]:
        """All names, dotted, however deep."""
        deeper = {f"{name}.{path}" for name, inner in self._inside.items() if inner for path in inner.paths()}
        return self.names() | deeper

    def anywhere(self) -> Callable[[Any], bool]:
        """Does a value (an object, a list of them, or neither) hold an unknown name?"""
        finds = self.finder()

        def find(value: Any) -> bool:
            if type(value) is dict:
                return bool(finds(value))
            return type(value) is list and bool(_in_list(value, finds))

        return find

    def finder(self) -> Finder:
        """Compile, when all names are added."""
        names = frozenset(self._inside)
        inner = tuple((name, known.finder()) for name, known in self._inside.items() if known is not None)

        def find(source: Mapping[str, Any]) -> list[str] | None:
            found = None if source.keys() <= names else sorted(str(name) for name in source.keys() - names)
            for name, finds in inner:
                value = source.get(name)
                if type(value) is dict:
                    more = finds(value)
                elif type(value) is list:
                    more = _in_list(value, finds)
                else:
                    continue
                if more:
                    found = [*(found or ()), *(f"{name}{'' if path.startswith('[') else '.'}{path}" for path in more)]
            return found

        return find


def _in_list(values: list[Any], finds: Finder) -> list[str] | None:
    found: list[str] = []
    for number, value in enumerate(values):
        if type(value) is dict and (more := finds(value)):
            found.extend(f"[{number}].{path}" for path in more)
    return found or None
