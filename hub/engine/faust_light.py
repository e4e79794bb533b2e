"""Faust without the web client that it names in a type: a fifth of a worker's start went into loading that.

One rule: what is kept out is what the engine never starts, Faust's web server and its HTTP client. Whoever wants aiohttp for
something else gets the real one: the stand-in is gone before this module is loaded.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType

__all__ = ["BootStrategy", "NoHttpClient", "faust"]


class NoHttpClient:
    """Stands where Faust expects the class of its HTTP client; nothing makes one."""


@contextlib.contextmanager
def _stand_in() -> Iterator[None]:
    if "aiohttp" in sys.modules:  # loaded already: nothing to be saved
        yield
        return
    package, client = ModuleType("aiohttp"), ModuleType("aiohttp.client")
    client.ClientSession = NoHttpClient  # type: ignore[attr-defined]
    sys.modules |= {"aiohttp": package, "aiohttp.client": client}
    try:
        yield
    finally:
        del sys.modules["aiohttp"], sys.modules["aiohttp.client"]


with _stand_in():
    import faust
    from faust.app.base import BootStrategy
