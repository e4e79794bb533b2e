"""The judge finds every fault that is planted, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.bench.judge import Expected, Read, expect, judge
from tests.bench.work.plans import plans

_SENT = list(plans(2_600, enterprises=40))
_EXPECTED = expect(_SENT, datetime(2026, 6, 1, tzinfo=UTC), {sent.key: sent.key[-1] % 4 for sent in _SENT})

Outputs = list[Read]


def _right() -> tuple[Outputs, Outputs]:
    """What a faultless processor writes: partition by partition, as a consumer gets it."""
    outputs = [
        Read(due.partition, 0, due.accepted.key, due.accepted.value, [*due.accepted.headers, ("hub-trace", b"1")])
        for due in sorted(_EXPECTED.outputs.values(), key=lambda due: (due.partition, due.position))
    ]
    refused = [Read(0, 0, key, value, [("reason", b"no")]) for key, value in _EXPECTED.refused.elements()]
    return outputs, refused


def _with_header(read: Read, name: str, value: bytes) -> Read:
    return read._replace(headers=[*(each for each in read.headers if each[0] != name), (name, value)])


def _overlapping(outputs: Outputs) -> int:
    return next(at for at, read in enumerate(outputs) if b"," in (dict(read.headers).get("overlaps") or b""))


def _missing(outputs: Outputs, refused: Outputs) -> None:
    del outputs[7]


def _doubled(outputs: Outputs, refused: Outputs) -> None:
    outputs.append(outputs[7])


def _swapped(outputs: Outputs, refused: Outputs) -> None:
    second = next(at for at in range(1, len(outputs)) if outputs[at].key == outputs[0].key)
    outputs[0], outputs[second] = outputs[second], outputs[0]


def _wrong_byte(outputs: Outputs, refused: Outputs) -> None:
    value = outputs[7].value or b""
    outputs[7] = outputs[7]._replace(value=value[:-1] + bytes([value[-1] ^ 1]))


def _wrong_key(outputs: Outputs, refused: Outputs) -> None:
    outputs[7] = outputs[7]._replace(key=b"91520100MA00000002")


def _wrong_header(outputs: Outputs, refused: Outputs) -> None:
    outputs[7] = _with_header(outputs[7], "ce_time", b"2026-02-01T08:00:00Z")


def _overlap_left_out(outputs: Outputs, refused: Outputs) -> None:
    at = _overlapping(outputs)
    outputs[at] = _with_header(outputs[at], "overlaps", (dict(outputs[at].headers)["overlaps"] or b"").split(b",")[0])


def _overlap_invented(outputs: Outputs, refused: Outputs) -> None:
    at = next(at for at, read in enumerate(outputs) if "overlaps" not in dict(read.headers))
    outputs[at] = _with_header(outputs[at], "overlaps", b"JH-2026-0000001")


def _refused_let_through(outputs: Outputs, refused: Outputs) -> None:
    read = refused.pop()
    outputs.append(read._replace(headers=[("ce_id", b"2f6c1d0a-0000-5000-8000-000000000000")]))


def _no_name(outputs: Outputs, refused: Outputs) -> None:
    outputs.append(outputs[7]._replace(headers=[]))


def _scattered(outputs: Outputs, refused: Outputs) -> None:
    outputs[7] = outputs[7]._replace(partition=(outputs[7].partition + 1) % 4)


def _refused_missing(outputs: Outputs, refused: Outputs) -> None:
    del refused[0]


def _refused_twice(outputs: Outputs, refused: Outputs) -> None:
    refused.append(refused[0])


def _refused_changed(outputs: Outputs, refused: Outputs) -> None:
    refused[0] = refused[0]._replace(value=(refused[0].value or b"") + b"\n")


def _refused_silently(outputs: Outputs, refused: Outputs) -> None:
    refused[0] = refused[0]._replace(headers=[])


def test_a_faultless_run_is_right() -> None:
    verdict = judge(_EXPECTED, *_right())

    assert verdict.right, str(verdict)
    assert len(_EXPECTED.outputs) > 2_300
    assert _EXPECTED.refused.total() == 3


@pytest.mark.parametrize(
    ("plant", "kinds"),
    [
        (_missing, {"missing": 1}),
        (_doubled, {"doubled": 1}),
        (_swapped, {"out of order": 1}),
        (_wrong_byte, {"wrong bytes": 1}),
        (_wrong_key, {"wrong key": 1}),
        (_wrong_header, {"wrong header": 1}),
        (_overlap_left_out, {"wrong overlaps": 1}),
        (_overlap_invented, {"wrong overlaps": 1}),
        (_refused_let_through, {"let through": 1, "refused missing": 1}),
        (_no_name, {"let through": 1}),
        (_scattered, {"key in two partitions": 1}),
        (_refused_missing, {"refused missing": 1}),
        (_refused_twice, {"refused wrongly": 1}),
        (_refused_changed, {"refused missing": 1, "refused wrongly": 1}),
        (_refused_silently, {"refused without a reason": 1}),
    ],
)
def test_a_planted_fault_is_found(plant: Callable[[Outputs, Outputs], None], kinds: dict[str, int]) -> None:
    outputs, refused = _right()

    plant(outputs, refused)
    verdict = judge(_EXPECTED, outputs, refused)

    assert kinds.keys() <= verdict.counts.keys(), str(verdict)
    # A swap may put several outputs behind a later one, a scattered output may lie first.
    if plant is not _swapped and plant is not _scattered:
        assert dict(verdict.counts) == kinds


def test_nothing_at_all_is_missing_everywhere() -> None:
    verdict = judge(_EXPECTED, [], [])

    assert verdict.counts["missing"] == len(_EXPECTED.outputs)
    assert verdict.counts["refused missing"] == 3


def test_positions_count_every_record_of_a_partition() -> None:
    whole = Expected(_EXPECTED.outputs, _EXPECTED.refused, _EXPECTED.positions)
    last = max(due.position for due in whole.outputs.values() if due.partition == 1)

    assert whole.positions == len(_SENT)
    assert last + 1 <= sum(sent.key[-1] % 4 == 1 for sent in _SENT)
