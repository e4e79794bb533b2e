"""The case period rests while the police decide: P01 from the transfer to the returned file (contract §6.4).

The one rule: only a case filed before the transfer rests, and it runs on when every lead of its time has come back.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.rules import schedule
from hub.rules.matter.scene import Scene
from hub.rules.matter.state import Case, Lead, Matter, facts


def cases_rest(scene: Scene) -> None:
    """A case, a transfer or a returned file became known: lay the rests of the case periods down anew."""
    for case in scene.matter.cases.values():
        schedule.rest(scene.ledger, "P01", case.no, _rests(scene.matter, case))


def _rests(matter: Matter, case: Case) -> Iterator[tuple[str, str]]:
    for lead in matter.leads.values():
        if case.filed_at <= lead.transferred_at:
            yield lead.transferred_at, _returned_at(matter, lead)


def _returned_at(matter: Matter, lead: Lead) -> str:
    """When the file first came back, "" if it has not: one transfer is one rest."""
    returns = (fact.time for fact in facts(matter, "file.returned", lead.id) if fact.time >= lead.transferred_at)
    return min(returns, default="")
