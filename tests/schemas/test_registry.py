"""Ids, subjects and texts of the embedded registry."""

from __future__ import annotations

import json

import fastavro

from hub.canonical.catalogue import Catalogue, schema_folder
from hub.wire.publication import file_of, read_lock
from hub.wire.registry import Registry, compatibility_of, fingerprint, subject_of

CATALOGUE = Catalogue.load()
REGISTRY = Registry.load()
LEAD = CATALOGUE["matter.lead.transferred"]


def test_no_id_is_used_twice_nor_by_a_view() -> None:
    ids = [event.schema_id for versions in CATALOGUE.versions.values() for event in versions]

    assert len(set(ids)) == len(ids)
    assert all(0 < each < 100_000 for each in ids)


def test_published_ids_and_files_never_change() -> None:
    lock = read_lock(schema_folder())
    files = {file_of(e): e for versions in CATALOGUE.versions.values() for e in versions}

    assert lock.keys() == files.keys()
    for file, row in lock.items():
        assert (files[file].schema_id, fingerprint(files[file].avro)) == (row.schema_id, row.sha256), file


def test_every_text_is_a_schema_by_itself() -> None:
    for event in CATALOGUE.values():
        for schema_id in (event.schema_id, event.schema_id + 100_000):
            text = REGISTRY.text(schema_id)
            assert text is not None
            fastavro.parse_schema(json.loads(text))


def test_subjects_name_topic_and_record() -> None:
    subject = "matter.event.v1-cn.guiyang.hub.v1.MatterLeadTransferred"

    assert subject_of("matter.event.v1", LEAD) == subject
    assert subject_of("dlv.gy-gaj.v1", LEAD, delivery=True) == (
        "dlv.gy-gaj.v1-cn.guiyang.hub.v1.MatterLeadTransferredDelivery"
    )
    assert subject in REGISTRY.subjects()
    assert [(r.version, r.schema_id) for r in REGISTRY.versions(subject)] == [(1, LEAD.schema_id)]
    assert REGISTRY.versions("unheard") == []
    assert REGISTRY.text(7) is None


def test_leads_and_receipts_hold_in_both_directions() -> None:
    levels = {name: compatibility_of(event) for name, event in CATALOGUE.items()}

    assert levels["matter.lead.transferred"] == levels["receipt.ingress.refused"] == "FULL_TRANSITIVE"
    assert levels["inspection.plan.submitted"] == levels["clock.started"] == "BACKWARD_TRANSITIVE"
