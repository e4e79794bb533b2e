"""What a careful receiver does with a delivery: once and durably, by (consumer, event id), before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.faults.journal import Journal

_PREFIX, _SUFFIX = "cn.guiyang.hub.", ".v1"


class Inbox:
    """The receiver's table of what it has done. *types*: it takes only these; none: all."""

    def __init__(self, folder: Path, consumer: str, party: str, types: Sequence[str] = ()) -> None:
        self.consumer = consumer
        self._party = party
        self._done: set[str] = set()
        self._journal = Journal(folder / f"receiver-{consumer.replace('/', '-')}.jsonl")
        self._journal.write([{"event": "follows", "consumer": consumer, "party": party, "types": list(types)}])

    def __len__(self) -> int:
        return len(self._done)

    def close(self) -> None:
        self._journal.close()

    def take(self, deliveries: Iterable[tuple[str, str, str]]) -> None:
        """(id, type, subject) of each delivery, in their order."""
        lines = []
        for name, kind, subject in deliveries:
            again = name in self._done
            self._done.add(name)
            short = kind.removeprefix(_PREFIX).removesuffix(_SUFFIX)
            lines.append(
                {"event": "again" if again else "effect", "consumer": self.consumer, "party": self._party, "id": name,
                 "type": short, "subject": subject}
            )  # fmt: skip
        self._journal.write(lines)
