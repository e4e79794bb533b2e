"""What the hub remembers of one ticket 工单.

The one rule: *replyTo* is not among it: the way back to an informant is known to the source alone.
"""

from __future__ import annotations

from hub.rules.state import Common


class Ticket(Common, kw_only=True, omit_defaults=True):
    """A ticket and its owners. Empty *source* = not yet received."""

    source: str = ""  #: sender of ticket.received
    received_at: str = ""
    channel: str = ""
    kind: str = ""
    content: str = ""
    address: str = ""
    division_code: str = ""
    informant_ref: str = ""
    anonymous: bool = False
    minor: bool = False  #: the ticket is about a child
    owner_sector: str = ""  #: original department; "" while undetermined
    owner_territory: str = ""
    accepted: bool = False
    filing_decided: bool = False
    answered_at: str = ""
    returned_at: str = ""

    @property
    def obligor(self) -> str:
        """Who must act now: the territory until a department is named."""
        return self.owner_sector or self.owner_territory
