"""The hub's one language: events, parties, identifiers, periods. It imports nothing else of ours."""
