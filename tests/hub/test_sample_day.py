"""The two words of the README: what `make demo` runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_the_demo_ends_well_and_leaves_nothing_running(tmp_path: Path) -> None:
    """Without a terminal it plays the sample day, prints the summary, stops everything and exits 0."""
    done = subprocess.run(
        [sys.executable, "-m", "hub", "demo"],
        cwd=tmp_path,
        env=os.environ | {"HUB_LANG": "en", "DEMO": "once"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "plans 6 → visits 3, 3 avoided" in done.stdout
    assert "leads sent 2 → receipts back 2" in done.stdout
    assert "fine-instead-of-transfer: PENALTY_IN_LIEU" in done.stdout
    assert re.search(r"statutory clocks .*RUNNING \d+", done.stdout)
    assert "all as expected" in done.stdout
    assert not (tmp_path / ".hub" / "dev.json").exists()
    assert _processes_of(tmp_path) == []


def _processes_of(folder: Path) -> list[str]:
    """Command lines of processes that still work in *folder*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if (process / "cwd").resolve() == folder or str(folder) in words:
                found.append(words)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found
