"""What an operator may set, from the environment.

One rule: this is the one place that reads `HUB_*`; everything else is handed values. Two underscores nest:
`HUB_KAFKA__BOOTSTRAP` is `settings.kafka.bootstrap`. An unknown `HUB_` variable is ignored, a wrong value is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretBytes
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.engine.settings import EngineSettings
from hub.gateway.settings import GatewaySettings

_ENGINE = EngineSettings()


class KafkaSettings(BaseModel):
    """The cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: str | None = None  #: host:port[,host:port]; None: that of the running `hub dev`
    cluster_id: str | None = None  #: refuse to change the topics of any other cluster


class LocalSettings(BaseModel):
    """The local broker of `hub dev` and of the tests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    java: Path | None = None  #: a launcher or a JAVA_HOME


class EngineKnobs(BaseModel):
    """Latency against throughput: what of the agents' engine may be turned. Nothing here changes what is promised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_batch_records: int = Field(default=_ENGINE.max_batch_records, gt=0)  #: records in one transaction, at most
    linger_ms: float = Field(default=_ENGINE.linger_ms, ge=0)  #: two transactions of a lane begin at least so far apart


class SilenceSettings(BaseModel):
    """When the silence of a system is shown and alerted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    look_seconds: float = Field(default=300, gt=0)  #: how often `hub serve connectors` looks
    quiet_days: float = Field(default=3, gt=0)  #: shown, if a healthy system is this quiet once in so many days
    silent_days: float = Field(default=20, gt=0)  #: alerted, likewise
    unwatched: tuple[str, ...] = ()  #: patterns of topics whose systems were shut down on purpose


class QuotaSettings(BaseModel):
    """What one agency may bring in by files on one day; what is beyond it waits for the next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: int = Field(default=1_000, ge=1)
    bytes: int = Field(default=2 << 30, ge=1)


class Settings(BaseSettings):
    """All settings. Make one at the start of a verb and hand its parts on."""

    model_config = SettingsConfigDict(env_prefix="HUB_", env_nested_delimiter="__", frozen=True, extra="ignore")

    environment: str | None = (
        None  #: whose differences in topics.yaml apply; None: `local` in `hub dev`, else production
    )
    dev: bool = False  #: started by `hub dev`: scenario clocks are allowed, secrets may be made up
    lang: str | None = None  #: zh or en
    kafka: KafkaSettings = KafkaSettings()
    local: LocalSettings = LocalSettings()
    engine: EngineKnobs = EngineKnobs()
    silence: SilenceSettings = SilenceSettings()
    quota: QuotaSettings = QuotaSettings()
    gateway: GatewaySettings = GatewaySettings()
    kafka_libs: Path | None = None  #: a folder with the broker's jars
    test_bootstrap: str | None = None  #: tests use this cluster and start none
    reference_dir: Path | None = None  #: a folder of reference data instead of the shipped one
    topics_file: Path | None = None  #: instead of the project's own topics.yaml
    connectors_dir: Path = Path("own")  #: a folder with this installation's own connectors and its connections
    webhooks_file: Path | None = None  #: YAML: the parties that are pushed to, and where; read by the connectors
    tokens_file: Path | None = None  #: JSON: party → token, read by the gateway
    state_dir: Path = Path(".hub/state")  #: databases and cursors of this machine's processes
    state_store: Literal["memory", "rocksdb"] = (
        "memory"  #: where agents' state lies; rocksdb: more than memory, a cache under state_dir
    )
    check_code_secret: SecretBytes = Field(default=SecretBytes(b""))  #: keys the check codes of inspections
    log_level: str = "INFO"

    @property
    def topics_environment(self) -> str | None:
        """The environment of topics.yaml that holds here."""
        return self.environment or ("local" if self.dev else None)
