"""`hub connector credentials`: what the other side needs to be let in, made once.

One rule: nothing secret is ever printed: secrets lie in files that only their owner reads, and the screen shows where they lie,
a fingerprint, or the public half.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import click
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from connectors.newcomer import PLAIN_KINDS
from hub.cli.connector_here import Here, here, system_of
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option

_FOLDER = "secrets"


@click.command(help=say("对端接入所需的凭据:令牌文件或公钥;不显示秘密。", "What the other side needs: a file with its token, or a public key; nothing secret is shown."))  # fmt: skip
@click.argument("name")
@output_option
def credentials(name: str, output: str) -> None:
    """Made the first time, shown the next."""
    place = here()
    dialect = place.dialect(name)
    system = system_of(dialect)
    connection = place.connections.get(name)
    kind = connection.kind if connection else ""
    party = connection.party if connection else system.owner
    rows: list[Item] = []
    if "http" in system.kinds or kind in PLAIN_KINDS:
        rows.append(_token(place, party))
    if connection is not None and hasattr(connection.settings, "key_file"):
        rows.append(_key_pair(name, connection.folder / connection.settings.key_file))
    if "file" in system.kinds:
        rows.append({"what": say("投放目录", "drop folder"), "party": party, "file": str(place.drop / party / "inbox"), "public": say("目录权限由操作系统管理", "rights are the system's affair")})  # fmt: skip
    emit(
        "ConnectorCredentials", rows, output,
        columns={"what": say("凭据", "Credential"), "party": say("单位", "Party"), "file": say("文件", "File"), "public": say("指纹或公钥", "Fingerprint or public key")},
    )  # fmt: skip
    if not rows:
        note(
            say(
                f"{kind} 的凭据写在连接的设置所指的文件里",
                f"the credentials of {kind} are in the files that its settings name",
            )
        )


def _token(place: Here, party: str) -> Item:
    """An entry of the gateway's file of tokens, and a file for the party alone to be handed over."""
    path = place.settings.tokens_file or place.state.parent / "tokens.json"
    try:
        tokens: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
    except (OSError, orjson.JSONDecodeError) as error:
        raise Failed(Exit.CONFIGURATION, f"{path}: {type(error).__name__}") from None
    if party not in tokens:
        tokens[party] = secrets.token_urlsafe(24)
        _keep(path, orjson.dumps(tokens, option=orjson.OPT_INDENT_2))
        note(
            say(
                f"已在 {path} 为 {party} 写入令牌;网关重启后生效",
                f"a token for {party} is in {path}; the gateway reads it when it starts",
            )
        )
    handed = place.own.folder / _FOLDER / f"{party}.token"
    _keep(handed, tokens[party].encode())
    fingerprint = hashlib.sha256(tokens[party].encode()).hexdigest()[:16]
    return {"what": say("令牌 Authorization: Bearer", "token Authorization: Bearer"), "party": party, "file": str(handed), "public": f"sha256:{fingerprint}"}  # fmt: skip


def _key_pair(name: str, path: Path) -> Item:
    """A pair for SSH; the private half stays here."""
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        _keep(path, made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    private = load_ssh_private_key(path.read_bytes(), None)
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return {"what": say("SSH 公钥,请对端加入 authorized_keys", "SSH public key for authorized_keys"), "party": "", "file": str(path), "public": f"{public} hub-{name}"}  # fmt: skip


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)
