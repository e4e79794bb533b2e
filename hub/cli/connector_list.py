"""`hub connector list`, `kinds`, `spec`: what is connected, in which ways, and what each way wants to be told.

One rule: these verbs touch nothing but files of this machine.
"""

from __future__ import annotations

import json
from typing import Any, Final

import click
from pydantic import ValidationError
from pydantic.json_schema import models_json_schema

from connectors import kinds as known_kinds
from connectors import registry
from connectors.filedrop import quota
from connectors.kind import KindSettings
from connectors.newcomer import PLAIN_KINDS
from hub.cli.connector_here import here, system_of
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, output_option

#: Settings that a way to a server has, if a kind does not say itself what it must be told.
_USUAL: Final = ("host", "user", "dbname")


@click.command(
    "list",
    help=say(
        "列出全部连接器:方式、方向、是否暂停、是否超限等待。",
        "List all connectors: kind, direction, paused, waiting for a quota.",
    ),
)
@output_option
def list_(output: str) -> None:
    """One line per connection, and one for each system that only comes by HTTP."""
    place = here()
    paused = place.pauses.all()
    rows: list[Item] = []
    every = place.every()
    for name, each in every.items():
        served = place.site().served(each)
        directions = [way for way in ("in", "out") if way == "in" or served]
        stopped = [way for way in directions if f"{name}.{way}" in paused]
        rows.append(_row(name, each.system, each.party, each.kind) | {
            "directions": directions, "paused": stopped, "reason": next((paused[f"{name}.{way}"] for way in stopped), ""),
            "waiting": quota.CODE if (beyond := place.site().account(each).waiting()) else "", "waitingReason": say(*beyond) if beyond else "",
        })  # fmt: skip
    connected = {each.system.dialect.name for each in every.values()}
    rows += [
        _row(dialect, system_of(dialect), system_of(dialect).owner, "http")
        | {"directions": ["in"], "paused": [], "reason": "", "waiting": "", "waitingReason": ""}
        for dialect in registry.names()
        if dialect not in connected
    ]
    emit(
        "ConnectorList", rows, output,
        columns={"name": say("名称", "Name"), "dialect": say("方言", "Dialect"), "party": say("单位", "Party"), "kind": say("方式", "Kind"), "directions": say("方向", "Directions"), "paused": say("暂停", "Paused"), "waiting": say("等待", "Waiting"), "messages": say("报文种类", "Messages")},
        wide={"title": say("系统", "System"), "format": say("格式", "Format"), "parties": say("代表", "Speaks for"), "reason": say("暂停原因", "Why paused"), "waitingReason": say("等待原因", "Why it waits")},
    )  # fmt: skip


def _row(name: str, system: registry.System, party: str, kind: str) -> dict[str, Any]:
    return {
        "name": name, "dialect": system.dialect.name, "title": system.title, "party": party, "parties": list(system.parties),
        "kind": kind, "kinds": list(system.kinds), "messages": len(system.dialect.messages), "format": system.format.extension,
    }  # fmt: skip


@click.command(help=say("接入方式及各自需要什么。", "The ways of exchange, and what each wants to be told."))
@output_option
def kinds(output: str) -> None:
    """One line per kind."""
    rows: list[Item] = []
    for name in known_kinds.KINDS:
        kind = known_kinds.kind(name)
        fields = kind.settings.model_fields
        rows.append({
            "kind": name, "title": say(*kind.title), "needs": [each for each, field in fields.items() if field.is_required()],
            "settings": list(fields),
        })  # fmt: skip
    emit(
        "ConnectorKinds", rows, output,
        columns={"kind": say("方式", "Kind"), "title": say("说明", "What it is"), "needs": say("必填设置", "Needs")},
        wide={"settings": say("全部设置", "All settings")},
    )  # fmt: skip


@click.command(help=say("一种方式的设置: JSON Schema 和示例。", "The settings of a kind: JSON Schema and an example."))
@click.argument("kind")
@output_option
def spec(kind: str, output: str) -> None:
    """The schema as JSON; in a table form one line per setting, then an example to copy."""
    model = settings_of(kind)
    schema = model.model_json_schema()
    rows: list[Item] = []
    for name, field in model.model_fields.items():
        shown = schema.get("properties", {}).get(name, {})
        rows.append({
            "setting": name, "required": field.is_required(), "type": _type(shown),
            "default": "" if field.is_required() else field.default, "description": shown.get("description", ""),
        })  # fmt: skip
    if output in ("json", "jsonl", "yaml"):
        emit("ConnectorSpec", [{"kind": kind, "schema": schema, "example": example(kind)}], output, columns={})
        return
    emit(
        "ConnectorSpec", rows, output,
        columns={"setting": say("设置", "Setting"), "required": say("必填", "Required"), "type": say("类型", "Type"), "default": say("默认", "Default"), "description": say("说明", "Description")},
    )  # fmt: skip
    if output in ("table", "wide"):
        entry = json.dumps({"dialect": "NAME-csv", "kind": kind, "settings": example(kind)}, ensure_ascii=False)
        click.echo(f"\nconnections:\n  NAME: {entry}")


def settings_of(kind: str) -> type[KindSettings]:
    """The model of a kind's settings, or exit 5."""
    try:
        return known_kinds.kind(kind).settings
    except known_kinds.UnknownKind:
        there = list(known_kinds.KINDS)
        if kind in PLAIN_KINDS:
            raise Failed(Exit.NOT_FOUND, say(f"{kind} 无需设置", f"{kind} needs no settings")) from None
        raise Failed(Exit.NOT_FOUND, say(f"没有方式 {kind}。有: {'、'.join(there)}", f"no kind {kind}. There are: {', '.join(there)}")) from None  # fmt: skip


def example(kind: str, name: str = "NAME") -> dict[str, Any]:
    """What must be told, with placeholders that say so; empty if nothing that holds can be made up."""
    model = settings_of(kind)
    _, schema = models_json_schema([(model, "validation")])
    definitions, own = schema.get("$defs", {}), _own(schema, kind)
    shown: dict[str, Any] = {
        each: _placeholder(each, part, definitions)
        for each, part in own.get("properties", {}).items()
        if each in own.get("required", ())
    }
    if "key_file" in shown:
        shown["key_file"] = f"secrets/{name}.key"
    usual = {each: _placeholder(each, {}, {}) for each in _USUAL if each in own.get("properties", {})}
    for made in (shown, usual | shown):
        try:
            model.model_validate(made)
        except ValidationError:
            continue
        return made
    return {}


def _own(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][settings_of(kind).__name__]
    return found


def _placeholder(name: str, shown: dict[str, Any], definitions: dict[str, Any]) -> Any:
    if shown.get("examples"):
        return shown["examples"][0]
    if "$ref" in shown:
        inner = definitions[shown["$ref"].rpartition("/")[2]]
        if "enum" in inner:
            return inner["enum"][0]
        return {key: _placeholder(key, each, definitions) for key, each in inner.get("properties", {}).items() if key in inner.get("required", ())}  # fmt: skip
    if "enum" in shown:
        return shown["enum"][0]
    match shown.get("type"):
        case "integer" | "number":
            return shown.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return []
        case "object":
            return {}
    return f"{name}-to-be-filled-in"


def _type(shown: dict[str, Any]) -> str:
    if "anyOf" in shown:
        return "|".join(_type(each) for each in shown["anyOf"])
    return str(
        shown.get("format") or shown.get("type") or shown.get("$ref", "").rpartition("/")[2] or shown.get("const", "")
    )
