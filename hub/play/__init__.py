"""Scenarios: what would the hub do if, and is that what was expected (contract §12).

The one rule: producing and judging are apart. `run` asks the rules, a live run asks the topics; `judge` does not know which.
"""
