"""How the hub grows: each cost against one size, with the exponent of its growth."""
