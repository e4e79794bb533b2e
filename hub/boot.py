"""The composition root: where settings, reference data and topics meet.

The one rule: whoever needs one of them is handed it; only the verbs of the command line and the processes start here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from hub.local.discovery import bootstrap_for, find_running
from hub.local.topics import installed
from hub.reference import Reference
from hub.settings import Settings
from hub.topics import Topics


@dataclass(frozen=True)
class Hub:
    """Everything a process or a verb looks up, and the cluster it talks to."""

    settings: Settings
    reference: Reference
    topics: Topics

    def bootstrap(self, flag: str | None = None) -> str:
        """The cluster: *flag*, else the setting, else that of the hub that runs here. Raises `NoCluster`."""
        return bootstrap_for(flag, self.settings.kafka.bootstrap)


@cache
def hub() -> Hub:
    """This process's hub, made once."""
    settings = Settings()
    found = installed(settings)
    reference = replace(found.reference, check_code_secret=settings.check_code_secret.get_secret_value())
    return Hub(settings, reference, found.topics("local" if find_running() else None))
