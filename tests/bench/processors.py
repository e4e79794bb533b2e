"""The processors: what their folders say, and their environments, made once.

The one rule: a processor is told everything by its folder and the environment, and nobody is treated differently.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

PEERS: Final = Path(__file__).parent / "peers"
GUARANTEES: Final = ("exactly-once", "at-least-once")
_SETUP_SECONDS: Final = 900
_LAST_LINES: Final = 15


class SetupFailed(RuntimeError):
    """An environment could not be made; the text carries the end of what was said."""


@dataclass(frozen=True, slots=True)
class Processor:
    """One folder below `peers/`."""

    name: str
    folder: Path
    home: Path  #: of its environment and working files, `$BENCH_ENV`
    title: str
    language: str
    guarantees: tuple[str, ...]
    setup: tuple[str, ...]
    run: tuple[str, ...]
    notes: str

    def argv(self, command: Sequence[str]) -> list[str]:
        """*command* with `$BENCH_ENV` put in."""
        return [re.sub(r"\$BENCH_ENV\b|\$\{BENCH_ENV\}", lambda _: str(self.home), part) for part in command]

    def pins(self) -> dict[str, str]:
        """The versions that its build file names."""
        return dict(_pins(self.folder))

    def libraries(self) -> dict[str, str]:
        """Of those, the ones it uses itself: a locked requirements.txt names what these bring along, too."""
        code = "\n".join(file.read_text() for file in self.folder.glob("*.py"))
        imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.MULTILINE))
        used = tuple(imported - sys.stdlib_module_names)
        pins = self.pins()
        mine = {name: pins[name] for name in pins if name.lower().replace("-", "_").startswith(used)}
        return mine or pins


def find(name: str, homes: Path, *, peers: Path = PEERS) -> Processor:
    """The processor *name*. Raise LookupError, or ValueError for a `processor.yaml` that does not hold."""
    file = peers / name / "processor.yaml"
    if not file.is_file():
        raise LookupError(f"no processor {name}; there are: {', '.join(names(peers))}")
    said: dict[str, Any] = yaml.safe_load(file.read_text())
    unknown = said.keys() - {"title", "language", "guarantees", "setup", "run", "notes"}
    if unknown or not said.get("run") or not set(said.get("guarantees", ())) <= set(GUARANTEES):
        raise ValueError(f"{file}: unknown keys {sorted(unknown)}, or no run, or guarantees that are not {GUARANTEES}")
    return Processor(
        name=name,
        folder=file.parent,
        home=(homes / name).absolute(),
        title=said["title"],
        language=said["language"],
        guarantees=tuple(said["guarantees"]),
        setup=tuple(map(str, said.get("setup") or ())),
        run=tuple(map(str, said["run"])),
        notes=" ".join(str(said.get("notes", "")).split()),
    )


def names(peers: Path = PEERS) -> list[str]:
    """All processors: the hub first, then by name."""
    return sorted((file.parent.name for file in peers.glob("*/processor.yaml")), key=lambda name: (name != "hub", name))


def prepare(processor: Processor, say: Callable[[str], None]) -> None:
    """Make its environment unless it was made from this very folder. Raise `SetupFailed`."""
    made = processor.home / ".made-of"
    digest = _digest(processor.folder)
    if made.is_file() and made.read_text() == digest:
        return
    shutil.rmtree(processor.home, ignore_errors=True)
    processor.home.mkdir(parents=True)
    if processor.setup:
        say(f"{processor.name}: setting up, log in {processor.home / 'setup.log'}")
        _set_up(processor)
    made.write_text(digest)


def _set_up(processor: Processor) -> None:
    log = processor.home / "setup.log"
    with log.open("wb") as said:
        try:
            code = subprocess.run(
                processor.argv(processor.setup),
                cwd=processor.folder,
                env=os.environ | {"BENCH_ENV": str(processor.home)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=_SETUP_SECONDS,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupFailed(f"{processor.name}: {error}") from error
    if code:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
        raise SetupFailed(f"{processor.name}: setup ended with {code}\n{end}")


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts):
        found.update(f"{file.relative_to(folder)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _pins(folder: Path) -> Iterator[tuple[str, str]]:
    """`name==version`, a go.mod's own lines, and a pom's dependencies with their properties put in."""
    for file in sorted(folder.glob("*")):
        match file.name:
            case "requirements.txt":
                yield from re.findall(r"^([\w.\[\]-]+)==([\w.+!-]+)", file.read_text(), re.MULTILINE)
            case "go.mod":
                yield from re.findall(r"^(?:require )?\s*(\S+\.\S+/\S+) (v\S+)$", file.read_text(), re.MULTILINE)
            case "pom.xml":
                yield from _pins_of_pom(file.read_text())


def _pins_of_pom(text: str) -> Iterator[tuple[str, str]]:
    properties = dict(re.findall(r"<([\w.-]+)>([^<>]+)</\1>", text))
    dependency = r"<dependency>.*?<artifactId>([^<]+)</artifactId>\s*<version>([^<]+)</version>"
    for name, version in re.findall(dependency, text, re.DOTALL):
        named = re.fullmatch(r"\$\{([\w.-]+)\}", version)
        yield name, properties.get(named[1], version) if named else version
