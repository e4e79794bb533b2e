"""The work that every processor of the bench does: the plans it is given, and what must come of them."""
