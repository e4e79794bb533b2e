"""Settings come from the environment, in one place, and are values afterwards."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hub.settings import Settings


def test_two_underscores_nest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_KAFKA__BOOTSTRAP", "k:9092")
    monkeypatch.setenv("HUB_DEV", "true")
    monkeypatch.setenv("HUB_CHECK_CODE_SECRET", "s3cret")
    settings = Settings()
    assert settings.kafka.bootstrap == "k:9092"
    assert settings.topics_environment == "local"
    assert "s3cret" not in repr(settings)


def test_a_setting_cannot_be_changed_afterwards_and_a_wrong_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        Settings().dev = True  # type: ignore[misc]
    monkeypatch.setenv("HUB_KAFKA__BOOTSTARP", "typo")
    with pytest.raises(ValidationError, match="bootstarp"):
        Settings()
