"""The case period rests while the police decide: P01 from the transfer to the returned file (contract §6.4).

The one rule: only a case filed before the transfer rests, and it runs on when every lead of its time has come back.
"""

from __future__ import annotations

from hub.rules import schedule
from hub.rules.matter.scene import Scene
from hub.rules.matter.state import Case, Lead, latest


def case_rests(scene: Scene) -> None:
    """A lead was transferred: the periods of the matter's cases rest."""
    lead = scene.matter.leads[scene.about]
    for case in scene.matter.cases.values():
        _rest(scene, case, lead)


def case_runs_on(scene: Scene) -> None:
    """A file came back."""
    for case in scene.matter.cases.values():
        _run_on(scene, case, scene.event.time)


def catch_up(scene: Scene) -> None:
    """A case became known after its leads: rest and run on as if it had been known in time."""
    case = scene.matter.cases[scene.about]
    for lead in sorted(scene.matter.leads.values(), key=lambda lead: lead.transferred_at):
        _rest(scene, case, lead)
        if returned_at := _returned(scene, lead):
            _run_on(scene, case, returned_at)


def _rest(scene: Scene, case: Case, lead: Lead) -> None:
    if case.filed_at <= lead.transferred_at:
        schedule.suspend(scene.ledger, "P01", case.no, lead.transferred_at)


def _run_on(scene: Scene, case: Case, returned_at: str) -> None:
    outstanding = [
        lead
        for lead in scene.matter.leads.values()
        if case.filed_at <= lead.transferred_at <= returned_at and not "" < _returned(scene, lead) <= returned_at
    ]
    if not outstanding:
        schedule.resume(scene.ledger, "P01", case.no, returned_at)


def _returned(scene: Scene, lead: Lead) -> str:
    fact = latest(scene.matter, "file.returned", lead.id)
    return fact.time if fact else ""
