"""`topics.yaml` for the parties of the reference data. One rule: whoever needs the topics of this project loads them so."""

from __future__ import annotations

from connectors import own
from hub.local.files import project_file
from hub.reference import load as load_reference
from hub.settings import Settings
from hub.topics import Topics


def load_topics(settings: Settings, environment: str | None = None) -> Topics:
    """The topics as they shall be in *environment*, else in the one the settings name; those of own dialects among them.

    Makes the installation's own dialects known: a topic and the words spoken on it come together. Raise `TopicsInvalid`,
    `OwnInvalid`.
    """
    path = settings.topics_file or project_file("topics.yaml")
    return Topics.load(
        path,
        load_reference(settings.reference_dir).directory.codes(),
        environment or settings.topics_environment,
        own.install(settings.connectors_dir).owners(),
    )
