"""Faust agents: each takes a batch from the engine, hands it to pure functions, and gives what follows back to the batch."""
