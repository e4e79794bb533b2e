"""The table of rules against the catalogue and the table of clocks."""

from __future__ import annotations

from hub import reference
from hub.canonical.catalogue import Catalogue
from hub.rules.matter import MATTER, RULES
from hub.rules.matter.lead import MOVES, State, Sub
from hub.rules.matter.needs import POLICE_ONLY
from hub.rules.matter.scene import Ends, Extends, Starts, Voids
from tests.rules.matter.thread import SAID, fact

REFERENCE = reference.load()
ACCEPTED = {
    name: rule for name, rule in REFERENCE.events.items() if name.startswith("matter.") and "HUB" not in rule.senders
}


def test_every_fact_of_a_matter_has_a_rule() -> None:
    assert set(RULES) == set(ACCEPTED)


def test_needs_are_those_of_the_catalogue() -> None:
    assert {name: rule.needs for name, rule in RULES.items()} == {name: rule.needs for name, rule in ACCEPTED.items()}


def test_clocks_named_in_rules_exist() -> None:
    for rule in RULES.values():
        for act in rule.acts:
            if isinstance(act, (Starts, Ends, Voids, Extends)):
                assert act.clock in REFERENCE.clocks


def test_remembered_fields_are_fields_and_never_personal() -> None:
    for name, rule in RULES.items():
        fields = {field.name: field for field in Catalogue.load()[name].fields}
        for kept in rule.keep:
            assert not fields[kept].classes & set("psi")


def test_a_fact_is_counted_by_the_first_field_of_its_row_whatever_the_order_of_its_data() -> None:
    for name in SAID:
        event = fact("07-06 10:00", name, "GY-YJJ", "e", {})
        first = next(field.name for field in Catalogue.load()[event.type].fields if field.name != "correlationId")
        assert MATTER.entity(event) == event.data[first], name


def test_only_the_police_send_what_waits_for_a_police_to_be_named() -> None:
    assert {name for name, rule in ACCEPTED.items() if rule.senders == ("POLICE",)} == POLICE_ONLY


def test_states_and_subs_are_those_of_the_catalogue() -> None:
    fields = {field.name: field for field in Catalogue.load()["matter.lead.advanced"].fields}
    assert {state.value for state in State} - {""} == set(fields["state"].enum)
    assert {sub.value for sub in Sub} - {""} == set(fields["sub"].enum)
    assert {state for state, _ in MOVES.values()} == set(State) - {State.NONE}
