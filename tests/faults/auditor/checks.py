"""The six faults, one function each: `Book` → `Findings`.

One rule: each looks at effects, not at mechanisms. It would find the same fault in any hub that keeps the contract.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tests.faults.auditor.book import (
    AGGREGATES,
    CLOCK,
    COPIES,
    HUB,
    INGRESS,
    LETTERS,
    OUTGOING,
    RECEIPT,
    STATES,
    Book,
    letter_of,
    party_of,
    recipients_of,
)
from tests.faults.auditor.findings import Findings
from tests.faults.auditor.journals import Must, Sent
from tests.faults.auditor.log import Entry, ids


def lost(book: Book, findings: Findings) -> None:
    """Accepted, and what had to come of it did not."""
    by_cause, by_key = _indexed(book)
    for name, sent in book.journals.accepted().items():
        said = f"{sent.party} {sent.own_id} ({name})"
        if name not in book.facts and name not in book.letters:
            findings.add("lost", f"{said}: neither a fact nor a dead letter")
            continue
        if sent.dead and name not in book.letters:
            findings.add("lost", f"{said}: no dead letter")
        for must in sent.must:
            if not _came(book, by_cause, by_key, name, sent, must):
                findings.add("lost", f"{said}: no {must.type} for {must.party}")
    for record in book.log.all(INGRESS):
        if record.place not in book.origins:
            findings.add("lost", f"{record.place}: nothing came of this record")
    for name, entries in book.outgoing.items():
        wanted = recipients_of(entries[0])
        if wanted and not any(name in book.copies[party] for party in wanted):
            findings.add("lost", f"{entries[0].type} {name}: no copy for any of {', '.join(wanted)}")
    kept: dict[str, set[str]] = defaultdict(set)
    for effect in book.journals.effects:
        kept[effect.consumer].add(effect.id)
    for consumer, (party, types) in book.journals.follows.items():
        for name, copies in book.copies[party].items():
            if name not in kept[consumer] and (not types or copies[0].type in types):
                findings.add("lost", f"{consumer} never had {copies[0].type} {name} ({copies[0].place})")


def duplicates(book: Book, findings: Findings) -> None:
    """One event, two effects."""
    for what, entries in (
        *((f"{each[0].topic}", each) for each in book.made.values()),
        *(("outgoing", each) for each in book.outgoing.values()),
        *((f"copy for {party}", each) for party, mine in book.copies.items() for each in mine.values()),
    ):
        if len(entries) > 1:
            places = ", ".join(each.place for each in entries[:4])
            findings.add("duplicate effects", f"{what}: {entries[0].type} {entries[0].id} at {places}")
    for origin, entries in book.origins.items():
        if origin and len(entries) > 1:
            # A fact refused by its aggregate leaves a letter about the fact, not about the ingress record.
            findings.add("duplicate effects", f"{origin}: came to {', '.join(each.place for each in entries[:4])}")
    for (consumer, name), count in Counter((each.consumer, each.id) for each in book.journals.effects).items():
        if count > 1:
            findings.add("duplicate effects", f"{consumer}: {count} effects of {name}")
    for meaning, entries in _meanings(book).items():
        if len({each.id for each in entries}) > 1:
            findings.add("duplicate effects", f"said twice under two ids: {' '.join(map(str, meaning))}")
    findings.repeat("facts translated again from a repeated record", sum(len(each) - 1 for each in book.facts.values()))
    findings.repeat("events sent again", sum(count - 1 for count in book.journals.times_sent.values()))
    findings.repeat("deliveries handed out again", book.journals.again)


def phantoms(book: Book, findings: Findings) -> None:
    """There, and nobody sent it."""
    known = book.journals.sent
    for name, facts in book.facts.items():
        if name not in known:
            findings.add("phantom", f"{facts[0].place}: {facts[0].type} {name} of {facts[0].party} was never sent")
    for name, letters in book.letters.items():
        if name not in known:
            findings.add("phantom", f"{letters[0].place}: a dead letter of {name}, which was never sent")
    heard = known.keys() | book.made.keys()
    aborted = ids(book.log.never(*AGGREGATES, CLOCK, RECEIPT))
    for entries in book.made.values():
        cause = entries[0].cause
        if cause and cause not in heard and cause not in aborted:
            findings.add("phantom", f"{entries[0].place}: {entries[0].type} because of {cause}, which never was")
    for party, mine in book.copies.items():
        unsent = ids(book.log.never(OUTGOING))
        for name, copies in mine.items():
            if name not in book.outgoing and name not in unsent:
                findings.add(
                    "phantom", f"{copies[0].place}: a copy of {name} for {party}, which nobody addressed to it"
                )
    gone = _aborted_copies(book)
    for effect in book.journals.effects:
        party, _ = book.journals.follows[effect.consumer]
        if effect.id not in book.copies[party] and (party, effect.id) not in gone:
            findings.add("phantom", f"{effect.consumer} had {effect.type} {effect.id}, which is not in its topic")


def reordered(book: Book, findings: Findings) -> None:
    """Two events of one sender about one key, the wrong way round. A repeat counts where it first stood."""
    _inversions(book, findings, "in the aggregate's topic", book.log.all(*AGGREGATES))
    for party in book.copies:
        _inversions(book, findings, f"for {party}", book.log.all(f"{COPIES}{party.lower()}."))
    for consumer in book.journals.follows:
        mine = [each for each in book.journals.effects if each.consumer == consumer]
        _inverted(book, findings, f"at {consumer}", (each.id for each in mine))


def aborted(book: Book, findings: Findings) -> None:
    """Written in a transaction that was never committed, and yet somebody acted on it."""
    gone = _aborted_copies(book)
    for effect in book.journals.effects:
        party, _ = book.journals.follows[effect.consumer]
        if (party, effect.id) in gone:
            findings.add("aborted-visible", f"{effect.consumer} had {effect.type} {effect.id}, which was aborted")
    unsent = ids(book.log.never(OUTGOING)) - book.outgoing.keys()
    for party, mine in book.copies.items():
        for name in mine.keys() & unsent:
            findings.add("aborted-visible", f"{party} has a copy of {name}, whose outgoing record was aborted")
    for name in _only_aborted(book):
        for entry in book.made.values():
            if entry[0].cause == name:
                findings.add("aborted-visible", f"{entry[0].place}: because of {name}, which was aborted")


def torn(book: Book, findings: Findings) -> None:
    """Part of what one transaction wrote."""
    for name, entries in book.outgoing.items():
        entry = entries[0]
        if entry.party == HUB and name not in book.made:
            findings.add("torn", f"{entry.place}: {entry.type} {name} is on its way but not in its own log")
        if entry.party != HUB and name not in book.facts:
            findings.add("torn", f"{entry.place}: {entry.type} {name} is on its way but no fact")
        wanted = recipients_of(entry)
        missing = [party for party in wanted if name not in book.copies[party]]
        if missing and len(missing) < len(set(wanted)):
            findings.add("torn", f"{entry.type} {name}: copies for some, not for {', '.join(missing)}")
    for entry in book.log.all(RECEIPT):
        if entry.id not in book.outgoing:
            findings.add("torn", f"{entry.place}: a receipt that is not on its way to {entry.subject}")
    heard = _heard(book)
    answered = {entry.cause for entry in book.log.all(RECEIPT)}
    for name, facts in book.facts.items():
        if (name in heard) != (name in answered):
            holds = "the state" if name in heard else "the receipt"
            findings.add("torn", f"{facts[0].type} {name}: only {holds} knows it")
    for entry in book.log.all(*AGGREGATES, CLOCK, RECEIPT, OUTGOING, COPIES):
        if not entry.text("hub_control"):
            book.data(entry)
    for what in book.unreadable:
        findings.add("torn", what)


ALL = (lost, duplicates, phantoms, reordered, aborted, torn)


# ---- inside


def _indexed(book: Book) -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    by_cause, by_key = set(), set()
    for party, mine in book.copies.items():
        for copies in mine.values():
            by_cause.add((party, copies[0].type, copies[0].cause))
            by_key.add((party, copies[0].type, copies[0].subject))
    return by_cause, by_key


def _came(
    book: Book,
    by_cause: set[tuple[str, str, str]],
    by_key: set[tuple[str, str, str]],
    name: str,
    sent: Sent,
    must: Must,
) -> bool:
    match must.link:
        case "id":
            return name in book.copies[must.party]
        case "cause":
            return (must.party, must.type, name) in by_cause
        case _:
            return (must.party, must.type, sent.key) in by_key


def _meanings(book: Book) -> dict[tuple[object, ...], list[Entry]]:
    """What may be said once only, whatever its id."""
    found: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entries in book.made.values():
        entry = entries[0]
        match entry.type:
            case "receipt.ingress.accepted" | "receipt.ingress.refused":
                found["receipt", entry.cause].append(entry)
            case "inspection.plan.decided":
                data = book.data(entry)
                # Decided anew means: because of something else.
                found[entry.type, data.get("planId"), data.get("version"), entry.cause].append(entry)
            case "clock.missed":
                found[entry.type, entry.subject, book.data(entry).get("clockId")].append(entry)
    return found


def _aborted_copies(book: Book) -> set[tuple[str, str]]:
    """(party, id) of copies that were written and never committed."""
    return {
        (party_of(each.topic), each.id)
        for each in book.log.never(COPIES)
        if each.id not in book.copies[party_of(each.topic)]
    }


def _only_aborted(book: Book) -> set[str]:
    there = ids(book.log.never(*AGGREGATES, CLOCK, RECEIPT))
    return there - book.made.keys() - book.facts.keys()


def _inversions(book: Book, findings: Findings, where: str, entries: Iterable[Entry]) -> None:
    _inverted(book, findings, where, (each.id for each in entries if each.party != HUB))


def _inverted(book: Book, findings: Findings, where: str, names: Iterator[str]) -> None:
    last: dict[tuple[str, str], int] = {}
    seen: set[str] = set()
    for name in names:
        sent = book.journals.sent.get(name)
        if sent is None or name in seen:
            continue
        seen.add(name)
        thread = (sent.party, sent.key)
        if sent.seq < last.get(thread, 0):
            findings.add("reordered per key", f"{where}: {sent.key} {sent.seq} after {last[thread]}")
        last[thread] = max(sent.seq, last.get(thread, 0))


def _heard(book: Book) -> set[str]:
    """Ids of every event that the last committed state of some aggregate has heard."""
    latest: dict[tuple[str, bytes | None], bytes | None] = {}
    for entry in book.log.all(*STATES):
        latest[entry.topic, entry.key] = entry.value
    found: set[str] = set()
    for value in latest.values():
        said = json.loads(value or b"{}")
        found |= said.get("seen", {}).keys() if isinstance(said, dict) else set()
    return found


__all__ = ["ALL", "LETTERS", "letter_of"]
