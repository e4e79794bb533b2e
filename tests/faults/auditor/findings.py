"""What the auditor found, fault by fault."""

from __future__ import annotations

from dataclasses import dataclass, field

FAULTS = ("lost", "duplicate effects", "phantom", "reordered per key", "aborted-visible", "torn")
_SHOWN = 10


@dataclass
class Findings:
    found: dict[str, list[str]] = field(default_factory=lambda: {fault: [] for fault in FAULTS})
    #: Allowed, but told: the same event delivered, sent or translated again, without a second effect.
    repeats: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, fault: str, what: str) -> None:
        self.found[fault].append(what)

    def repeat(self, what: str, count: int) -> None:
        self.repeats[what] = self.repeats.get(what, 0) + count

    @property
    def total(self) -> int:
        return sum(map(len, self.found.values()))

    def numbers(self) -> dict[str, int]:
        return {fault: len(each) for fault, each in self.found.items()}

    def lines(self) -> list[str]:
        told = [", ".join(f"{count} {what}" for what, count in self.counts.items())]
        for fault, each in self.found.items():
            told.append(f"{fault}: {len(each)}")
            told += [f"    {what}" for what in each[:_SHOWN]]
            if len(each) > _SHOWN:
                told.append(f"    … and {len(each) - _SHOWN} more")
        told.append(
            "repeated without effect: " + (", ".join(f"{n} {what}" for what, n in self.repeats.items()) or "none")
        )
        return told
