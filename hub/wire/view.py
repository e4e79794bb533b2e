"""The shape of a delivery: an event as a party may see it, where any field may have been left out.

The one rule: a view is derived from its event's schema by `delivery_schema` and never written by hand, so that the two
cannot drift apart.
"""

from __future__ import annotations

from typing import Any, Final

#: Id of a view = id of its event + this.
DELIVERY_IDS: Final = 100_000
#: Name of a view's record = name of the event's record + this.
DELIVERY_SUFFIX: Final = "Delivery"

_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


def delivery_schema(schema: Any) -> Any:
    """The reader's view of *schema*: the same records renamed, every field at every depth nullable and null by default."""
    if isinstance(schema, list):
        return [delivery_schema(branch) for branch in schema]
    if isinstance(schema, str):
        return schema if schema in _PRIMITIVES else schema + DELIVERY_SUFFIX
    if schema["type"] == "array":
        return {**schema, "items": delivery_schema(schema["items"])}
    if schema["type"] == "record":
        view = {**schema, "name": schema["name"] + DELIVERY_SUFFIX, "fields": [_optional(f) for f in schema["fields"]]}
        if "x-id" in view:
            view["x-id"] += DELIVERY_IDS
        return view
    return schema


def _optional(field: dict[str, Any]) -> dict[str, Any]:
    inner = delivery_schema(field["type"])
    return {**field, "type": inner if isinstance(inner, list) else ["null", inner], "default": None}
