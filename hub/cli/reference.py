"""``hub reference``: the law and the city as data, shown and checked.

The one rule: what is shown and checked is the folder the hub would use: ``HUB_REFERENCE_DIR``, else the shipped one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.coherence import examine
from hub.local.files import project_file
from hub.reference import HERE, Finding, reference_of
from hub.reference.tables import read
from hub.reference.walk import FILES, Placed, all_entries, entries
from hub.settings import Settings

_FINDING: Final = {
    "file": say("文件", "file"),
    "entry": say("条目", "entry"),
    "code": say("代码", "code"),
    "what": say("问题与处理", "what is wrong, what to do"),
}
_ENTRY: Final = {
    "entry": say("条目", "entry"),
    "what": say("内容", "content"),
    "from": say("起", "from"),
    "to": say("止", "to"),
    "basis": say("依据", "basis"),
}
_LIST: Final = {"table": say("表", "table"), "entries": say("条目数", "entries"), "file": say("文件", "file")}


def _folder() -> Path:
    return Settings().reference_dir or HERE


@click.group(
    help=say(
        "参照数据:机构、委托、权责、文书、罪名、期限、开关、日历,各有依据与有效期。",
        "Reference data: parties, entrustment, competence, documents, charges, clocks, switches, calendars, "
        "each with its basis and validity.",
    )
)
def reference() -> None:
    """Group of `hub reference`."""


@reference.command(
    help=say(
        "检查参照数据是否前后一致。DIR 默认为 HUB_REFERENCE_DIR,否则为随附的数据。退出码 0 无误,1 有错。",
        "Check that the reference data hold together. DIR defaults to HUB_REFERENCE_DIR, else the shipped data. "
        "Exit code 0 if all is well, 1 if not.",
    )
)
@click.argument(
    "folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--on",
    "day",
    metavar="YYYY-MM-DD",
    help=say("以哪一天为今天(日历是否齐全由此判断)", "The day taken as today, for the calendars in use"),
)
@output_option
def check(folder: Path | None, day: str | None, output: str) -> None:
    """Check the folder."""
    folder = folder or _folder()
    findings = examine(folder, Settings().topics_file or project_file("topics.yaml"), _day(day))
    emit("ReferenceFinding", [_finding(each) for each in findings], output, columns=_FINDING)
    if findings:
        note(say(f"✘ {folder}: {len(findings)} 处需要处理", f"✘ {folder}: {len(findings)} to be put right"))
        click.get_current_context().exit(Exit.FINDINGS)
    count = sum(1 for _ in all_entries(read(folder)))
    note(say(f"✔ {folder}: {count} 个条目一致", f"✔ {folder}: {count} entries hold together"))


@reference.command(
    help=say(
        "列出各表;给出 TABLE 则列出其条目、依据与有效期。",
        "List the tables, or the entries of TABLE with basis and validity.",
    )
)
@click.argument("table", required=False, type=click.Choice(list(FILES)))
@output_option
def show(table: str | None, output: str) -> None:
    """Show the tables."""
    tables = read(_folder())
    if table is None:
        counts = {name: sum(1 for _ in entries(tables, name)) for name in FILES}
        rows = [{"table": name, "entries": counts[name], "file": file} for name, file in FILES.items()]
        emit("ReferenceTable", rows, output, columns=_LIST)
        return
    emit("ReferenceEntry", [_entry(placed) for placed in entries(tables, table)], output, columns=_ENTRY)


@reference.command(
    help=say(
        "事项 CODE(权责清单编码)由谁主管、由谁办理;没有规定的不猜测,交联席会议。退出码 5 为表中没有。",
        "Who signs and who works for the item CODE. What the table does not say goes to the joint conference: exit 5.",
    )
)
@click.argument("code")
@click.argument("tier", type=click.Choice(["CITY", "DISTRICT"]))
@click.option("--catalogue", default="QZ", show_default=True, help=say("事项目录", "Catalogue of items"))
@click.option("--division", default="", metavar="520103", help=say("行政区划代码", "Division code"))
@click.option("--on", "day", metavar="YYYY-MM-DD", help=say("哪一天", "On which day"))
@output_option
def who(code: str, tier: str, catalogue: str, division: str, day: str | None, output: str) -> None:
    """Answer from the table of competence."""
    here = reference_of(read(_folder()))
    principal = here.competence.principal(here.directory, catalogue, code, tier, division, _day(day))
    row = here.competence.row(catalogue, code, tier, _day(day))
    if principal is None or row is None:
        conference = here.roles["lxhy"]
        raise Failed(
            Exit.NOT_FOUND,
            say(
                f"权责清单未定 {catalogue} {code} {tier} {division}:请提请 {conference}(处罚法25)",
                f"no row for {catalogue} {code} {tier} {division}: ask {conference} (Administrative Penalty Law art. 25)",
            ),
        )
    handler = here.directory.handler_of(principal)
    item = {"code": code, "title": row.title, "principal": principal, "handler": handler, "basis": row.basis}
    columns = {"principal": say("主管", "principal"), "handler": say("办理", "handler"), "title": say("领域", "field")}
    emit("Competence", [item], output, columns=columns, wide={"basis": say("依据", "basis")})


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(SHANGHAI).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Failed(Exit.USAGE, say(f"日期写法有误: {text}", f"not a day: {text}")) from None


def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "file": finding.file,
        "entry": finding.entry,
        "code": finding.code,
        "what": say(finding.zh, finding.en),
        "zh": finding.zh,
        "en": finding.en,
    }


def _entry(placed: Placed) -> Mapping[str, Any]:
    said = placed.entry.model_dump(mode="json", by_alias=True, exclude_none=True)
    basis, since, until = said.pop("basis"), said.pop("from"), said.pop("to", "")
    content = {key: value for key, value in said.items() if value not in ("", [], {}, False)}
    what = " ".join(str(value) for value in content.values())
    return {"entry": placed.place, "what": what, "from": since, "to": until, "basis": basis, "content": content}
