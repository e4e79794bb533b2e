"""XML: records are the children of the root; attributes are ``@name``, elements are names, an element may repeat.

The one rule: a document with a DOCTYPE is refused at its first character, so that there is no entity to expand and nothing
to fetch. Depth and number of elements are counted while parsing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lxml import etree

from connectors.formats import limits
from connectors.protocol import NotUnderstood, Record, Row

#: The stubs know only true and false here.
_INTERNAL: Final[Any] = "internal"
#: Characters that XML 1.0 cannot carry in any spelling.
_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlRecords:
    """*root* holds elements *record*; *detail* names elements that belong to the record with the same attribute *by*.

    A bureau's master and detail tables leave its system as separate records; here they become one again. *namespace* is the
    one that all its elements are in; attributes are in none.
    """

    extension = "xml"
    content_type = "application/xml"

    def __init__(
        self, root: str, record: str, detail: str = "", by: str = "", encoding: str = "UTF-8", namespace: str = ""
    ) -> None:
        self._root, self._record, self._detail, self._by = root, record, detail, f"@{by}"
        self._encoding, self._namespace = encoding, namespace

    def decode(self, value: bytes) -> list[Row]:
        """The records of one document, in its order; details joined to theirs."""
        limits.within(value, limits.XML_BYTES)
        children = _parsed(value, self._root, self._record, self._namespace)
        rows: list[Row] = []
        masters: dict[object, dict[str, Any]] = {}
        strays: list[tuple[int, Any]] = []
        for number, (name, content) in enumerate(children, 1):
            if name == self._record and isinstance(content, dict):
                rows.append(Row(number, content))
                masters.setdefault(content.get(self._by), content)
            elif name == self._detail and isinstance(content, dict):
                strays.append((number, content))
            else:
                rows.append(
                    Row(
                        number,
                        None,
                        NotUnderstood(f"未知元素 {name[:40]}", source=name[:40], detail_en="unknown element"),
                    )
                )
        for number, detail in strays:
            master = masters.get(detail.pop(self._by, None))
            if master is None:
                rows.append(
                    Row(
                        number,
                        None,
                        NotUnderstood(
                            "明细没有对应的主记录", source=self._detail, detail_en="a detail without its record"
                        ),
                    )
                )
            else:
                master.setdefault(self._detail, []).append(detail)
        return sorted(rows, key=lambda row: row.number)

    def encode(self, records: Sequence[Record]) -> bytes:
        """The document of *records*, each followed by its details."""
        within = f"{{{self._namespace}}}" if self._namespace else ""
        default: Any = {None: self._namespace} if within else None  # the stubs know only named prefixes
        root = etree.Element(f"{within}{self._root}", nsmap=default)
        for record in records:
            details = record.get(self._detail, ()) if self._detail else ()
            _fill(
                etree.SubElement(root, f"{within}{self._record}"),
                {name: each for name, each in record.items() if name != self._detail},
                within,
            )
            for detail in details:
                content = {self._by: record.get(self._by, ""), **detail}
                _fill(etree.SubElement(root, f"{within}{self._detail}"), content, within)
        document: bytes = etree.tostring(root, encoding=self._encoding, xml_declaration=True)  # type: ignore[assignment]  # a str only for encoding "unicode"
        return document


def _parsed(value: bytes, root: str, record: str, namespace: str) -> list[tuple[str, Any]]:
    target: Any = _Target(f"{{{namespace}}}" if namespace else "")
    # `internal` for the five entities every document has (with False, libxml2 spells &amp; in an attribute `&#38;`);
    # others cannot be declared without a DOCTYPE, which `_Target` refuses before its first declaration is read.
    parser = etree.XMLParser(
        target=target, resolve_entities=_INTERNAL, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        document: Any = etree.fromstring(value, parser)  # what the target's `close` gives
    except etree.XMLSyntaxError as error:
        raise NotUnderstood(
            f"XML 语法错误(第 {error.lineno} 行)", detail_en=f"not well-formed XML: line {error.lineno}"
        ) from None
    except (ValueError, LookupError):
        raise NotUnderstood("XML 文件不能解析", detail_en="not an XML document") from None
    name, content = document
    if name == record:
        return [(name, content)]
    if name != root:
        raise NotUnderstood(f"XML 根元素应为 {root}", source=name[:40], detail_en=f"the root element is {root}")
    if not isinstance(content, dict):
        return []
    found: list[tuple[str, Any]] = []
    for child, each in content.items():
        if not child.startswith("@"):
            found.extend((child, one) for one in (each if isinstance(each, list) else [each]))
    return found


class _Target:
    """Builds values while libxml2 reads, and stops it at the first thing a peer may not send."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._elements = 0
        self._result: tuple[str, Any] = ("", "")

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise NotUnderstood(
            "XML 不得含 DOCTYPE",
            source=name[:40],
            detail_en="a DOCTYPE is not allowed",
            suggestion="请删除 DOCTYPE 声明",
        )

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > limits.XML_ELEMENTS:
            raise limits.too_large("XML 元素个数", "number of XML elements", limits.XML_ELEMENTS)
        if len(self._open) >= limits.XML_DEPTH:
            raise limits.too_large("XML 嵌套层数", "XML depth", limits.XML_DEPTH)
        name = tag.removeprefix(self._namespace)
        if name.startswith("{") or (self._namespace and name == tag):
            found = tag[1:].partition("}")[0] if tag.startswith("{") else ""
            raise NotUnderstood(
                "XML 元素不在约定的命名空间内",
                source=tag.rpartition("}")[2][:40],
                value=found[:80],
                detail_en="an element outside the namespace of this system",
                suggestion=f"命名空间应为 {self._namespace.strip('{}') or '空'}",
            )
        self._open.append((name, {f"@{name}": text for name, text in attributes.items()}, []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def end(self, tag: str) -> None:
        name, content, texts = self._open.pop()
        text = "".join(texts)
        value: Any = content
        if not content:
            value = text
        elif text.strip():
            raise NotUnderstood(
                f"元素 {name[:40]} 同时含文字和子元素", source=name[:40], detail_en="text beside elements"
            )
        if not self._open:
            self._result = (name, value)
            return
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def close(self) -> tuple[str, Any]:
        return self._result


def _fill(element: etree._Element, content: Mapping[str, Any], within: str) -> None:
    for name, value in content.items():
        if name.startswith("@"):
            element.set(name[1:], _carried(str(value)))
            continue
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(element, f"{within}{name}")
            if isinstance(one, Mapping):
                _fill(child, one, within)
            else:
                child.text = _carried(str(one))


def _carried(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
