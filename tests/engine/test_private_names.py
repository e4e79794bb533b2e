"""Every private name of the library that the engine touches, so that an upgrade that moves one fails here and not at night."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError, RequestTimedOutError
from aiokafka.producer import sender
from aiokafka.producer.transaction_manager import TransactionManager, TransactionState
from aiokafka.record import default_records

from hub.engine import endtxn


def test_the_library_is_the_one_that_was_read() -> None:
    assert version("aiokafka") == "0.14.0"
    assert version("faust-streaming") == "0.15.3"
    assert version("mode-streaming") == "0.7.1"


@pytest.mark.parametrize("name", ["EndTxnHandler", "TxnOffsetCommitHandler", "AddOffsetsToTxnHandler"])
def test_the_handlers_are_shaped_as_replaced(name: str) -> None:
    handler = getattr(sender, name)
    assert issubclass(handler, sender.BaseHandler)
    assert list(inspect.signature(sender.BaseHandler.do).parameters) == ["self", "node_id"]
    assert inspect.iscoroutinefunction(sender.BaseHandler.do)
    for method in ("create_request", "handle_response", "handle_error"):
        assert callable(getattr(handler, method))
    assert handler.group == sender.ConnectionGroup.COORDINATION
    assert "self._default_backoff" in inspect.getsource(sender.BaseHandler.__init__)
    assert name in inspect.getsource(sender.Sender)  # looked up at call time, so replacing `do` on the class reaches it


def test_the_sender_reads_the_backoff_it_is_given() -> None:
    assert "return BACKOFF_OVERRIDE" in inspect.getsource(sender.AddPartitionsToTxnHandler)
    endtxn.send_once()
    assert sender.BACKOFF_OVERRIDE < 0.02
    assert "self._txn_manager = " in inspect.getsource(sender.Sender.__init__)
    assert "self.client = " in inspect.getsource(sender.Sender.__init__)


def test_a_node_that_is_not_ready_was_never_written_to() -> None:
    source = inspect.getsource(AIOKafkaClient.send)
    assert source.index("raise NodeNotReadyError") < source.index(".send(\n")
    assert "NodeNotReady" not in inspect.getsource(AIOKafkaConnection)


def test_a_record_batch_in_python_reads_text_out_of_slices_of_its_buffer() -> None:
    source = inspect.getsource(default_records._DefaultRecordBatchPy)
    assert "buffer = self._buffer" in source
    assert 'buffer[pos : pos + h_key_len].decode("utf-8")' in source
    assert "self._maybe_uncompress()" in inspect.getsource(default_records._DefaultRecordBatchPy.__iter__)


class Refusing:
    """A client whose every request fails with *error*."""

    def __init__(self, error: KafkaError) -> None:
        self._error = error

    async def send(self, *_: object, **__: object) -> None:
        raise self._error


class Endings:
    """What a sender is to its handlers."""

    _retry_backoff = 0.0

    def __init__(self, error: KafkaError) -> None:
        self.client = Refusing(error)
        self._txn_manager = TransactionManager("id", 1_000)
        self._txn_manager.set_pid_and_epoch(1, 1)
        self._txn_manager.begin_transaction()

    def _coordinator_dead(self, _: Any) -> None:
        pass


HANDLERS = {
    "end": lambda endings: sender.EndTxnHandler(endings, True),
    "offsets": lambda endings: sender.TxnOffsetCommitHandler(endings, {}, "group"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", HANDLERS)
@pytest.mark.parametrize("error", [RequestTimedOutError(), KafkaConnectionError("broken")])
async def test_a_request_without_an_answer_finishes_the_producer(kind: str, error: KafkaError) -> None:
    endtxn.send_once()
    endings = Endings(error)
    assert await HANDLERS[kind](endings).do(0)
    assert endings._txn_manager.state is TransactionState.FATAL_ERROR
    assert endings._txn_manager.wait_for_transaction_end().exception() is error


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", HANDLERS)
async def test_a_request_never_written_is_sent_again(kind: str) -> None:
    endtxn.send_once()
    endings = Endings(NodeNotReadyError())
    assert not await HANDLERS[kind](endings).do(0)
    assert endings._txn_manager.state is TransactionState.IN_TRANSACTION
