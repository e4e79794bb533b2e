"""One try: a signed POST to an address that was checked, and what came of it.

The one rule: whatever the other side does ends in an `Answer` within the limits; its words are never passed on.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from connectors.webhook.addresses import Forbidden, Network, Resolve, Target, checked_address, resolve
from connectors.webhook.retrying import Answer

_REDIRECT: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one try may take."""

    total_seconds: float = 20.0
    connect_seconds: float = 5.0
    reply_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificates count: the system's authorities or only those of *ca*; ours, if the receiver asks for one."""

    ca: Path | None = None
    client_certificate: Path | None = None  #: PEM: certificate and key

    def context(self) -> ssl.SSLContext:
        """Verification is always on. Raise OSError if a file cannot be read."""
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.client_certificate is not None:
            context.load_cert_chain(self.client_certificate)
        return context


class Poster:
    """Posts to one receiver. Closing it closes the connection."""

    def __init__(
        self,
        target: Target,
        networks: Sequence[Network] = (),
        trust: Trust = Trust(),
        *,
        dev: bool = False,
        limits: Limits = Limits(),
        resolving: Resolve = resolve,
    ) -> None:
        self._target, self._networks, self._dev = target, networks, dev
        self._trust, self._limits, self._resolving = trust, limits, resolving
        self._client: httpx.AsyncClient | None = None

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what the network or the receiver does."""
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                address = await checked_address(self._target, self._networks, dev=self._dev, resolving=self._resolving)
                return await self._post(address, body, headers)
        except Forbidden as error:
            return Answer(0, f"forbidden: {error}")
        except TimeoutError:
            return Answer(0, f"no complete answer within {self._limits.total_seconds:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Answer(0, f"{type(error).__name__}: {error}"[:200])

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        target = self._target
        place = f"[{address}]" if ":" in address else address
        request = self._opened().stream(
            "POST",
            f"{target.scheme}://{place}:{target.port}{target.path}",
            content=body,
            headers={**headers, "host": target.host_header, "accept-encoding": "identity"},
            # The certificate must be that of the registered name, though the connection goes to the checked address.
            extensions={"sni_hostname": target.host},
        )
        async with request as response:
            digest, length = hashlib.sha256(), 0
            async for part in response.aiter_raw():
                length += len(part)
                if length > self._limits.reply_bytes:
                    return Answer(0, f"HTTP {response.status_code}: reply longer than {self._limits.reply_bytes} bytes")
                digest.update(part)
        reason = "" if response.is_success else f"HTTP {response.status_code}"
        if response.status_code in _REDIRECT:
            reason += ": a redirect is not followed; register the new address"
        return Answer(response.status_code, reason, response.headers.get("retry-after", "")[:100], digest.hexdigest())

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=self._trust.context() if self._target.scheme == "https" else False,
                trust_env=False,  # no proxy and no certificate of the environment stands between us and the checked address
                follow_redirects=False,
                timeout=httpx.Timeout(self._limits.total_seconds, connect=self._limits.connect_seconds),
                limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=20.0),
            )
        return self._client
