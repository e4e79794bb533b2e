"""The SSH connection to a peer's server: opened at first use, opened again after it was lost.

The one rule: only our key, only a host key that is known; no agent, no password, no file of the user's own (`~/.ssh`) has a say.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import asyncssh

from connectors.protocol import Unavailable
from connectors.sftp.remote import Remote
from connectors.sftp.settings import SftpSettings
from connectors.sftp.trouble import ERRORS, KeyUnfit, trouble

# It tells every step of every connection; what matters is told by us.
asyncssh.set_log_level(logging.WARNING)

_ALIVE_SECONDS = 15


class Line:
    """A connection that several may use at once. *folder*: what paths in *settings* are relative to."""

    def __init__(self, settings: SftpSettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._opening = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._remote: Remote | None = None

    async def open(self) -> Remote:
        """The peer's folders. Raise `Unavailable`."""
        try:
            return await self.opened()
        except ERRORS as error:
            raise Unavailable(trouble(error, self._settings).detail) from None

    async def opened(self) -> Remote:
        """As `open`, with the library's own errors."""
        async with self._opening:
            if self._remote is None or self._remote.lost or self._connection is None or self._connection.is_closed():
                await self.close()
                # Not counted: a passphrase is made slow to guess, which is no fault of the server.
                key, known = await asyncio.to_thread(self._key), await asyncio.to_thread(self._known_hosts)
                async with asyncio.timeout(self._settings.connect_seconds):
                    self._connection = await self._connect(key, known)
                    # Names that are not UTF-8 must be seen to be refused.
                    client = await self._connection.start_sftp_client(path_errors="surrogateescape")
                self._remote = Remote(client, self._settings)
            return self._remote

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._remote = self._connection, None, None
        if connection is not None:
            connection.abort()
            await connection.wait_closed()

    async def _connect(self, key: asyncssh.SSHKey, known_hosts: bytes) -> asyncssh.SSHClientConnection:
        said = self._settings
        return await asyncssh.connect(
            said.host, said.port,
            username=said.user, client_keys=[key], known_hosts=known_hosts,
            config=None, agent_path=None, password=None, gss_auth=False, gss_kex=False,
            preferred_auth="publickey", compression_algs=None,
            connect_timeout=said.connect_seconds, login_timeout=said.connect_seconds,
            keepalive_interval=_ALIVE_SECONDS, keepalive_count_max=2,
        )  # fmt: skip

    def _key(self) -> asyncssh.SSHKey:
        path = self._folder / self._settings.key_file
        try:
            if path.stat().st_mode & 0o077:
                raise KeyUnfit(f"{path}: 他人可读,须 chmod 600 / others may read the key")
            passphrase = None
            if self._settings.passphrase_file is not None:
                passphrase = (self._folder / self._settings.passphrase_file).read_text("utf-8").rstrip("\r\n")
            return asyncssh.read_private_key(path, passphrase)
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnfit(f"{path}: {getattr(error, 'strerror', '') or '不能读取'} / cannot be read") from None
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise KeyUnfit(f"{path}: 不是私钥或口令不对 / no private key, or a wrong passphrase") from None

    def _known_hosts(self) -> bytes:
        """Its bytes; never nothing, by which the library would understand the user's own file."""
        path = self._folder / self._settings.known_hosts
        try:
            known = path.read_bytes()
            asyncssh.import_known_hosts(known.decode("utf-8"))
        except (OSError, ValueError):
            raise KeyUnfit(f"{path}: 不能读取 / cannot be read as a file of host keys") from None
        return known or b"\n"
