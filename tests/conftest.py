"""Fixtures for every test, and how tests are shared between two processes. One rule: what needs Kafka gets a real one."""

import pytest

pytest_plugins = ["hub.testing"]

#: Folders whose tests share something dear, such as a whole running hub: they stay in one process.
TOGETHER = ("hub", "engine")


@pytest.hookimpl(tryfirst=True)  # before xdist writes the groups into the names
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file stay together, those of some folders too."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else str(item.path)))
