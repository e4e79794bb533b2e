"""Records in from a peer's outbox table, deliveries out into a peer's inbox table.

The one rule: the peer's own table says what was done. A row is marked there only after the log has it, so whoever reads the table
next, and the peer itself, knows where things stand.
"""
