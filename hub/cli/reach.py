"""Which cluster a verb talks to, and what it says when nobody answers there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import click
from aiokafka.errors import KafkaConnectionError

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.local.discovery import NoCluster

_Function = TypeVar("_Function", bound=Callable[..., Any])


def bootstrap_option(function: _Function) -> _Function:
    """``--bootstrap`` for a verb that takes the argument *bootstrap*."""
    return click.option(
        "--bootstrap",
        default=None,
        help=say("Kafka 地址;默认为正在运行的 hub dev", "Kafka; default: the hub dev that runs here"),
    )(function)


class Reaching(Protocol):
    """Whoever knows the cluster of this installation."""

    def bootstrap(self, flag: str | None = None) -> str:
        """Raise `NoCluster`."""


@contextmanager
def reaching(here: Reaching, flag: str | None) -> Iterator[str]:
    """The address of the cluster; exit 3 if there is none, 4 if it does not answer."""
    try:
        yield here.bootstrap(flag)
    except NoCluster as nobody:
        raise Failed(Exit.CONFIGURATION, say("没有运行中的枢纽:请先 hub dev,或给出 --bootstrap", str(nobody))) from None
    except KafkaConnectionError as error:
        raise Failed(Exit.UNREACHABLE, say(f"连接不到 Kafka: {error}", f"Kafka does not answer: {error}")) from None
