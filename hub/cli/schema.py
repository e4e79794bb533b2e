"""`hub schema`: the event contract as files: checked, compared with what was published, printed for readers.

One rule: exit 6 means that somebody who keeps to what was published would be cut off; everything else wrong is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from hub.canonical.catalogue import Catalogue, CatalogueError, EventType, Field, Record, schema_folder
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.wire.publication import file_of, findings, publish, read_history


def _folder_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=None,
        help=say("模式目录,默认为本安装所带", "Folder of the schemas, by default those of this installation"),
    )(function)


@click.group(help=say("事件契约:检查、比较、文档。", "Event schemas: check, diff, documents."))
def schema() -> None:
    """The verbs below."""


@schema.command(
    help=say("检查全部模式:分级、说明、登记规则、兼容性。", "Check all schemas: classes, docs, rules, compatibility.")
)
@_folder_option
@output_option
def check(folder: Path | None, output: str) -> int:
    """Print findings; 0 none, 1 some, 6 incompatible."""
    found = findings(folder or schema_folder())
    rows = [{"file": f.file, "field": f.place, "finding": f.what, "incompatible": f.incompatible} for f in found]
    titles = {"file": say("文件", "File"), "field": say("字段", "Field"), "finding": say("问题", "Finding")}
    if rows or output not in ("table", "wide"):
        emit("SchemaFinding", rows, output, columns=titles)
    if not found:
        note(say("模式全部合格。", "All schemas are in order."))
        return Exit.OK
    return Exit.INCOMPATIBLE if any(f.incompatible for f in found) else Exit.FINDINGS


@schema.command(help=say("与已发布版本比较:+ 新增 ~ 变更 − 删除。", "Compare with what was published: + ~ −."))
@_folder_option
@output_option
def diff(folder: Path | None, output: str) -> int:
    """Print differences field by field; 0 none, 1 some."""
    folder = folder or schema_folder()
    rows = list(_differences(_read(folder), folder))
    titles = {
        "change": "",
        "file": say("文件", "File"),
        "field": say("字段", "Field"),
        "before": say("原", "Before"),
        "after": say("现", "After"),
    }
    if rows or output not in ("table", "wide"):
        emit("SchemaDifference", rows, output, columns=titles)
    if not rows:
        note(say("与已发布版本一致。", "Nothing differs from what was published."))
    return Exit.FINDINGS if rows else Exit.OK


@schema.command(help=say("打印事件目录(Markdown)。", "Print the catalogue of events as Markdown."))
@click.argument("names", nargs=-1)
@_folder_option
def docs(names: tuple[str, ...], folder: Path | None) -> int:
    """Print the documents of *names*, or of all."""
    catalogue = _read(folder or schema_folder())
    unknown = [name for name in names if name not in catalogue]
    if unknown:
        raise Failed(Exit.NOT_FOUND, say(f"没有事件 {', '.join(unknown)}", f"no event {', '.join(unknown)}"))
    for name in names or tuple(catalogue):
        click.echo("\n".join(_document(catalogue[name])))
    return Exit.OK


@schema.command(
    "publish",
    help=say("登记尚未发布的模式文件;发布后不得再改。", "Record files not yet published; afterwards they stay."),
)
@_folder_option
@click.option(
    "--replace",
    is_flag=True,
    help=say("首次发行前:重新登记已改文件", "Before the first release: record edited files anew"),
)
@click.option("--yes", "--execute", "sure", is_flag=True, help=say("确认写入", "Really write"))
def publish_files(folder: Path | None, replace: bool, sure: bool) -> int:
    """Write the lock and the history."""
    folder = folder or schema_folder()
    if any(f.incompatible for f in findings(folder)) and not replace:
        raise Failed(Exit.INCOMPATIBLE, say("先通过 hub schema check", "hub schema check must pass first"))
    if not sure:
        note(say("演练:加 --yes 写入。", "Dry run: add --yes to write."))
        return Exit.OK
    for file in publish(folder, replace=replace):
        click.echo(file)
    return Exit.OK


def _read(folder: Path) -> Catalogue:
    try:
        return Catalogue.read(folder)
    except CatalogueError as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from error


def _differences(catalogue: Catalogue, folder: Path) -> Iterator[dict[str, str]]:
    for versions in catalogue.versions.values():
        history = {each.version: each for each in read_history(folder, versions[0].name)}
        for event_type in versions:
            published = history.get(event_type.version)
            if published is None:
                yield {"change": "+", "file": file_of(event_type), "field": "", "before": "", "after": event_type.title}
                continue
            before, after = dict(_lines(published.record, "")), dict(_lines(event_type.record, ""))
            for place in before | after:
                if before.get(place) != after.get(place):
                    yield {
                        "change": "−" if place not in after else "~" if place in before else "+",
                        "file": file_of(event_type),
                        "field": place,
                        "before": before.get(place, ""),
                        "after": after.get(place, ""),
                    }


def _lines(record: Record, path: str) -> Iterator[tuple[str, str]]:
    for field in record.fields:
        yield f"{path}{field.name}", _shape(field)
        if field.record is not None:
            yield from _lines(field.record, f"{path}{field.name}.")


def _shape(field: Field) -> str:
    """Type, form, closed list, need and class of a field in the contract's own notation."""
    kind = field.record.name if field.record is not None else field.form or field.kind
    if field.enum:
        kind = f"({'/'.join(field.enum)})"
    mark = "!" if field.mandatory else "*" if field.conditional else "?"
    return f"{mark}{f'[{kind}]' if field.many else kind}~{field.label}"


def _document(event_type: EventType) -> Iterator[str]:
    yield f"## `{event_type.name}` {event_type.title}"
    yield ""
    yield f"{event_type.title_en}. Id {event_type.schema_id}."
    if event_type.basis:
        yield f"{say('依据', 'Basis')}: {event_type.basis}."
    yield ""
    yield f"| {say('字段', 'Field')} | {say('类型', 'Type')} | {say('分级', 'Class')} | {say('说明', 'Meaning')} |"
    yield "|---|---|---|---|"
    yield from _rows(event_type.record, "")
    yield ""


def _rows(record: Record, path: str) -> Iterator[str]:
    for field in record.fields:
        shape, _, _ = _shape(field).rpartition("~")
        letters = "".join(letter for letter in "wpsi" if letter in field.classes) or field.label
        yield f"| `{path}{field.name}` | `{shape}` | {letters} | {field.doc} |"
        if field.record is not None:
            yield from _rows(field.record, f"{path}{field.name}.")
