"""The hub as one processor of the bench."""
