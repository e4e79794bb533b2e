"""Where a webhook may go: the guard against being made to call what we should not (SSRF).

The one rule: a host name is resolved once, every address it has is judged, and the connection goes to an address that was
judged; the name is only the TLS name. Private networks are open to one receiver at a time, by CIDR in its own entry.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
#: IPv6 forms that carry an IPv4 address in them: judged by what they carry.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_SHARED: Final = ipaddress.ip_network("100.64.0.0/10")  # carrier-grade NAT, and cloud metadata of some providers
_FIRST_FREE_PORT: Final = 1024


class Forbidden(Exception):
    """This address is not called, now or ever, as the receiver is registered."""


@dataclass(frozen=True, slots=True)
class Target:
    """A registered address, taken apart once."""

    scheme: str
    host: str
    port: int
    path: str  #: with the query

    @property
    def host_header(self) -> str:
        """As in the header ``Host``."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == {"http": 80, "https": 443}[self.scheme] else f"{name}:{self.port}"


def read_url(url: str, *, dev: bool) -> Target:
    """Take *url* apart. Raise `Forbidden` for what cannot be a receiver's address."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (dev and parts.scheme == "http"):
        raise Forbidden("须为 https / only https")
    if "@" in parts.netloc or parts.fragment or not url.isascii() or any(c.isspace() or c == "\\" for c in url):
        raise Forbidden(
            "地址中不得有用户名、片段、空白或非 ASCII 字符 / no user, fragment, blank or non-ASCII character"
        )
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Forbidden("端口有误 / wrong port") from None
    if port not in {80, 443} and port < _FIRST_FREE_PORT:
        raise Forbidden(f"端口 {port} 属于别的服务 / port {port} belongs to another service")
    if not _is_address(host):
        # 0x7f.1, 017700000001, 2130706433: addresses in disguise, which resolvers take for numbers
        last = host.rpartition(".")[2]
        if not _HOST.fullmatch(host) or last.isdigit() or last.startswith("0x"):
            raise Forbidden(f"主机名有误: {host[:80]} / not a host name")
    return Target(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of *host*. Raise OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def checked_address(target: Target, networks: Sequence[Network], *, dev: bool, resolving: Resolve) -> str:
    """The address to connect to. Raise `Forbidden` if any address of the host may not be called, OSError if it has none."""
    given = [target.host] if _is_address(target.host) else await resolving(target.host, target.port)
    if not given:
        raise OSError(f"{target.host} has no address")
    for text in given:
        if not may_call(ipaddress.ip_address(text.partition("%")[0]), networks, dev=dev):
            raise Forbidden(
                f"{target.host} 指向不允许的地址 {text};内网地址须在该接收方的 networks 中登记"
                f" / {target.host} is {text}, which may not be called; private networks are listed in the receiver's `networks`"
            )
    return str(given[0])


def may_call(address: Address, networks: Sequence[Network], *, dev: bool) -> bool:
    """May this address be called? Loopback in development only; link-local (metadata), multicast and reserved never."""
    inner = _carried(address)
    if inner is not None:
        return may_call(inner, networks, dev=dev)
    if address.is_loopback:
        return dev
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if address.is_global and address not in _SHARED:
        return True
    return any(address in network for network in networks)


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
