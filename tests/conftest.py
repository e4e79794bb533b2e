"""Fixtures for every test, and how tests are shared between two processes. One rule: what needs Kafka gets a real one."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["hub.testing", "tests.connectors.databases"]

#: Folders whose tests share something dear, such as a whole running hub: they stay in one process, and begin first.
TOGETHER = ("tests/hub/", "tests/engine/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # the library is not annotated
    """The tests of a file stay together, those of some folders too."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Not ``--dist=loadgroup``: pytest-xdist 3.8 writes its groups where pytest 9.2 no longer looks for them."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dear folders first: they last longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(TOGETHER))
