"""The registrar describes the enterprise 企业画像: risk class, flags, sites, related codes.

The one rule: the higher version wins, whenever it arrives.
"""

from __future__ import annotations

from hub.canonical.event import Event
from hub.rules.inspection.state import Enterprise, Profile, Site
from hub.rules.ledger import Ledger


def register(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.enterprise.registered`."""
    data = event.data
    if data["version"] <= state.profile.version:
        return
    state.profile = Profile(
        version=data["version"],
        risk=data["riskClass"],
        major=bool(data.get("majorProject")),
        key_sector=bool(data.get("keySector")),
        industry=data.get("industry", ""),
        sites=tuple(Site(site["siteCode"], site["address"]) for site in data.get("sites", ())),
        related=tuple(data.get("relatedUsccs", ())),
    )
