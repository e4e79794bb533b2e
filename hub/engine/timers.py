"""What is due when: the keys of one shard's state that asked to be called at a time.

One rule: the time of a key is whatever its last change said; an older entry in the heap means nothing. The heap is rebuilt
from the state's own records, so no timer is ever kept only in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from heapq import heapify, heappop, heappush


class DueHeap:
    def __init__(self) -> None:
        self._due_ms: dict[bytes, int] = {}
        self._heap: list[tuple[int, bytes]] = []
        self._loaded = False  # the heap is made when first asked for: a restore loads a hundred times

    def __len__(self) -> int:
        return len(self._due_ms)

    def due_ms(self, key: bytes) -> int | None:
        return self._due_ms.get(key)

    def set(self, key: bytes, due_ms: int | None) -> None:
        """Call *key* at *due_ms*, and at no other time; None: never."""
        if due_ms is None:
            self._due_ms.pop(key, None)
            return
        self._due_ms[key] = due_ms
        heappush(self._heap, (due_ms, key))
        if len(self._heap) > 64 + 4 * len(self._due_ms):  # timers that are moved often leave old entries behind
            self._make_heap()

    def load(self, due_ms: Mapping[bytes, int], undue: Collection[bytes]) -> None:
        """Set and unset many at once. For opening only: what was taken before would be taken again."""
        for key in undue:
            del self._due_ms[key]
        self._due_ms.update(due_ms)
        self._heap = []
        self._loaded = bool(self._due_ms)

    def among(self, keys: Set[bytes]) -> Set[bytes]:
        """Those of *keys* that have a timer."""
        return keys & self._due_ms.keys() if self._due_ms else frozenset()

    def next_ms(self) -> int | None:
        """When the earliest is due."""
        if self._loaded:
            self._make_heap()
        heap = self._heap
        while heap and self._due_ms.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now_ms: int, limit: int) -> list[bytes]:
        """The keys due at *now_ms*, earliest first. They stay due in the state but are not taken again unless set."""
        taken: list[bytes] = []
        while len(taken) < limit:
            earliest = self.next_ms()
            if earliest is None or earliest > now_ms:
                break
            _, key = heappop(self._heap)
            if not taken or taken[-1] != key:  # the same time set twice leaves two equal entries
                taken.append(key)
        return taken

    def offer_again(self, key: bytes, at_ms: int) -> None:
        """A key that was taken and left untouched comes back at *at_ms*."""
        self.set(key, at_ms)

    def _make_heap(self) -> None:
        self._heap = [(at, each) for each, at in self._due_ms.items()]
        heapify(self._heap)
        self._loaded = False
