"""Exit codes. One rule: a script can tell from the number alone what kind of thing happened."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click


class Exit(IntEnum):
    """What the numbers mean, for every verb."""

    OK = 0
    FINDINGS = 1  #: done, with findings: drift, failed tests, failed rows
    USAGE = 2  #: usage, or nothing matched
    CONFIGURATION = 3
    UNREACHABLE = 4  #: Kafka, registry, database
    NOT_FOUND = 5
    INCOMPATIBLE = 6  #: contract
    UNHEALTHY = 10
    BUG = 70  #: in the hub; a report file says more


class Failed(click.ClickException):
    """End with *code* after saying *message* on stderr."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.exit_code = int(code)

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file, err=file is None)
