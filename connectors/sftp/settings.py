"""What a connection of kind ``sftp`` is told.

The one rule: nothing secret stands here, only where it lies; and there is no setting that trusts a host key unseen.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, field_validator, model_validator

from connectors.kind import KindSettings


class SftpSettings(KindSettings):
    """The peer's server, our key, and its two folders. `out_dir` is where the peer writes, `in_dir` where it reads."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1, max_length=128)
    key_file: Path  #: our private key, readable by nobody else
    passphrase_file: Path | None = None  #: its passphrase, on the first line
    known_hosts: Path  #: the peer's host key in OpenSSH's form, compared over another way
    root: str = "."  #: of both folders; relative to where the account arrives
    out_dir: str = "out"
    in_dir: str = "in"
    claim: Literal["rename", "copy"] = "rename"  #: copy: the peer lets us read `out_dir` only
    manifests: bool = False
    poll_seconds: float = Field(default=10.0, gt=0, le=86_400)
    quiet_seconds: float = Field(default=2.0, ge=0, le=3_600)  #: between two listings in which a file must be the same
    abandoned_seconds: float = Field(default=3_600.0, gt=0)  #: then what another hub claimed and left is taken over
    connect_seconds: float = Field(default=15.0, gt=0, le=300)
    answer_seconds: float = Field(default=30.0, gt=0, le=600)  #: for one request

    @field_validator("root", "out_dir", "in_dir")
    @classmethod
    def _within(cls, path: str) -> str:
        if not path or "\x00" in path or ".." in PurePosixPath(path).parts:
            raise ValueError("不得含 .. / must not be empty or climb")
        return path

    @model_validator(mode="after")
    def _two_folders(self) -> SftpSettings:
        out, into = PurePosixPath(self.out_dir), PurePosixPath(self.in_dir)
        if out == into:
            raise ValueError("out_dir 与 in_dir 须不同 / must be two folders")
        if find_spec("asyncssh") is None:
            raise ValueError("缺少 asyncssh: pip install 'enforcement-hub[sftp]' / the library asyncssh is needed")
        return self

    @property
    def place(self) -> str:
        """The server as a person names it."""
        return f"{self.host}:{self.port}"

    @property
    def out(self) -> PurePosixPath:
        """What the peer has for us."""
        return PurePosixPath(self.root) / self.out_dir

    @property
    def into(self) -> PurePosixPath:
        """What we have for the peer."""
        return PurePosixPath(self.root) / self.in_dir
