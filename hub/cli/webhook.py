"""Verbs of `hub connector` for those who are pushed to: where each stands, what is parked, sending it again, keys.

One rule: no verb shows a private key or a body; what is pushed again keeps its id and its bytes.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

from connectors.webhook import Place, Receiver, ReceiversInvalid, keyring, read_receivers
from connectors.webhook.connecting import poster_for
from connectors.webhook.journal import Entry, Journal
from connectors.webhook.keyring import LONGEST_OVERLAP_DAYS, Key
from connectors.webhook.resending import resend as send_again
from connectors.webhook.retrying import DELAYS
from connectors.webhook.signing import PRIVATE, private_key, shared, shared_secret
from connectors.webhook.verifying import KeyUnusable
from hub.boot import hub
from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option

_execute = click.option(
    "--yes", "--execute", "execute", is_flag=True, help=say("真正执行;否则只列出", "Do it; without it this only lists")
)


@click.command(help=say("接收推送的单位:地址、是否畅通、等待与停放。", "Who is pushed to: address, state, what waits and what is parked."))  # fmt: skip
@output_option
def receivers(output: str) -> int:
    """1 if a receiver waits, is shut, has parked deliveries, or has no key."""
    rows: list[Item] = []
    with _journal() as journal:
        for party, receiver in _receivers().items():
            waiting = next(iter(journal.entries("waiting", party)), None)
            closed, parked = journal.closed(party), len(journal.entries("parked", party))
            fault = _key_fault(party)
            rows.append({
                "party": party, "address": receiver.target.host_header,
                "state": "shut" if closed else "waiting" if waiting else "ok",
                "tries": f"{waiting.tries}/{len(DELAYS)}" if waiting else "", "due": _time(waiting.due if waiting and not closed else None),
                "parked": parked, "reason": closed or (waiting.reason if waiting else "") or fault, "waiting": waiting.id if waiting else "",
            })  # fmt: skip
    emit(
        "WebhookReceivers", rows, output,
        columns={"party": say("单位", "Party"), "address": say("地址", "Address"), "state": say("状态", "State"), "tries": say("次数", "Tries"), "due": say("下次", "Next"), "parked": say("停放", "Parked"), "reason": say("原因", "Reason")},
        wide={"waiting": say("等待的投递", "Waiting delivery")},
    )  # fmt: skip
    return Exit.FINDINGS if any(row["parked"] or row["reason"] for row in rows) else Exit.OK


@click.command(help=say("停放的投递:末次尝试仍未送达的,及其原因。", "Deliveries that were not accepted to the last try, and why."))  # fmt: skip
@click.argument("party", default="")
@output_option
def parked(party: str, output: str) -> None:
    """Oldest first; none of them is ever dropped."""
    with _journal() as journal:
        _emit(journal.entries("parked", party), output)


@click.command(help=say("再次推送停放的投递:原编号、原内容。", "Push parked deliveries again: same id, same bytes."))
@click.argument("party")
@click.argument("ids", nargs=-1)
@_execute
@output_option
def resend(party: str, ids: tuple[str, ...], execute: bool, output: str) -> int:
    """All that are parked, or those named. The first that is not accepted ends the round; 1 then."""
    receiver = _receiver(party)
    with _journal() as journal:
        chosen = [each for each in journal.entries("parked", party) if not ids or each.id in ids]
        missing = set(ids) - {each.id for each in chosen}
        if missing:
            raise Failed(Exit.NOT_FOUND, say(f"没有停放 {'、'.join(missing)}", f"not parked: {', '.join(missing)}"))
        if not execute:
            _emit(chosen, output)
            note(say("试运行;加 --yes 执行", "dry run; add --yes to do it"))
            return Exit.OK
        try:
            rows = asyncio.run(_resend(receiver, chosen, journal))
        except KeyUnusable as error:
            raise Failed(Exit.CONFIGURATION, str(error)) from None
    emit(
        "WebhookResent", rows, output,
        columns={"id": say("编号", "Id"), "accepted": say("已接收", "Accepted"), "reason": say("原因", "Reason")},
    )  # fmt: skip
    accepted = sum(bool(row["accepted"]) for row in rows)
    note(say(f"{accepted} 已接收,{len(chosen) - accepted} 仍停放", f"{accepted} accepted, {len(chosen) - accepted} still parked"))  # fmt: skip
    return Exit.OK if accepted == len(chosen) else Exit.FINDINGS


@click.command(
    help=say("停放正在等待的投递,让其后的先行。", "Park the delivery that waits, so that those behind it go on.")
)
@click.argument("party")
@click.option("--reason", required=True, help=say("为何", "Why"))
def park(party: str, reason: str) -> None:
    """2 if none waits."""
    with _journal() as journal:
        waiting = next(iter(journal.entries("waiting", party)), None)
        if waiting is None or not journal.park(party, waiting.id, reason):
            raise Failed(Exit.USAGE, say(f"{party} 没有等待的投递", f"nothing waits for {party}"))
    note(say(f"已停放 {waiting.id}", f"parked {waiting.id}"))


@click.command("open", help=say("重新向单位推送:410 之后,或不等下次就试。", "Push again: after a 410, or without waiting for the next try."))  # fmt: skip
@click.argument("party")
def open_(party: str) -> None:
    """2 if the receiver was open and nothing waits."""
    with _journal() as journal:
        opened, hurried = journal.open(party), journal.hurry(party, _now())
    if not (opened or hurried):
        raise Failed(Exit.USAGE, say(f"{party} 畅通,没有等待", f"{party} is open and nothing waits"))
    note(say(f"{party}: 即将推送", f"{party}: will be tried now"))


@click.command(help=say("签名密钥:交给接收方的公钥;--change 更换。", "Signing keys: what the receiver is given; --change changes them."))  # fmt: skip
@click.argument("party")
@click.option("--change", is_flag=True, help=say("换新密钥,新旧并用一段时间", "A new key; both sign for a while"))
@click.option("--kind", type=click.Choice(["v1a", "v1"]), default="v1a", show_default=True, help=say("v1a 公钥;v1 共享密钥", "v1a: public key; v1: shared secret"))  # fmt: skip
@click.option("--overlap-days", type=click.IntRange(0, LONGEST_OVERLAP_DAYS), default=LONGEST_OVERLAP_DAYS, show_default=True, help=say("旧密钥还签多少天;泄露时为 0", "Days the old one still signs; 0 if it leaked"))  # fmt: skip
@click.option("--to", "target", type=click.Path(path_type=Path, dir_okay=False), help=say("v1 密钥写入此文件交接", "Where the v1 secret is written for the receiver"))  # fmt: skip
@output_option
def signing(party: str, change: bool, kind: str, overlap_days: int, target: Path | None, output: str) -> None:
    """A shared secret is never shown on the terminal: it goes into a file of its own."""
    settings = hub().settings
    path = Place(settings.state_dir).keys(party)
    if party not in hub().reference.directory:
        raise Failed(Exit.NOT_FOUND, say(f"没有单位 {party}", f"there is no party {party}"))
    try:
        keys = keyring.read(path) if path.exists() else []
    except KeyUnusable as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
    if change:
        made = private_key(secrets.token_bytes(32)) if kind == "v1a" else shared_secret(secrets.token_bytes(32))
        if kind == "v1":
            _hand_over(made, target)
        keys = keyring.changed(keys, made, _now(), timedelta(days=overlap_days))
        keyring.write(path, keys)
    emit("WebhookKeys", [_shown(key) for key in keyring.in_force(keys, _now())], output, columns={
        "kind": say("种类", "Kind"), "key": say("交给接收方", "For the receiver"), "since": say("自", "Since"), "until": say("至", "Until"),
    })  # fmt: skip


def _shown(key: Key) -> Item:
    public = shared(key.key) if key.key.startswith(PRIVATE) else ""
    return {
        "kind": "v1a" if public else "v1", "key": public or say("(不显示)", "(not shown)"),
        "since": _time(key.since), "until": _time(key.until),
    }  # fmt: skip


def _hand_over(secret: str, target: Path | None) -> None:
    if target is None:
        raise Failed(Exit.USAGE, say("v1 密钥须以 --to 文件 交接", "a v1 secret is handed over in a file: --to FILE"))
    try:
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Failed(Exit.USAGE, str(error)) from None
    with os.fdopen(file, "w") as opened:
        opened.write(secret + "\n")


async def _resend(receiver: Receiver, entries: list[Entry], journal: Journal) -> list[Item]:
    settings = hub().settings
    poster, place = poster_for(receiver, dev=settings.dev), Place(settings.state_dir)
    try:
        return [
            {"id": entry.id, "accepted": not answer.reason, "reason": answer.reason}
            async for entry, answer in send_again(
                entries, journal, poster, lambda at: place.signing(receiver.party, at), _now
            )
        ]
    finally:
        await poster.close()


def _emit(entries: list[Entry], output: str) -> None:
    rows = [
        {
            "party": each.party, "id": each.id, "tries": each.tries, "first": _time(each.first), "last": _time(each.last),
            "reason": each.reason, "bytes": len(each.body),
        }
        for each in entries
    ]  # fmt: skip
    emit(
        "WebhookParked", rows, output,
        columns={"party": say("单位", "Party"), "id": say("编号", "Id"), "tries": say("次数", "Tries"), "first": say("首次", "First"), "last": say("末次", "Last"), "reason": say("原因", "Reason")},
        wide={"bytes": say("字节", "Bytes")},
    )  # fmt: skip


def _receivers() -> dict[str, Receiver]:
    settings = hub().settings
    if settings.webhooks_file is None:
        raise Failed(Exit.CONFIGURATION, say("请设置 HUB_WEBHOOKS_FILE", "set HUB_WEBHOOKS_FILE"))
    try:
        return read_receivers(settings.webhooks_file, hub().reference.directory.codes(), dev=settings.dev)
    except ReceiversInvalid as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None


def _receiver(party: str) -> Receiver:
    found = _receivers().get(party)
    if found is None:
        raise Failed(Exit.NOT_FOUND, say(f"{party} 不接收推送", f"{party} is not pushed to"))
    return found


def _key_fault(party: str) -> str:
    try:
        Place(hub().settings.state_dir).signing(party, _now())
    except KeyUnusable as error:
        return str(error)
    return ""


@contextmanager
def _journal() -> Iterator[Journal]:
    journal = Journal(Place(hub().settings.state_dir).journal)
    try:
        yield journal
    finally:
        journal.close()


def _now() -> datetime:
    return datetime.now(SHANGHAI)


def _time(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds") if moment else ""
