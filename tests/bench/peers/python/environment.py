"""Makes a peer's own environment: a venv below $BENCH_ENV with its pinned libraries, and this folder on its path.

The one rule: it holds what requirements.txt of the peer pins and nothing of the hub.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def make(folder: Path, requirements: Path) -> None:
    """A venv in *folder* with *requirements*, of the interpreter that runs the hub."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    uv = Path(sys.executable).parent / "uv"
    install = [uv, "pip", "install", "--python", python] if uv.exists() else [python, "-m", "pip", "install"]
    subprocess.run([*install, "--quiet", "--no-deps", "--requirement", requirements], check=True)
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    # A path file, so that a peer imports the shared work as it would a library installed beside the others.
    (Path(purelib) / "bench_work.pth").write_text(f"{_HERE}\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(os.environ["BENCH_ENV"]) / "venv", Path("requirements.txt").resolve())
