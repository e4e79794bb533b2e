"""Signatures against the standard's published vectors, and what a receiver's verifier says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook import keyring
from connectors.webhook.keyring import Key, changed, in_force
from connectors.webhook.signing import private_key, shared, shared_secret, sign
from connectors.webhook.verifying import KeyUnusable, NotGenuine, verify
from hub.canonical.event import SHANGHAI

NOW = datetime(2026, 3, 9, 10, tzinfo=SHANGHAI)
#: The vectors of the standard's own libraries (symmetric) and of the reference server (asymmetric).
SYMMETRIC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def headers(signature: str, stamp: str = str(STAMP)) -> dict[str, str]:
    return {"Webhook-Id": ID, "Webhook-Timestamp": stamp, "Webhook-Signature": signature}


class TestTheVectors:
    def test_both_versions(self) -> None:
        assert sign([SYMMETRIC], ID, STAMP, BODY) == V1
        assert sign([PRIVATE, SYMMETRIC], ID, STAMP, BODY) == f"{V1A} {V1}"
        assert shared(PRIVATE) == PUBLIC

    @pytest.mark.parametrize(("key", "signature"), [(SYMMETRIC, V1), (PUBLIC, V1A), (PUBLIC, f"v9,x {V1} {V1A}")])
    def test_a_receiver_finds_its_own_among_them(self, key: str, signature: str) -> None:
        assert verify(headers(signature), BODY, [key], now=STAMP + 299).id == ID


@pytest.mark.parametrize(
    ("given_headers", "body", "key", "later", "code"),
    [
        ({}, BODY, PUBLIC, 0, "MISSING_HEADER"),
        (headers(V1A, "161426533O"), BODY, PUBLIC, 0, "MALFORMED_TIMESTAMP"),
        (headers(V1A), BODY, PUBLIC, 301, "TOO_OLD"),
        (headers(V1A), BODY, PUBLIC, -301, "TOO_NEW"),
        (headers(V1), BODY, PUBLIC, 0, "NO_KNOWN_SIGNATURE"),
        (headers(V1A), b'{"test":2432232314}', PUBLIC, 0, "WRONG_SIGNATURE"),  # the same JSON, written again
        (headers(V1A, str(STAMP + 1)), BODY, PUBLIC, 0, "WRONG_SIGNATURE"),
        (headers("v1a,%%%"), BODY, PUBLIC, 0, "WRONG_SIGNATURE"),
        (headers("v1,"), BODY, SYMMETRIC, 0, "WRONG_SIGNATURE"),
        (headers(V1.replace("v1,", "v1a,")), BODY, PUBLIC, 0, "WRONG_SIGNATURE"),
    ],
)
def test_what_is_not_genuine_says_why(
    given_headers: dict[str, str], body: bytes, key: str, later: int, code: str
) -> None:
    with pytest.raises(NotGenuine) as caught:
        verify(given_headers, body, [key], now=STAMP + later)

    assert caught.value.code == code
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize("key", ["", "abc", "whsk_x", PRIVATE, "whsec_!", "whsec_YQ==", "whpk_YQ=="])
def test_a_wrong_key_is_the_receivers_own_mistake(key: str) -> None:
    with pytest.raises(KeyUnusable) as caught:
        verify(headers(f"{V1} {V1A}"), BODY, [key] if key else [], now=STAMP)

    assert len(key) < 10 or key not in str(caught.value)


def test_halves_that_do_not_belong_together_sign_nothing() -> None:
    wrong = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlaaaaaaaaaaAJ6p9lMicMFs6Kvg=="

    with pytest.raises(KeyUnusable, match="halves"):
        sign([wrong], ID, STAMP, BODY)


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.binary(min_size=24, max_size=64))
def test_whatever_is_signed_verifies_and_nothing_else_does(body: bytes, seed: bytes, secret: bytes) -> None:
    keys = [private_key(seed), shared_secret(secret)]
    signed = headers(sign(keys, ID, STAMP, body))

    for key in keys:
        assert verify(signed, body, [shared(key)], now=STAMP).timestamp == STAMP
        with pytest.raises(NotGenuine):
            verify(signed, body + b" ", [shared(key)], now=STAMP)


class TestTheChangeOfKeys:
    OLD, NEW = Key(PRIVATE, NOW - timedelta(days=99)), private_key(bytes(32))

    def test_both_sign_until_the_overlap_ends(self) -> None:
        keys = changed([self.OLD], self.NEW, NOW, timedelta(days=7))

        assert [key.key for key in in_force(keys, NOW)] == [self.NEW, PRIVATE]
        assert [key.key for key in in_force(keys, NOW + timedelta(days=7))] == [self.NEW]

    def test_a_second_change_lengthens_nothing(self) -> None:
        once = changed([self.OLD], self.NEW, NOW, timedelta(days=1))
        twice = changed(once, SYMMETRIC, NOW, timedelta(days=7))

        assert len(in_force(twice, NOW)) == 3
        assert [key.key for key in in_force(twice, NOW + timedelta(days=1))] == [SYMMETRIC, self.NEW]

    def test_a_leaked_key_ends_at_once(self) -> None:
        assert [k.key for k in in_force(changed([self.OLD], self.NEW, NOW, timedelta(0)), NOW)] == [self.NEW]

    def test_nothing_outlives_seven_days(self) -> None:
        with pytest.raises(ValueError, match="7 days"):
            changed([self.OLD], self.NEW, NOW, timedelta(days=8))

    def test_the_file_is_its_owners_alone_and_says_no_key(self, tmp_path: Path) -> None:
        path = tmp_path / "keys/GY-YJJ.json"
        keyring.write(path, [self.OLD])

        assert path.stat().st_mode & 0o777 == 0o600
        assert keyring.read(path) == [self.OLD]
        assert PRIVATE not in repr(keyring.read(path))
        path.chmod(0o640)
        with pytest.raises(KeyUnusable, match="chmod"):
            keyring.read(path)

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"keys":[1]}', PRIVATE.encode()])
    def test_a_torn_file_is_said_without_its_content(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x.json"
        path.touch(0o600)
        path.write_bytes(content)

        with pytest.raises(KeyUnusable, match="not a file of keys"):
            keyring.read(path)
