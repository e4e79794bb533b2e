"""A receiver that pulls through the gateway: read behind the cursor, keep, acknowledge, go on."""

from __future__ import annotations

import asyncio

import httpx

from tests.faults.receivers.inbox import Inbox


async def pull(base: str, token: str, inbox: Inbox) -> None:
    """Until cancelled. Whatever fails is tried again from the last acknowledged place."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=20) as http:
        while True:
            try:
                answer = await http.get("/v1/deliveries", params={"limit": 500, "wait": 2})
                if answer.status_code == httpx.codes.OK:
                    said = answer.json()
                    inbox.take((each["id"], each["type"], each["subject"]) for each in said["deliveries"])
                    if said["deliveries"]:
                        await http.post("/v1/deliveries/ack", json={"cursor": said["cursor"]})
                    continue
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.3)
