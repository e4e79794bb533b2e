"""`hub courier`: bundles carried by hand into a network that is joined to no other, and receipts carried back.

One rule: a bundle or receipt is taken whole or refused with its code, and nothing of its content is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from connectors.courier.desk import Desk, desk
from connectors.courier.keys import Keyring, KeyUnusable
from connectors.courier.refusal import CourierRefused
from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option

_Function = TypeVar("_Function", bound=Callable[..., Any])
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


def _home_option(function: _Function) -> _Function:
    return click.option(
        "--home", type=_FOLDER, envvar="HUB_COURIER_DIR", default=Path(".hub/courier"), show_default=True,
        help=say("密钥与台账目录", "Folder of keys and ledger"),
    )(function)  # fmt: skip


@click.group(help=say("信使:与物理隔离网络人工摆渡。", "Courier: bundles carried by hand into a separate network."))
def courier() -> None:
    """The verbs below."""


@courier.command(help=say("生成本单位新密钥(轮换时再次执行)。", "Make new keys of one's own; again to rotate."))
@click.argument("party")
@_home_option
@output_option
def keys(party: str, home: Path, output: str) -> None:
    """The public file is to be handed to the other side."""
    with _told():
        made = Keyring(home).make(party, _now())
    row = {"party": made.party, "kid": made.kid, "file": str(home / "own" / f"{made.kid}.pub")}
    emit("CourierKey", [row], output, columns=_key_columns())
    note(say("请将公钥文件当面交给对方,并核对编号。", "Hand the public file over in person, and compare the kid."))


@courier.command(help=say("信任对方的公钥文件。", "Trust the public file of the other side."))
@click.argument("file", type=_FILE)
@_home_option
@output_option
def trust(file: Path, home: Path, output: str) -> None:
    """Whose key it is stands in the file; who vouches for that is the person who gives this command."""
    with _told():
        made = Keyring(home).trust(file.read_bytes())
    row = {"party": made.party, "kid": made.kid, "file": str(home / "peers" / made.party / f"{made.kid}.pub")}
    emit("CourierKey", [row], output, columns=_key_columns())


@courier.command(help=say("打包待送文件;--again 重制某一包。", "Pack what waits; --again makes one bundle again."))
@click.option("--to", "peer", required=True, help=say("收件单位", "Party it is for"))
@click.option("--from", "source", type=click.Path(path_type=Path, exists=True, file_okay=False), help=say("待送文件目录", "Folder with the files"))  # fmt: skip
@click.option("--out", type=_FOLDER, required=True, help=say("介质目录", "Folder on the disc"))
@click.option("--again", type=int, help=say("逐字节重制第 N 包", "Make bundle N again, byte for byte"))
@_home_option
@output_option
def pack(peer: str, source: Path | None, out: Path, again: int | None, home: Path, output: str) -> None:
    """The files are taken away from their folder once the ledger has them."""
    if (source is None) == (again is None):
        raise click.UsageError(say("须给出 --from 或 --again 之一", "give either --from or --again"))
    with _told(), desk(home) as ours:
        made = ours.pack(peer, source, out, _now()) if source else [ours.again(peer, again or 0, out)]
    emit(
        "CourierBundleList", [{"number": one.number, "count": one.count, "file": str(one.path)} for one in made], output,
        columns=_columns(),
    )  # fmt: skip
    if not made:
        note(say("没有待送文件", "nothing waits"))


@courier.command(
    "open", help=say("验证并开启信使包,写出文件与回执。", "Verify and open bundles; writes files and receipts.")
)
@click.argument("bundles", type=_FILE, nargs=-1, required=True)
@click.option(
    "--into", type=_FOLDER, required=True, help=say("写出目录,如投放 inbox", "Where files go, such as an inbox")
)
@click.option("--receipts", type=_FOLDER, required=True, help=say("回执目录", "Where receipts go"))
@_home_option
@output_option
def open_(bundles: tuple[Path, ...], into: Path, receipts: Path, home: Path, output: str) -> int:
    """In the order of their names; 0 all taken, 1 one or more refused."""

    def take(ours: Desk, path: Path) -> Item:
        made = ours.open(path, into, receipts, _now())
        return {"number": made.number, "count": made.count, "file": str(path), "receipt": str(made.path)}

    return _each(home, sorted(bundles, key=lambda path: path.name), take, "CourierOpened", output)


@courier.command(help=say("登记带回的回执。", "Take receipts that were carried back."))
@click.argument("receipts", type=_FILE, nargs=-1, required=True)
@_home_option
@output_option
def receipt(receipts: tuple[Path, ...], home: Path, output: str) -> int:
    """0 all taken, 1 one or more refused."""

    def take(ours: Desk, path: Path) -> Item:
        found = ours.take_receipt(path)
        return {"number": found.number, "count": found.count, "file": str(path), "openedAt": found.opened_at}

    return _each(home, list(receipts), take, "CourierReceipts", output)


@courier.command(
    help=say("与各单位往来到第几包,缺哪些回执。", "How far each exchange is, and which receipts are missing.")
)
@_home_option
@output_option
def status(home: Path, output: str) -> int:
    """0 nothing waits for a receipt, 1 something does."""
    with _told(), desk(home) as ours:
        rows = [
            {"party": one.peer, "packed": one.packed, "receipted": one.receipted, "waiting": list(one.waiting), "since": one.since, "opened": one.opened}
            for one in ours.standings()
        ]  # fmt: skip
    emit(
        "CourierStatus", rows, output,
        columns={
            "party": say("单位", "Party"), "packed": say("已制至", "Packed"), "receipted": say("已回执", "Receipted"),
            "waiting": say("待回执", "Waiting"), "since": say("最早制包", "Since"), "opened": say("已开启至", "Opened"),
        },
    )  # fmt: skip
    return Exit.FINDINGS if any(row["waiting"] for row in rows) else Exit.OK


@courier.command(help=say("查看清单,不验证不解密。", "Show a bundle's manifest; nothing is verified or opened."))
@click.argument("file", type=_FILE)
@_home_option
@output_option
def show(file: Path, home: Path, output: str) -> None:
    """Who, to whom, which number, how many."""
    with _told(), desk(home) as ours:
        told = ours.look(file).manifest
    emit(
        "CourierManifest", [told], output,
        columns={"from": say("发", "From"), "to": say("收", "To"), "number": say("包号", "Number"), "count": say("件数", "Count"), "packedAt": say("制包时间", "Packed at")},
        wide={"previous": say("上一包", "Previous"), "signedBy": say("签名密钥", "Signed by"), "sealedFor": say("收件密钥", "Sealed for")},
    )  # fmt: skip


def _each(home: Path, paths: list[Path], take: Callable[[Desk, Path], Item], kind: str, output: str) -> int:
    """A refused one is a row with its code; those after it have their own turn."""
    rows: list[Item] = []
    with _told(), desk(home) as ours:
        for path in paths:
            try:
                rows.append(take(ours, path))
            except CourierRefused as error:
                detail = say(error.detail, error.detail_en)
                rows.append({"file": str(path), "code": str(error.code), "detail": detail})
                note(f"{path.name}: {error.code} {detail}")
    emit(kind, rows, output, columns=_columns())
    return Exit.FINDINGS if any("code" in row for row in rows) else Exit.OK


def _columns() -> dict[str, str]:
    return {"number": say("包号", "Number"), "count": say("件数", "Count"), "file": say("文件", "File"), "code": say("拒收", "Refused")}  # fmt: skip


def _key_columns() -> dict[str, str]:
    return {"party": say("单位", "Party"), "kid": say("密钥编号", "Kid"), "file": say("公钥文件", "Public file")}


def _now() -> datetime:
    return datetime.now(SHANGHAI)


@contextmanager
def _told() -> Iterator[None]:
    """What can go wrong outside, as exit codes."""
    try:
        yield
    except CourierRefused as error:
        raise Failed(Exit.FINDINGS, f"{error.code}: {say(error.detail, error.detail_en)}") from None
    except KeyUnusable as error:
        raise Failed(Exit.CONFIGURATION, say(f"密钥不可用: {error}", f"key: {error}")) from None
