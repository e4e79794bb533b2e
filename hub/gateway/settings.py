"""Every number and path the gateway runs by, with its unit in its name.

The one rule: a limit is a setting with the published default; no number of a limit stands anywhere else.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, SecretStr

KIB = 1024
MIB = 1024 * KIB


class Limits(BaseModel):
    """What one request, one connection and one party may take. All hold before anything is parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_bytes: PositiveInt = 256 * KIB
    batch_bytes: PositiveInt = 4 * MIB
    batch_events: PositiveInt = 500
    #: A record in a party's own dialect becomes one Kafka record, whose limit is 1 MiB with key, headers and framing.
    record_bytes: PositiveInt = 1000 * KIB
    inflated_ratio: PositiveInt = 20
    json_depth: PositiveInt = 32

    url_bytes: PositiveInt = 4 * KIB
    header_bytes: PositiveInt = 16 * KIB
    header_fields: PositiveInt = 64
    header_seconds: PositiveFloat = 10
    body_seconds: PositiveFloat = 30
    body_bytes_per_second: PositiveInt = KIB
    body_rate_grace_seconds: PositiveFloat = 5
    idle_seconds: PositiveInt = 60

    connections: PositiveInt = 1000
    connections_per_party: PositiveInt = 50
    requests_per_party: PositiveInt = 20
    polls_per_party: PositiveInt = 20
    events_per_second: PositiveFloat = 200
    events_burst: PositiveInt = 1000

    failed_logins_per_minute: PositiveInt = 10
    failed_logins_back_off_seconds: PositiveInt = 300

    deliveries_per_answer: PositiveInt = 500
    poll_seconds: PositiveInt = 60


class GatewaySettings(BaseModel):
    """The gateway's part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limits: Limits = Limits()

    #: Signs cursors. Empty: made once and kept in the state directory. Several gateways behind one address share one.
    cursor_secret: SecretStr = SecretStr("")
    #: How long a key of a finished request is remembered; agencies retry after long holidays.
    idempotency_days: PositiveInt = 30
    #: How long a record may stay unacknowledged before the answer is 503.
    publish_seconds: PositiveFloat = 8
    linger_ms: int = 2
    produce_batch_bytes: PositiveInt = 512 * KIB
    #: How long to try to reach the brokers before the process gives up and leaves the rest to its supervisor.
    start_seconds: PositiveFloat = 60
    stop_seconds: PositiveInt = 15
    #: Open readers of delivery topics; the least recently used is closed.
    readers: PositiveInt = 64
    #: How often waiting polls look for something new, all of them with one question.
    watch_ms: PositiveInt = 50


def for_development(settings: GatewaySettings) -> GatewaySettings:
    """The same without quotas: one machine plays every party at once."""
    wide = {
        "events_per_second": 1_000_000.0,
        "events_burst": 1_000_000,
        "requests_per_party": 1000,
        "connections_per_party": 1000,
        "polls_per_party": 1000,
    }
    chosen = settings.limits.model_dump(include=settings.limits.model_fields_set)
    return settings.model_copy(update={"limits": Limits(**(wide | chosen))})
