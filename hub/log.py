"""structlog without the library it would draw tracebacks with: loading that took a tenth of every start, and lines are never drawn.

One rule: whoever logs takes structlog from here, or it comes with everything. Whoever wants rich for something else gets it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["get_logger", "structlog"]


@contextlib.contextmanager
def _without_rich() -> Iterator[None]:
    if "rich" in sys.modules:  # loaded already: nothing to be saved
        yield
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own word for: not to be found
    try:
        yield
    finally:
        del sys.modules["rich"]


with _without_rich():
    import structlog


def get_logger(name: str) -> Any:
    """The logger *name*, bound to nothing yet."""
    return structlog.get_logger(name)
