"""Webhook out: a party's deliveries pushed to its own server (Standard Webhooks 1.0). Read `retrying.py` and `sink.py` first."""

from connectors.webhook.connecting import Place, sinks_closed, webhook_connectors
from connectors.webhook.receivers import Receiver, ReceiversInvalid
from connectors.webhook.receivers import read as read_receivers
from connectors.webhook.sink import WebhookSink

__all__ = [
    "Place",
    "Receiver",
    "ReceiversInvalid",
    "WebhookSink",
    "read_receivers",
    "sinks_closed",
    "webhook_connectors",
]
