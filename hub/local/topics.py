"""What an installation is made of: its reference data, its own connectors, and the topics that follow from both.

One rule: a process or verb reads them once, here, and hands them on; reading the own connectors again would forget what was
compiled of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors import own
from connectors.own import Own
from hub.local.files import project_file
from hub.reference import Reference
from hub.reference import load as load_reference
from hub.settings import Settings
from hub.topics import Topics


@dataclass(frozen=True, slots=True)
class Installation:
    """Read with *settings*; its own dialects are known to the registry, since a topic and the words on it come together."""

    settings: Settings
    reference: Reference
    own: Own

    def topics(self, environment: str | None = None) -> Topics:
        """As they shall be in *environment*, else in the one the settings name; those of own dialects among them.

        Raise `TopicsInvalid`.
        """
        path = self.settings.topics_file or project_file("topics.yaml")
        return Topics.load(
            path,
            self.reference.directory.codes(),
            environment or self.settings.topics_environment,
            self.own.owners(),
        )


def installed(settings: Settings) -> Installation:
    """Raise `ReferenceInvalid`, `OwnInvalid`."""
    return Installation(settings, load_reference(settings.reference_dir), own.install(settings.connectors_dir))


def load_topics(settings: Settings, environment: str | None = None) -> Topics:
    """For who needs nothing of an installation but its topics. Raise what `installed` and `Installation.topics` do."""
    return installed(settings).topics(environment)
