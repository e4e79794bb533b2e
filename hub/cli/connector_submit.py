"""`hub connector submit` at the bureau, `install` at the hub: a connector handed over as one file.

One rule: what has findings is not handed over; what is taken in is shown first, and added only with ``--yes``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from connectors import registry
from connectors.application import SUFFIX, Application, ApplicationInvalid, digest, files_of, pack, unpack
from connectors.mapping import load as load_mapping
from connectors.mapping.document import MappingInvalid
from connectors.mapping.journey import routes
from connectors.newcomer import NotMade, enter
from connectors.own import FILE
from hub.canonical.catalogue import Catalogue
from hub.canonical.identifiers import id_number_valid
from hub.cli.connector_check import implied
from hub.cli.connector_here import here, system_of
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option
from hub.reference import load as load_reference


@click.command(help=say("打包接入申请,交给枢纽运维;check 有问题则拒绝。", "Pack an application for the hub's operators; refused if check has findings."))  # fmt: skip
@click.argument("name")
@click.option("--to", "folder", default=Path(), type=click.Path(file_okay=False, path_type=Path), help=say("写到哪个目录", "Folder to write to"))  # fmt: skip
@output_option
def submit(name: str, folder: Path, output: str) -> None:
    """1 if check has findings or a sample names a real person, 2 for a shipped system."""
    place = here()
    dialect = place.dialect(name)
    if dialect in registry.CONNECTORS:
        raise Failed(
            Exit.USAGE, say(f"{dialect} 已随附,无需申请", f"{dialect} is shipped: there is nothing to apply for")
        )
    implied(place, name)
    system = system_of(dialect)
    files = files_of(system.folder)
    if named := [each for each, value in files.items() if each.startswith("samples/") and _names_persons(value)]:
        raise Failed(Exit.FINDINGS, say(f"样例含真实的公民身份号码,请换成虚构的: {'、'.join(named)}", f"samples hold citizens' numbers; invent others: {', '.join(named)}"))  # fmt: skip
    told = _told(system, dialect, files)
    path = folder / f"{system.folder.name}-{told['digest'][:12]}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(told, files))
    emit("ConnectorApplication", [{"file": str(path), **told}], output, columns={
        "file": say("文件", "File"), "party": say("单位", "Party"), "dialect": say("方言", "Dialect"), "sends": say("报送", "Sends"),
        "coverage": say("字段覆盖", "Coverage"), "samples": say("样例记录", "Sample records"),
    })  # fmt: skip
    note(say(f"把 {path.name} 交给枢纽运维: hub connector install {path.name}", f"hand {path.name} to the hub's operators: hub connector install {path.name}"))  # fmt: skip


def _told(system: registry.System, dialect: str, files: dict[str, bytes]) -> dict[str, Any]:
    rules = load_reference().events
    events = sorted(system.dialect.messages)
    records = fields = open_ = 0
    for sample, _ in system.cases():
        for draft in registry.read(dialect, sample.read_bytes()):
            records += 1
            fields += (
                len(list(routes(system.dialect.messages[draft.type]))) if draft.type in system.dialect.messages else 0
            )
            open_ += len(draft.unmapped)
    return {
        "name": system.folder.name, "title": system.title, "party": system.owner, "dialect": dialect, "kinds": list(system.kinds),
        "sends": [each for each in events if each in rules and rules[each].senders != ("HUB",)],
        "told": [each for each in events if each in rules and rules[each].senders == ("HUB",)],
        "samples": records, "coverage": f"{fields / max(1, fields + open_):.0%}", "digest": digest(files),
    }  # fmt: skip


def _names_persons(value: bytes) -> bool:
    for charset in ("utf-8", "gb18030"):
        try:
            text = value.decode(charset)
        except UnicodeError:
            continue
        pieces = "".join(char if char.isascii() and char.isalnum() else " " for char in text).split()
        return any(id_number_valid(piece.upper()) for piece in pieces)
    return False


@click.command(
    help=say("在枢纽一侧查看接入申请;--yes 才加入。", "On the hub's side: show an application; --yes adds it.")
)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", "execute", is_flag=True, help=say("真正加入", "Add it"))
@output_option
def install(path: Path, execute: bool, output: str) -> int:
    """1 without --yes (nothing was added), 3 if the application does not hold, 5 if its party is not in the directory."""
    place = here(connections=False)
    try:
        found = unpack(path.read_bytes())
    except ApplicationInvalid as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
    party, dialect = str(found.told["party"]), str(found.told["dialect"])
    if party not in place.parties:
        raise Failed(Exit.NOT_FOUND, say(f"没有单位 {party}", f"no party {party}"))
    target = place.own.folder / found.name
    if target.exists() or dialect in registry.names():
        raise Failed(Exit.USAGE, say(f"{target} 或方言 {dialect} 已存在", f"{target} or the dialect {dialect} exists"))
    try:
        _judge(found)
    except (ApplicationInvalid, MappingInvalid) as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
    rows: list[Item] = [
        {"sign": "+", "what": f"{target / name}", "detail": f"{len(value)} B"} for name, value in found.files.items()
    ]
    rows.append({"sign": "~", "what": str(place.own.folder / FILE), "detail": f"dialects.{dialect}"})
    rows.append(
        {
            "sign": "+",
            "what": f"evt.{party.lower()}.{dialect}.v1",
            "detail": say("主题,见 hub topics plan", "topic, see hub topics plan"),
        }
    )
    emit(
        "ConnectorInstall",
        rows,
        output,
        columns={"sign": "", "what": say("内容", "What"), "detail": say("说明", "Detail")},
    )
    if not execute:
        note(say("未加入;确认后加 --yes", "nothing was added; --yes adds it"))
        return Exit.FINDINGS
    try:
        _add(place.own.folder, found, dialect)
    except NotMade as error:
        raise Failed(Exit.CONFIGURATION, say(error.zh, error.en)) from None
    note(say(f"已加入。下一步: hub connector check {found.name},hub topics plan", f"added. Next: hub connector check {found.name}, hub topics plan"))  # fmt: skip
    return Exit.OK


def _judge(found: Application) -> None:
    """Does its mapping compile, and say what the application says?"""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), found)
        registry.install({str(found.told["dialect"]): Path(folder)})
        try:
            load_mapping(Path(folder) / "mapping.yaml", str(found.told["dialect"]))
            system = registry.system(str(found.told["dialect"]))
            if system.owner != found.told["party"]:
                raise ApplicationInvalid("单位与 connector.yaml 不符 / the party is not that of connector.yaml")
            if strange := set(system.dialect.messages) - set(Catalogue.load()):
                raise ApplicationInvalid(f"契约中没有 / not in the contract: {', '.join(strange)}")
        except (OSError, LookupError) as error:
            raise ApplicationInvalid(str(error)) from None
        finally:
            here(connections=False)


def _add(own: Path, found: Application, dialect: str) -> None:
    own.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{found.name}-", dir=own))
    try:
        made.chmod(0o755)
        _write(made, found)
        enter(own / FILE, made, own / found.name, dialect)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(folder: Path, found: Application) -> None:
    for name, value in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(value)
