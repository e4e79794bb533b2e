"""Bytes to values and back: Avro with the Confluent header, CloudEvents envelopes, the embedded schema registry.

The one rule: foreign bytes that are not what they claim to be raise `Unreadable` and nothing else.
"""
