"""Where and with what was measured, so that a figure can be doubted. The one rule: nothing here names the machine or its owner."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from hub.local.java import find_java
from hub.local.kafka import LocalKafka
from hub.settings import Settings


def machine() -> dict[str, Any]:
    """Cores, model, memory, system."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "model": model[1] if model else platform.machine(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
    }


def versions() -> dict[str, str]:
    """Of what everybody stands on."""
    return {
        "kafka": LocalKafka.version,
        "java": str(find_java(Settings().local.java).version),
        "python": platform.python_version(),
    }


def commit() -> str:
    """Of this checkout."""
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
