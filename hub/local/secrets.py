"""What a local hub keeps secret: one token per party, and the key of the check codes. One rule: made once, 0600, kept.

They live with the data, so a script that was given a token goes on working after a restart, and `--fresh` revokes all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import orjson

TOKENS = "tokens.json"
CHECK_CODE_KEY = "check-code.key"


def keep_tokens(data_dir: Path, parties: Iterable[str]) -> dict[str, str]:
    """A token for each of *parties*, in `tokens.json` of *data_dir*; the ones already there stay."""
    path = data_dir / TOKENS
    known: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
    tokens = {party: known.get(party) or secrets.token_urlsafe(24) for party in parties}
    if tokens != known:
        _write(path, orjson.dumps(tokens, option=orjson.OPT_INDENT_2))
    return tokens


def keep_check_code_key(data_dir: Path) -> str:
    """The key that check codes are made with; the same for as long as the data."""
    path = data_dir / CHECK_CODE_KEY
    if not path.exists():
        _write(path, secrets.token_hex(32).encode())
    return path.read_text()


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_bytes(content)
    fresh.replace(path)
