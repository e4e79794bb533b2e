"""A mapping's YAML as it is written, with the line of every name.

The one rule: all faults are found before a record is read, and each names its line. A name written twice is a fault.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


class MappingInvalid(ValueError):
    """A mapping file that is wrong; the text names file and line."""


class Lined(dict[str, Any]):
    """A YAML map that knows where its names stand."""

    lines: dict[str, int]


class _Loader(yaml.SafeLoader):
    """Only `true` and `false` are booleans: `no`, `on` and `y` are names of fields in more than one system."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name and shape
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _map(loader: _Loader, node: yaml.MappingNode) -> Lined:
    result = Lined()
    result.lines = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)  # as written: YAML would read the field name `no` as a boolean
        line = key_node.start_mark.line + 1
        if key in result:
            raise MappingInvalid(f"line {line}: {key} stands twice")
        result[key] = loader.construct_object(value_node, deep=True)
        result.lines[key] = line
    return result


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _map)


def load(path: Path) -> Lined:
    """The document of *path*."""
    return parse(path.read_text("utf-8"), path)


def parse(text: str, path: Path) -> Lined:
    """The document *text*, which stands or would stand in *path*."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with line numbers
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        told = "; ".join(each for each in (error.problem, error.context) if each)
        raise MappingInvalid(f"{path}: line {line}: {told}") from None
    except (yaml.YAMLError, MappingInvalid) as error:
        raise MappingInvalid(f"{path}: {error}") from None
    if not isinstance(document, Lined):
        raise MappingInvalid(f"{path}: a mapping is a YAML map")
    return document


def nearest(written: Iterable[str], known: Iterable[str]) -> str:
    """What the writer of a name nobody knows may have meant, as the end of a sentence."""
    there = list(known)
    near = dict.fromkeys(
        name for each in sorted(written) for name in difflib.get_close_matches(each, there, n=2, cutoff=0.6)
    )
    return f"; did you mean {' or '.join(near)}?" if near else ""
