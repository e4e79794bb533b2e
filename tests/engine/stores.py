"""The stores every test of the state runs with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from hub.engine.settings import EngineSettings
from hub.engine.store import Store
from hub.engine.store_memory import MemoryStore
from hub.engine.store_rocks import RocksStore

Kind = Literal["memory", "rocksdb"]
KINDS: tuple[Kind, ...] = ("memory", "rocksdb")


def new_store(kind: Kind, folder: Path, log: str = "log-0") -> Store:
    return MemoryStore() if kind == "memory" else RocksStore(folder, "s", log, max_age_seconds=3600)


def settings(kind: Kind, folder: Path) -> EngineSettings:
    return replace(EngineSettings(), state_store=kind, state_folder=folder)
