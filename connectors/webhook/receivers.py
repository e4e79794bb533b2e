"""Who is pushed to, and where: the file of receivers, which is the list of all addresses the hub calls.

The one rule: everything is judged when the file is read, before anything is sent; every fault is told at once. The file is
kept under review by two people like the rest of the settings; no verb writes it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors import registry
from connectors.protocol import Dialect, Format
from connectors.webhook.addresses import Forbidden, Network, Target, may_call, read_url
from connectors.webhook.cloudevents import CloudEvents
from connectors.webhook.posting import Trust


class ReceiversInvalid(Exception):
    """The file is wrong; one line for each fault."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    body: Literal["record", "event", "notice"] = "record"
    dialect: str = ""
    networks: tuple[str, ...] = ()
    ca: Path | None = None
    client_certificate: Path | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    deliveries_url: str = ""  #: where the content of a notice is fetched: the gateway's ``/v1/deliveries``
    receivers: dict[str, _Entry]


@dataclass(frozen=True, slots=True)
class Receiver:
    """One party's address, ready to be called."""

    party: str
    url: str
    target: Target
    networks: tuple[Network, ...]
    trust: Trust
    dialect: Dialect
    format: Format


def read(path: Path, parties: Collection[str], *, dev: bool) -> dict[str, Receiver]:
    """Party → its receiver. Raise `ReceiversInvalid`."""
    try:
        declared = _File.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReceiversInvalid(f"{path}: {error}") from None
    except ValidationError as error:
        faults = (f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ReceiversInvalid("\n".join(faults)) from None
    found, faults_found = {}, []
    for party, entry in declared.receivers.items():
        try:
            if party not in parties:
                raise ValueError("没有这样的单位 / no such party")
            found[party] = _receiver(party, entry, declared.deliveries_url, path.parent, dev=dev)
        except (Forbidden, ValueError, OSError) as error:
            faults_found.append(f"{path}: receivers.{party}: {error}")
    if faults_found:
        raise ReceiversInvalid("\n".join(faults_found))
    return found


def _receiver(party: str, entry: _Entry, link: str, folder: Path, *, dev: bool) -> Receiver:
    networks = tuple(ipaddress.ip_network(text) for text in entry.networks)
    for network in networks:
        # The ends of a network stand for it: nobody may open a loopback, link-local or multicast range by a CIDR.
        if (
            not all(may_call(address, networks, dev=dev) for address in (network[0], network[-1]))
            or network.prefixlen < 8
        ):
            raise ValueError(f"networks: {network} 不得放行 / may not be opened")
    trust = Trust(_beside(folder, entry.ca), _beside(folder, entry.client_certificate))
    trust.context()
    dialect, form = _words(party, entry, link)
    return Receiver(party, entry.url, read_url(entry.url, dev=dev), networks, trust, dialect, form)


def _words(party: str, entry: _Entry, link: str) -> tuple[Dialect, Format]:
    if entry.body != "record":
        if entry.dialect:
            raise ValueError("dialect 只用于 body: record / is for body: record")
        if entry.body == "notice" and not link:
            raise ValueError("body: notice 须有 deliveries_url / needs deliveries_url")
        spoken = CloudEvents(link if entry.body == "notice" else "")
        return spoken, spoken.format
    known = registry.for_party(party)
    name = entry.dialect or next(iter(known), "")
    if name not in known:
        raise ValueError(
            f"没有方言 {name or '?'};可用 body: event / no such dialect of this party; body: event needs none"
        )
    system = registry.system(name)
    return system.dialect, system.format


def _beside(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else folder / path
