"""The language of help and messages. One rule: it is settled before any verb is imported, so a help text is just text."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache

LANGUAGES = ("zh", "en")


def choose(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """`--lang`, else HUB_LANG, else LANG; Chinese unless one of them says English."""
    wanted = ""
    for position, word in enumerate(argv):
        if word == "--lang":
            wanted = next(iter(argv[position + 1 : position + 2]), "")
        elif word.startswith("--lang="):
            wanted = word.removeprefix("--lang=")
    wanted = wanted or environment.get("HUB_LANG", "") or environment.get("LANG", "")
    return "en" if wanted.lower().startswith("en") else "zh"


@cache
def current() -> str:
    """The language of this process."""
    return choose(sys.argv[1:], os.environ)


def say(zh: str, en: str) -> str:
    """Whichever of the two the reader wants."""
    return en if current() == "en" else zh
