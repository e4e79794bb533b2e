"""The mapping language: a YAML file and code tables in, a dialect out.

The one rule: compiled once, pure ever after. `document` reads the YAML, `fields` compiles rules with `operators`, `scalars`
and `cells`, `dialect` puts messages into their frame. `README.md` of `connectors/` describes the language.
"""

from connectors.mapping.dialect import MappedDialect, compiled, load
from connectors.mapping.document import MappingInvalid
from connectors.mapping.message import Message

__all__ = ["MappedDialect", "MappingInvalid", "Message", "compiled", "load"]
