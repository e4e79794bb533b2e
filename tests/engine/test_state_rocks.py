"""The copy of a log on the local disk: trusted only as far as it says itself, and never ahead of what is committed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.engine.state import Change, State
from hub.engine.store_rocks import RocksMissing, RocksStore, require_rocksdict

HOUR = 3600


def opened(folder: Path, log: str = "id-0", max_age_seconds: float = HOUR) -> State:
    return State(RocksStore(folder, "flow-0", log, max_age_seconds=max_age_seconds))


def held(state: State) -> Mapping[bytes, bytes | None]:
    return {key: state.get(key) for key in state.keys(b"")}


def filled(folder: Path, end: int = 7) -> None:
    state = opened(folder)
    state.apply({b"a": Change(b"1", 1_000), b"b": Change(b"2")})
    state.committed(end)
    state.close()


def test_a_copy_is_taken_up_where_it_stopped_with_its_timers(tmp_path: Path) -> None:
    filled(tmp_path)
    again = opened(tmp_path)
    assert (again.end, held(again), again.timers.next_ms()) == (7, {b"a": b"1", b"b": b"2"}, 1_000)


def test_what_was_applied_and_not_known_to_be_committed_is_not_in_the_copy(tmp_path: Path) -> None:
    filled(tmp_path)
    state = opened(tmp_path)
    state.apply({b"a": Change(b"doubtful", 5), b"b": Change(None), b"c": Change(b"3")})
    assert held(state) == {b"a": b"doubtful", b"c": b"3"}
    state.close()
    again = opened(tmp_path)
    assert (again.end, held(again), again.timers.next_ms()) == (7, {b"a": b"1", b"b": b"2"}, 1_000)


@pytest.mark.parametrize(
    ("log", "max_age_seconds"), [("another-0", HOUR), ("id-1", HOUR), ("id-0", -1.0)], ids=["topic", "partition", "age"]
)
def test_a_copy_of_something_else_or_too_old_is_thrown_away(tmp_path: Path, log: str, max_age_seconds: float) -> None:
    filled(tmp_path)
    state = opened(tmp_path, log, max_age_seconds)
    assert (state.end, held(state), len(state.timers)) == (0, {}, 0)


def test_a_copy_in_another_layout_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    monkeypatch.setattr("hub.engine.store_rocks.LAYOUT", 999)
    assert opened(tmp_path).end == 0


@pytest.mark.parametrize("spoiled", ["CURRENT", "MANIFEST-*"])
def test_what_is_no_database_any_more_is_thrown_away(tmp_path: Path, spoiled: str) -> None:
    filled(tmp_path)
    files = list((tmp_path / "flow-0.0").glob(spoiled))
    assert files
    for file in files:
        file.write_bytes(b"spoiled")
    state = opened(tmp_path)
    assert (state.end, held(state)) == (0, {})


def test_two_holders_of_one_shard_never_share_a_folder(tmp_path: Path) -> None:
    stopped, successor = opened(tmp_path), opened(tmp_path)
    stopped.apply({b"a": Change(b"old")})
    stopped.committed(3)
    successor.apply({b"a": Change(b"new")})
    successor.committed(4)
    assert (stopped.get(b"a"), successor.get(b"a")) == (b"old", b"new")


def test_a_kill_leaves_a_beginning_of_the_log_that_says_how_long_it_is(tmp_path: Path) -> None:
    """Value n of every key was committed at n: a copy that says n holds exactly that, whatever was in memory at the kill."""
    writing = (
        "import sys; from pathlib import Path; from tests.engine.test_state_rocks import opened, Change\n"
        "state = opened(Path(sys.argv[1])); number = 0\n"
        "while True:\n"
        "    number += 1\n"
        "    state.apply({b'%d' % key: Change(b'%d' % number + b'x' * 50_000) for key in range(20)})\n"
        "    state.committed(number)\n"
        "    if number == 120: print('far', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", writing, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"far\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    state = opened(tmp_path)
    assert state.end > 0, "nothing had reached the disk: the test shows nothing"
    assert {value.rstrip(b"x") for value in held(state).values() if value} == {b"%d" % state.end}


def test_without_the_library_the_error_names_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rocksdict", None)
    with pytest.raises(RocksMissing, match=r"pip install 'enforcement-hub\[large\]'"):
        require_rocksdict()
