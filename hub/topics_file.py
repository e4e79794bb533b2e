"""The form of `topics.yaml`: what may stand in it. One rule: an unknown key is an error that names its place.

Only shapes are checked here; what the entries mean together (names, duplicates, patterns) is `hub.topics`' business.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, model_validator
from pydantic_core import ErrorDetails

Classification = Literal["public", "internal", "restricted", "confidential"]
Compatibility = Literal[
    "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"
]
Role = Literal["clock", "receipt", "control", "outgoing", "audit"]
ROLES: tuple[Role, ...] = ("clock", "receipt", "control", "outgoing", "audit")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _spelled(value: object) -> object:
    """YAML's true and 2 as Kafka spells them; everything else must be text already."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Setting = Annotated[str, BeforeValidator(_spelled)]
Regex = Annotated[str, AfterValidator(_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Meta(_Part):
    cluster: str
    description: str = ""
    cluster_id: str | None = None


class Defaults(_Part):
    replication_factor: PositiveInt
    owner: str
    compatibility: Compatibility = "BACKWARD_TRANSITIVE"
    settings: dict[str, Setting] = {}


class EnvironmentPart(_Part):
    replication_factor: PositiveInt | None = None
    settings: dict[str, Setting] = {}


class InternalPart(_Part):
    prefixes: list[Annotated[str, Field(min_length=1)]] = ["__"]
    regex: list[Regex] = []


class TopicPart(_Part):
    """What topics and templates share."""

    key: str | None = None
    retention: timedelta | None = None
    settings: dict[str, Setting] = {}
    value_schema: str | None = Field(default=None, alias="schema")
    compatibility: Compatibility | None = None
    owner: str | None = None
    classification: Classification
    replication_factor: PositiveInt | None = None
    lag_objective_seconds: PositiveInt
    why: Annotated[str, Field(min_length=10)]


class FixedTopic(TopicPart):
    partitions: PositiveInt | None = None
    aggregate: str | None = None
    role: Role | None = None
    state: str | None = None
    follows: str | None = None

    @model_validator(mode="after")
    def _one_purpose(self) -> FixedTopic:
        if sum(each is not None for each in (self.aggregate, self.role, self.state)) != 1:
            raise ValueError("needs exactly one of aggregate, role, state")
        if (self.state is None) != (self.follows is None):
            raise ValueError("state and follows go together")
        if (self.partitions is None) != (self.follows is not None):
            raise ValueError("needs partitions, or follows, but not both")
        return self


class TemplateTopic(TopicPart):
    name: str
    partitions: PositiveInt | Literal["widest_ingress"]


class Templates(_Part):
    ingress: TemplateTopic
    delivery: TemplateTopic
    dead_letters: TemplateTopic

    @model_validator(mode="after")
    def _placeholders(self) -> Templates:
        wanted = {"ingress": {"party", "dialect"}, "delivery": {"party"}, "dead_letters": {"party"}}
        for which, names in wanted.items():
            found = set(re.findall(r"{(\w+)}", getattr(self, which).name))
            if found != names:
                raise ValueError(f"{which}.name must hold {' and '.join(sorted(names))} in braces")
        if self.ingress.partitions == "widest_ingress":
            raise ValueError("ingress.partitions must be a number")
        return self


class DialectPart(_Part):
    partitions: PositiveInt | None = None


class PartyPart(_Part):
    dialects: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]+$")], DialectPart] = {}
    produces: list[str] = []
    consumes: list[str] = []
    acts_for: list[str] = []
    conveys: list[str] = []
    quota: dict[Literal["producer_byte_rate", "consumer_byte_rate", "request_percentage"], PositiveInt] = {}
    system: str | None = None


class TopicsFile(_Part):
    """The whole of `topics.yaml`."""

    meta: Meta
    defaults: Defaults
    environments: dict[str, EnvironmentPart] = {}
    internal: InternalPart = InternalPart()
    topics: dict[str, FixedTopic]
    templates: Templates
    parties: dict[str, PartyPart]


def fault(error: ErrorDetails) -> str:
    """One finding of pydantic as `place: what`."""
    place = ".".join(str(part) for part in error["loc"]) or "file"
    what = "unknown key" if error["type"] == "extra_forbidden" else error["msg"].removeprefix("Value error, ")
    return f"{place}: {what}"
