"""What went wrong on the way to a peer's server, in words that tell whom to call.

The one rule: no text of a key, a passphrase or a file's content comes into a reason.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

import asyncssh

from connectors.sftp.settings import SftpSettings

#: What a library raises for a lost line, a refusal, a key it cannot read, a server that is silent.
ERRORS = (asyncssh.Error, OSError, ValueError)
#: After these the connection itself is of no use any more; any other `SFTPError` is about one path.
_LINE_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.SFTPBadMessage)
_OUR_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


class KeyUnfit(ValueError):
    """Our own key, its passphrase or the file of host keys cannot be used."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """*stage*: key, network, host key, sign-in, folder or disk."""

    stage: str
    detail: str
    cure: str


def line_lost(error: BaseException) -> bool:
    """Must a new connection be made?"""
    return not isinstance(error, asyncssh.SFTPError) or isinstance(error, _LINE_LOST)


def trouble(error: BaseException, settings: SftpSettings, path: str = "") -> Trouble:
    """*error* for a person. *path* is what was asked for."""
    place = settings.place
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return Trouble(
                "host key", f"{place} 的主机密钥不在 known_hosts 中 / host key is not known",
                "与对方另行核对指纹后写入 known_hosts / compare the fingerprint over another way, then add the key",
            )  # fmt: skip
        case asyncssh.PermissionDenied():
            return Trouble(
                "sign-in", f"{place} 拒绝了用户 {settings.user} 的公钥 / public key refused",
                "请对方登记本方公钥(.pub) / the peer must register our .pub file for this user",
            )  # fmt: skip
        case KeyUnfit() | asyncssh.KeyImportError():
            return Trouble(
                "key", str(error), "核对 key_file、passphrase_file、known_hosts / look at these three settings"
            )
        case asyncssh.SFTPPermissionDenied() | asyncssh.SFTPWriteProtect():
            return Trouble(
                "folder", f"没有权限: {path} / permission denied",
                "请对方给该账户此目录的写权限,或设 claim: copy / ask for write permission, or set claim: copy",
            )  # fmt: skip
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return Trouble(
                "folder", f"没有: {path} / no such file or folder", "核对 root、out_dir、in_dir / check them"
            )
        case asyncssh.SFTPError() if not line_lost(error):
            return Trouble("folder", f"{path}: {error.reason}", "请对方查看其服务器日志 / the peer's log tells why")
        case socket.gaierror():
            return Trouble(
                "network", f"找不到主机 {settings.host} / host not found", "核对 host 与 DNS / check the name"
            )
        case OSError() if error.errno in _OUR_DISK:
            return Trouble("disk", f"本机磁盘: {error.strerror} / our own disk", "腾出空间 / make room")
        case TimeoutError():
            return Trouble(
                "network", f"{place} 没有及时应答 / no answer in time", "核对防火墙与对方服务 / firewall, server"
            )
        case asyncssh.Error():
            return Trouble(
                "network", f"{place}: 连接中断: {error.reason} / connection lost", "稍后自动重试 / tried again"
            )
    return Trouble(
        "network", f"{place}: {error} / cannot be reached", "核对地址、端口与防火墙 / address, port, firewall"
    )
