"""A request that ends or moves a transaction is sent once: if its answer does not come, the producer is finished.

The library (aiokafka 0.14.0) repeats EndTxn when the answer is late or the connection breaks. The first copy may still be
under way. Held up for a few seconds and delivered inside the *next* transaction, which has the same producer epoch, it ends
that one: an aborted write becomes visible, or part of a transaction is lost although its commit was answered with success.
Both were seen to happen. A late TxnOffsetCommit, likewise, would set back the offset of the transaction it lands in.

One rule: only a request that was never written may be repeated. Any other failure is fatal to the producer; the process
ends, and its successor's start raises the epoch, which fences the late copy.

This file and `committed.py` are the two places that reach into private parts of the library, and
`tests/engine/test_private_names.py` holds every name they touch.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.producer import sender

#: The library waits so long when a transaction begins before the markers of the last one are written (20 ms there).
#: They are written within about two.
_NEXT_TRANSACTION_BACKOFF_SECONDS = 0.003


async def _do_once(self: Any, node_id: int) -> bool:
    """What `BaseHandler.do` does, without its retries after the request was written."""
    request = self.create_request()
    try:
        response = await self._sender.client.send(node_id, request, group=self.group)
    except NodeNotReadyError:  # raised before anything is written
        await asyncio.sleep(self.handle_error())
        return False
    except KafkaError as error:
        self._sender._txn_manager.fatal_error(error)  # noqa: SLF001 - see above
        return True
    backoff = self.handle_response(response)
    if backoff is None:
        return True
    await asyncio.sleep(backoff)  # an answer came and said "not now": nothing of it is under way any more
    return False


async def _add_offsets(self: Any, node_id: int) -> bool:
    """The library's way, only that "the last transaction is not through yet" is asked again soon."""
    self._default_backoff = _NEXT_TRANSACTION_BACKOFF_SECONDS
    return bool(await sender.BaseHandler.do(self, node_id))


def send_once() -> None:
    """Make the transactions of this process obey the rule. Calling it again changes nothing."""
    sender.EndTxnHandler.do = _do_once  # type: ignore[method-assign]
    sender.TxnOffsetCommitHandler.do = _do_once  # type: ignore[method-assign]
    sender.AddOffsetsToTxnHandler.do = _add_offsets  # type: ignore[method-assign]
    sender.BACKOFF_OVERRIDE = _NEXT_TRANSACTION_BACKOFF_SECONDS
