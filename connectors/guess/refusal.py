"""Why nothing could be guessed. The one rule: it says what to do about it, in both languages."""

from __future__ import annotations


class NotGuessed(Exception):
    """The sample tells too little, or is no sample."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en
