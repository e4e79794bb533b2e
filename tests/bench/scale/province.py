"""What a province of a hundred cities needs, on paper: `python -m tests.bench.scale province` writes docs/speed/province.md.

The one rule: every number on the page is an assumption named in `City`, a figure measured by this folder, a retention of
`topics.yaml`, or computed here from those.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

from tests.agents.records import TOPICS
from tests.bench.scale.kept import known, read

PAGE: Final = Path(__file__).parents[3] / "docs" / "speed" / "province.md"
TEXT: Final = Path(__file__).parent / "province.template.md"
GIB: Final = 1024**3
REPLICAS: Final = 3


@dataclass(frozen=True)
class City:
    """One city in a year. None of these is measured: they are assumptions, to be replaced by a province's own counts."""

    cities: int = 100
    enterprises: int = 300_000
    plans: int = 60_000
    facts_of_a_plan: int = 6  #: submitted, approved, code, visit, scan, result
    cases: int = 60_000
    facts_of_a_case: int = 8
    leads: int = 500
    facts_of_a_lead: int = 12
    complaints: int = 400_000
    facts_of_a_complaint: int = 4
    open_clocks: int = 30_000
    parties: int = 240
    working_days: int = 250
    working_hours: int = 10
    peak: int = 10  #: the busiest minute against the average of the working hours
    ingress_bytes: int = 1_200  #: a record as sent, with its headers
    engine_us: float = 40  #: of one event in one flow, where `workers` has not been measured
    broker_us: float = 60  #: likewise, in the broker
    busy: float = 0.5  #: how much of a core is to be used in the busiest minute

    @property
    def facts_a_year(self) -> int:
        """Of one city."""
        return (
            self.plans * self.facts_of_a_plan
            + self.cases * self.facts_of_a_case
            + self.leads * self.facts_of_a_lead
            + self.complaints * self.facts_of_a_complaint
        )


def measure() -> dict[str, Any]:
    """Compute, and write the page."""
    told = computed(City())
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(TEXT.read_text("utf-8").format_map(told), "utf-8")
    return told


def computed(city: City) -> dict[str, Any]:
    """Every number of the page by its name."""
    fan = read("fanout")["perFact"]
    stages = _stages(city, fan)
    day = city.facts_a_year * city.cities / city.working_days
    rate = day / city.working_hours / 3600
    peak = rate * city.peak
    stored = _stored(city, fan)
    memory = _memory(city)
    written = city.ingress_bytes + sum(fan["bytes"].values())
    assumed = {name: f"{value:,}" for name, value in vars(city).items()}
    return {
        **assumed,
        "engine_from": "measured (`workers`)"
        if known("workers")
        else "assumed, since `workers` has not been measured here",
        **{f"us_{name}": f"{value:.0f}" for name, value in stages.items()},
        "busy": f"{city.busy:.0%}",
        "facts_a_year": f"{city.facts_a_year:,}",
        "facts_a_day": f"{day:,.0f}",
        "facts_a_second": f"{rate:,.0f}",
        "peak_facts": f"{peak:,.0f}",
        "decisions": fan["decisions"],
        "copies": fan["copies"],
        "us_all": f"{sum(stages.values()):,.0f}",
        "hub_cores": ceil(peak * (sum(stages.values()) - stages["broker"]) / 1e6 / city.busy),
        "broker_cores": ceil(peak * stages["broker"] * REPLICAS / 1e6 / city.busy),
        "lane_rate": f"{1e6 / (stages['decide'] + stages['engine']):,.0f}",
        "lanes": ceil(peak * (stages["decide"] + stages["engine"]) / 1e6 / city.busy),
        "topic_partitions": f"{sum(topic.partitions for topic in TOPICS.all()):,}",
        "all_partitions": f"{sum(topic.partitions for topic in TOPICS.all()) * city.cities:,}",
        "all_replicas": f"{sum(topic.partitions for topic in TOPICS.all()) * city.cities * REPLICAS:,}",
        "brokers_for_replicas": ceil(sum(t.partitions for t in TOPICS.all()) * city.cities * REPLICAS / 4_000),
        **{f"disk_{name}": f"{value / GIB:,.0f}" for name, value in stored.items()},
        "disk_all": f"{sum(stored.values()) / GIB / 1024:,.1f}",
        **memory,
        "network": f"{peak * written * (1 + REPLICAS) * 8 / 1e6:,.0f}",
    }


def _stages(city: City, fan: dict[str, Any]) -> dict[str, float]:
    """Processor microseconds of one fact at each stage, with all that follows from it."""
    at = {name: curve["points"][0][1] for name, curve in read("size")["curves"].items()}
    if known("workers"):
        run = read("workers")["runs"][0]
        engine, broker = max(run["workerMicroseconds"] - at["decide"], 0.0), run["brokerMicroseconds"]
    else:
        engine, broker = city.engine_us, city.broker_us
    flows = 3  # translate, the aggregate, deliver: each takes its records from a lane and commits them
    return {
        "gateway": read("parties")["curves"]["gateway: token and judgement"]["points"][-1][1],
        "translate": at["translate"],
        "decide": at["decide"],
        "deliver": at["deliver"] * (1 + fan["decisions"]),
        "engine": engine * flows,
        "broker": broker * flows,
    }


def _stored(city: City, fan: dict[str, Any]) -> dict[str, float]:
    """Bytes on all disks once every retention is full."""
    a_day = city.facts_a_year / 365 * city.cities * REPLICAS

    def days(name: str) -> float:
        kept = TOPICS[name].retention
        assert kept is not None
        return kept.days

    shares = {
        "inspection.event.v1": city.plans * city.facts_of_a_plan,
        "matter.event.v1": city.cases * city.facts_of_a_case + city.leads * city.facts_of_a_lead,
        "complaint.event.v1": city.complaints * city.facts_of_a_complaint,
    }
    aggregates = sum(part / city.facts_a_year * days(name) for name, part in shares.items())
    return {
        "ingress": a_day * city.ingress_bytes * days(TOPICS.ingress("GY-YJJ", "canonical").name),
        "aggregates": a_day * fan["bytes"]["aggregate"] * aggregates,
        "outgoing": a_day * fan["bytes"]["outgoing"] * days(TOPICS.outgoing.name),
        "deliveries": a_day * fan["bytes"]["delivery"] * days(TOPICS.delivery("GY-YJJ").name),
    }


def _memory(city: City) -> dict[str, str]:
    """State of the workers, in memory and on their disks."""
    enterprises = read("enterprises")["curves"]["memory: MiB of memory"]["points"][-1]
    clocks = read("clocks")["curves"]["MiB of all"]["points"][-1]
    load = read("clocks")["curves"]["all loaded"]["points"][-1]
    a_million = [value / number * 1e6 / 1024 for number, value in (enterprises, clocks)]
    firms, open_ = city.enterprises * city.cities / 1e6, city.open_clocks * city.cities / 1e6
    return {
        "gib_per_million_firms": f"{a_million[0]:.1f}",
        "gib_per_million_clocks": f"{a_million[1]:.1f}",
        "gib_firms": f"{a_million[0] * firms:,.0f}",
        "gib_clocks": f"{a_million[1] * open_:,.0f}",
        "gib_a_city": f"{(a_million[0] * firms + a_million[1] * open_) / city.cities:,.1f}",
        "load_seconds_a_million": f"{load[1] / load[0]:.1f}",
    }
