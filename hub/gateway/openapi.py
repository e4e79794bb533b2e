"""The published description of the calls, written from models and from the table of routes.

The one rule: a call that is not described does not start: `description` raises for a route without an entry here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from hub.gateway import cloudevent
from hub.gateway.dev import Control
from hub.gateway.problem import CODES
from hub.gateway.pull import Acknowledgement

_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"


class CloudEvent(BaseModel):
    """A fact, as CloudEvents 1.0 structured JSON. Who sends it is told by the credential."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="事件类型, 全名或短名 / full or short name, e.g. matter.case.filed")
    data: dict[str, Any] = Field(description="事件目录中该类型的字段 / the fields of the catalogue")
    id: str | None = Field(
        None, max_length=256, description="发送方的永久编号; 同一编号永远是同一事件 / the sender's persistent id"
    )
    specversion: str | None = Field(None, pattern="^1\\.0$")
    source: str | None = Field(None, description="urn:guiyang:<party>:<system>")
    time: str | None = None
    subject: str | None = Field(None, description="关联主键, 须与数据一致 / the aggregate key")


class Accepted(BaseModel):
    """One accepted event."""

    id: str | None = Field(description="发送方编号 / the sender's id")
    eventId: str = Field(  # noqa: N815 - as it is spelt on the wire
        description="枢纽编号, 重试不变 / the hub's id, the same on every retry"
    )


class Refused(BaseModel):
    """One refused event."""

    id: str | None
    code: str
    detail: str
    detail_en: str
    pointer: str = Field(description="JSON Pointer into the document as sent")


class Answer(BaseModel):
    """What became of a request's events."""

    accepted: list[Accepted]
    refused: list[Refused]


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    title_en: str
    status: int
    code: str
    detail: str
    detail_en: str
    pointer: str | None = None
    hint: str | None = None
    requestId: str | None = None  # noqa: N815 - as it is spelt on the wire


class Deliveries(BaseModel):
    """What this party may see, in order."""

    deliveries: list[dict[str, Any]] = Field(description="CloudEvents JSON with the extension attributes of the hub")
    cursor: str = Field(description="下次读取的起点 / where to go on")


class Way(BaseModel):
    """The hops of one event."""

    id: str
    hops: list[dict[str, Any]] = Field(description="station, atMs, party, type, note")


class ControlTaken(BaseModel):
    """The word is in the log."""

    accepted: bool


class Status(BaseModel):
    """Health."""

    status: str
    checks: dict[str, str] | None = None


_MODELS: Final[tuple[type[BaseModel], ...]] = (
    CloudEvent, Answer, ProblemDocument, Deliveries, Way, Acknowledgement, Control, ControlTaken, Status,
)  # fmt: skip


def _schema(model: type[BaseModel] | str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model if isinstance(model, str) else model.__name__}"}


def _header(name: str, required: bool, pattern: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": {"type": "string", "pattern": pattern},
        "description": text,
    }


def _query(name: str, kind: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}, "description": text}


_KEY: Final = _header("Idempotency-Key", True, "^[A-Za-z0-9_-]{16,255}$", "重试用同一键 / the same key for a retry")
_GZIP: Final = _header("Content-Encoding", False, "^(gzip|identity)$", "一层 gzip / one layer")
_DRY: Final = _query("dryRun", "string", "1: 只校验, 不发送 / judge only, send nothing")
_DIALECT: Final = {"name": "dialect", "in": "path", "required": True, "schema": {"type": "string"}}


def _call(
    summary: str,
    answers: dict[str, tuple[str, dict[str, Any]]],
    *,
    body: dict[str, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            status: {"description": text, "content": content} if content else {"description": text}
            for status, (text, content) in answers.items()
        },
    }
    said["responses"]["default"] = {
        "description": "问题 / problem",
        "content": {_PROBLEM: {"schema": _schema(ProblemDocument)}},
    }
    if body is not None:
        said["requestBody"] = {"required": True, "content": body}
    return said


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {_JSON: {"schema": _schema(model)}}


_CALLS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("POST", "/v1/events"): _call(
        "报送事件 / send facts",
        {"202": ("已写入 / in the log", _json(Answer))},
        body={
            cloudevent.STRUCTURED: {"schema": _schema(CloudEvent)},
            cloudevent.BATCH: {
                "schema": {"type": "array", "items": _schema(CloudEvent), "minItems": 1, "maxItems": 500}
            },
        },
        parameters=(_KEY, _GZIP, _DRY),
    ),
    ("POST", "/v1/records/{dialect}"): _call(
        "以本单位方言报送 / send records in your own dialect",
        {"202": ("已写入 / in the log", _json(Answer))},
        body={"*/*": {"schema": {}}},
        parameters=(_DIALECT, _KEY, _GZIP, _DRY),
    ),
    ("GET", "/v1/deliveries"): _call(
        "领取投递 / what this party may see",
        {"200": ("按序 / in order", _json(Deliveries))},
        parameters=(
            _query(
                "after",
                "string",
                "上次的 cursor; 空 = 从确认处; latest = 只要新的; earliest = 从现存最早处 / "
                "cursor; empty = after the acknowledged; latest; earliest kept",
            ),
            _query("dialect", "string", "以本单位方言给出 data 或 data_base64 / data in one of your own dialects"),
            _query("limit", "integer", "1–500"),
            _query("wait", "integer", "长轮询秒数 0–60 / seconds to wait"),
        ),
    ),
    ("POST", "/v1/deliveries/ack"): _call(
        "确认已收 / acknowledge up to a cursor",
        {"200": ("确认到此 / stands here", _json(Acknowledgement))},
        body=_json(Acknowledgement),
    ),
    ("GET", "/v1/trace/{id}"): _call(
        "本单位事件走过的路 / the way of one's own event",
        {"200": ("按时间 / in order of time", _json(Way))},
        parameters=({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},),
    ),
    ("POST", "/v1/dev/control"): _call(
        "推演时钟, 仅开发环境 / scenario clock, development only",
        {"202": ("已写入 / in the log", _json(ControlTaken))},
        body=_json(Control),
    ),
    ("GET", "/livez"): _call("存活 / alive", {"200": ("ok", _json(Status))}),
    ("GET", "/readyz"): _call(
        "就绪 / ready",
        {"200": ("ok", _json(Status)), "503": ("unavailable", _json(Status))},
        parameters=(_query("verbose", "string", "逐项 / every check"),),
    ),
    ("GET", "/metrics"): _call(
        "指标 / metrics", {"200": ("Prometheus", {"text/plain": {"schema": {"type": "string"}}})}
    ),
    ("GET", "/openapi.json"): _call(
        "本文 / this document", {"200": ("OpenAPI", {_JSON: {"schema": {"type": "object"}}})}
    ),
}


@cache
def _described(routes: tuple[tuple[str, str, bool], ...]) -> bytes:
    _, schemas = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for method, path, guarded in routes:
        call = _CALLS[method, path]
        paths.setdefault(path, {})[method.lower()] = call if guarded else {**call, "security": []}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "贵阳市综合行政执法消息枢纽 / enforcement hub", "version": "1"},
        "security": [{"party": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "party": {"type": "http", "scheme": "bearer", "description": "一个单位一个令牌 / one token per party"}
            },
        },
        "x-codes": {
            code: {"status": entry.status, "title": entry.title, "title_en": entry.title_en}
            for code, entry in CODES.items()
        },
    }
    return orjson.dumps(document)


def description(routes: Sequence[tuple[str, str, bool]]) -> bytes:
    """OpenAPI 3.1 of *routes*: method, path, whether a credential is needed."""
    return _described(tuple(routes))
