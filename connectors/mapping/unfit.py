"""The one error inside a mapping. It gathers its path on the way out and is translated once, in `dialect.py`."""

from __future__ import annotations


class Unfit(Exception):
    """A value that a rule cannot turn. *path* grows from the inside out."""

    def __init__(self, detail: str, detail_en: str, suggestion: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.detail_en = detail_en
        self.suggestion = suggestion
        self.path: list[str] = []
        self.value: object = None
        self.line = 0
        self.personal = False

    @property
    def place(self) -> str:
        """The path as people write it: ``内容.检查事项[0].代码``."""
        return ".".join(reversed(self.path)).replace(".[", "[")
