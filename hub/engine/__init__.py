"""The exactly-once engine: it moves a batch from the log through an agent and back in one transaction.

A process may be killed at any instant; nothing is lost and nothing is written twice. It knows no business word: records
in, records and keyed bytes out. `worker` is the way in, `batch` is what an agent sees, `lane` is the heart.
"""
