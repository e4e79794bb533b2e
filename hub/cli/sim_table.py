"""The table that moves while the simulators run. One rule: it shows the journal as it stands and counts nothing itself."""

from __future__ import annotations

from rich.table import Table

from hub.cli.language import say
from hub.local.sim.journal import Journal


def table(journal: Journal) -> Table:
    """Who sent, was refused and with what, received, answered, owes."""
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    found.add_column(say("系统", "System"))
    for title in (
        say("报送", "Sent"), say("受理", "Accepted"), say("退回", "Refused"), say("收到", "Received"), say("答复", "Answered"),
        say("待办", "Owed"),
    ):  # fmt: skip
        found.add_column(title, justify="right")
    found.add_column(say("退回代码", "Codes"))
    for system, tally in sorted(journal.tallies.items()):
        numbers = (tally.sent, tally.accepted, tally.refused.total(), tally.received, tally.answered, tally.owed)
        codes = " ".join(f"{code}={count}" for code, count in tally.refused.most_common(4))
        found.add_row(system, *map(str, numbers), codes)
    return found
