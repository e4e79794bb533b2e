"""The hub's edge: one folder per outside system, one per way of exchange. Only here do a peer's own shapes exist.

The one rule: what a system says is declared in its folder (`mapping.yaml`, `tables/`), and nothing behind this room knows it.
"""
