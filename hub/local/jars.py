"""The broker's jars: where they are, and that they are the ones we mean.

One rule: no jar runs whose sha256 is not in `deploy/kafka/jars.lock`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.local.files import project_file
from hub.local.java import Java

VERSION = "4.2.1"


class JarsMissing(RuntimeError):
    """The jars are not there, or are not the right ones. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Jars:
    """Verified jars. *digest* names the set: whatever is derived from them is kept under it."""

    folder: Path
    names: tuple[str, ...]
    digest: str

    @property
    def class_path(self) -> str:
        # Spelled out, not `libs/*`: the launcher expands a star in directory order, and a class archive fits one order.
        return os.pathsep.join(str(self.folder / name) for name in self.names)


def find_jars(wanted: Path | None, cache: Path, java: Java) -> Jars:
    """The jars in *wanted*, else in *cache*, else fetched into *cache* by Maven (its settings and mirrors apply)."""
    lock = read_lock(project_file("deploy/kafka/jars.lock").read_text())
    if wanted is not None:
        return verified(wanted, lock, cache)
    if not all((cache / name).is_file() for name in lock):
        _fetch(cache, java)
    return verified(cache, lock, cache)


def read_lock(text: str) -> dict[str, str]:
    """`jars.lock` as jar → sha256, in the order of the names."""
    lines = (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return dict(sorted((name, digest) for digest, name in lines))


def verified(folder: Path, lock: Mapping[str, str], cache: Path) -> Jars:
    """*folder*'s jars after a check of each against *lock*: by content once, then by size and time of change."""
    digest = hashlib.sha256("".join(f"{name} {lock[name]}\n" for name in lock).encode()).hexdigest()[:16]
    missing = [name for name in lock if not (folder / name).is_file()]
    if missing:
        raise JarsMissing(f"{folder} lacks {len(missing)} of {len(lock)} jars, first {missing[0]}.\n{_CURES}")
    seen = hashlib.sha256(digest.encode())
    for name in lock:
        stat = (folder / name).stat()
        seen.update(f"{folder.resolve() / name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    mark = cache / "verified" / seen.hexdigest()[:32]
    if not mark.exists():
        wrong = [name for name in lock if _sha256(folder / name) != lock[name]]
        if wrong:
            raise JarsMissing(f"{folder}: not the jars of jars.lock: {', '.join(wrong)}. Remove them.\n{_CURES}")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return Jars(folder.resolve(), tuple(lock), digest)


def _sha256(path: Path) -> str:
    with path.open("rb") as jar:
        return hashlib.file_digest(jar, "sha256").hexdigest()


def _fetch(cache: Path, java: Java) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsMissing(
            f"The jars of Kafka {VERSION} are not in {cache} and there is no Maven to fetch them.\n{_CURES}"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as fresh:
        answer = subprocess.run(  # noqa: S603 - our own argv, no shell
            [maven, "-q", "-B", "-f", project_file("deploy/kafka/pom.xml"), "dependency:copy-dependencies",
             f"-DoutputDirectory={fresh}"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "JAVA_HOME": str(java.home)},  # Maven needs one too, and the wheel's is on no PATH
        )  # fmt: skip
        if answer.returncode:
            raise JarsMissing(
                f"Maven could not fetch Kafka {VERSION}:\n{(answer.stdout + answer.stderr)[-2000:]}\n{_CURES}"
            )
        for jar in Path(fresh).glob("*.jar"):
            jar.replace(cache / jar.name)  # each whole or not at all: two first starts at once do no harm


_CURES = (
    "  mvn -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=LIBS   # where there is a network\n"
    "  hub dev --kafka-libs LIBS                                                         # or HUB_KAFKA_LIBS=LIBS"
)
