"""What operators do: topics, lag, dead letters, traces. Nothing here decides anything about a case."""
