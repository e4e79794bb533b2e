"""Free loopback ports. One rule: nothing local ever listens on an address that another machine can reach."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether *port* can be listened on now, by the same rule a server uses (an old connection does not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """*count* different ports that the system says are free."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def next_free(port: int, *, tries: int = 100) -> int:
    """*port*, or the first free one after it."""
    for candidate in range(port, port + tries):
        if is_free(candidate):
            return candidate
    raise OSError(f"no free port from {port} to {port + tries - 1}")
