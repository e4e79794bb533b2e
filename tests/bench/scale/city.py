"""A city with as many parties as one likes: reference data and topics of its own in a folder.

The one rule: it is the shipped city cut down to the fifteen that the work needs, and grown by bureaus that differ in their codes only.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

from hub.local.files import project_file
from hub.reference import HERE, Reference, load
from hub.topics import Topics

#: Bureaus of the smallest city; with police, procuratorate, court, government, the brigade and one unit of it they are fifteen.
BUREAUS: Final = ("ZHZFJ", "SFJ", "CZJ", "RSJ", "ZRGHJ", "SWJ", "NYNCJ", "YJJ", "STHJJ")
SMALLEST: Final = len(BUREAUS) + 6


def found(folder: Path, parties: int) -> Path:
    """Write the reference data of a city with *parties* into *folder*."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    known = yaml.safe_load((folder / "parties.yaml").read_text("utf-8"))
    known["scopes"] = {"GY": known["scopes"]["GY"]}
    known["bureaus"] = {code: known["bureaus"][code] for code in BUREAUS}
    known["bodies"] = {code: known["bodies"][code] for code in ("GY-ZD", "GY-ZD-DD2")} | {
        f"GY-W{number:04}": {
            "name": f"委办局{number}",
            "kind": "BUREAU",
            "level": "CITY",
            "basis": "[choice]",
            "from": "2024-01-01",
        }
        for number in range(parties - SMALLEST)
    }
    _write(folder / "parties.yaml", known)
    works = {"unit": "GY-ZD-DD2", "basis": "处罚法20", "from": "2024-01-01"}
    _write(
        folder / "entrustment.yaml", {"must": {"basis": "[choice]", "principals": []}, "entrusted": {"GY-YJJ": works}}
    )
    return folder


def topics_file(folder: Path) -> Path:
    """Write the project's topics for any city: every party speaks the hub's own language, and the brigade its system's too."""
    said = yaml.safe_load(project_file("topics.yaml").read_text("utf-8"))
    everyone = said["parties"]["*"]
    said["parties"] = {"*": everyone, "GY-ZD": {"system": "办案系统", "dialects": {"zhifa-json": {"partitions": 4}}}}
    _write(folder / "topics.yaml", said)
    return folder / "topics.yaml"


def city(folder: Path, parties: int) -> tuple[Reference, Topics]:
    """Both, read."""
    here = load(found(folder, parties))
    codes = here.directory.codes()
    assert len(codes) == parties, (len(codes), parties)
    return here, Topics.load(topics_file(folder), codes, "local")


def _write(path: Path, document: Any) -> None:
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
