"""Fixtures for every test. One rule: what needs Kafka gets a real one."""

pytest_plugins = ["hub.testing"]
