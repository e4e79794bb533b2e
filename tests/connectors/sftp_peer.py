"""A peer with a real SFTP server (asyncssh's own), real keys and a folder it is shut into."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from connectors import registry
from connectors.kind import Connection
from connectors.sftp.kind import Sftp
from connectors.sftp.settings import SftpSettings

SAMPLE = registry.system("rsj-csv").folder / "samples/plans-and-results.csv"


@dataclass
class Peer:
    """What is on the peer's side, and the files that we were given by it. *before* sees each request to the server."""

    home: Path
    keys: Path
    before: Callable[[str], None] = lambda _: None
    port: int = 0
    listener: Any = None
    lines: list[Any] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.home / "out"

    @property
    def into(self) -> Path:
        return self.home / "in"

    def drop(self, name: str, value: bytes) -> None:
        (self.out / f"{name}.part").write_bytes(value)
        (self.out / f"{name}.part").rename(self.out / name)

    def make(self) -> None:
        """The two folders that a peer has to make."""
        self.out.mkdir(parents=True)
        self.into.mkdir()

    @property
    def said(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1", "port": self.port, "user": "hub", "key_file": self.keys / "ours",
            "known_hosts": self.keys / "known_hosts", "root": "/", "poll_seconds": 0.05, "quiet_seconds": 0.05,
        }  # fmt: skip

    def settings(self, **more: Any) -> SftpSettings:
        return SftpSettings.model_validate(self.said | more)

    def connection(self, dialect: str = "rsj-csv", party: str = "GY-RSJ", **more: Any) -> Connection:
        return Connection("night", party, registry.system(dialect), Sftp.name, self.settings(**more), self.keys)

    async def start(self) -> None:
        peer = self

        class Server(asyncssh.SFTPServer):
            def __init__(self, channel: Any) -> None:
                super().__init__(channel, chroot=os.fsencode(peer.home))
                peer.lines.append(channel.get_connection())

        for name in ("open", "read", "write", "rename", "posix_rename", "remove", "mkdir", "lstat", "scandir"):
            setattr(Server, name, self._watched(name, getattr(asyncssh.SFTPServer, name)))
        self.listener = await asyncssh.listen(
            "127.0.0.1", self.port, server_host_keys=[str(self.keys / "host")], sftp_factory=Server,
            authorized_client_keys=str(self.keys / "authorized"), reuse_address=True,
        )  # fmt: skip
        self.port = self.listener.get_port()
        host = (self.keys / "host.pub").read_text()
        (self.keys / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host}")

    def cut(self) -> None:
        """Every connection breaks, as when a cable is pulled."""
        lines, self.lines = self.lines, []
        for line in lines:
            line.abort()

    def cut_at(self, request: str, number: int) -> None:
        """Every connection breaks instead of the *number*-th such request being done."""
        left = number

        def before(asked: str) -> None:
            nonlocal left
            if asked == request:
                left -= 1
                if left == 0:
                    self.cut()
                    raise asyncssh.SFTPFailure("the cable is pulled")

        self.before = before

    async def stop(self) -> None:
        self.cut()
        self.listener.close()
        await self.listener.wait_closed()

    def _watched(self, name: str, real: Any) -> Any:
        def asked(*arguments: Any) -> Any:
            self.before(name)
            return real(*arguments)

        return asked


def new_keys(folder: Path) -> None:
    """Ours, the host's, and what each side knows of the other."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ours", "host", "stranger"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / name)
        (folder / name).chmod(0o600)
        key.write_public_key(folder / f"{name}.pub")
    (folder / "authorized").write_bytes((folder / "ours.pub").read_bytes())


@asynccontextmanager
async def peered(root: Path) -> AsyncIterator[Peer]:
    """A peer with its two folders."""
    new_keys(root / "keys")
    peer = Peer(root / "peer", root / "keys")
    peer.make()
    await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()
        await asyncio.sleep(0)
