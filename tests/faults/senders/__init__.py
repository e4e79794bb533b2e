"""Agencies' systems that send: each through its own door, each with a journal of what it was told."""
