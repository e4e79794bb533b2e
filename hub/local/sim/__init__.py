"""The simulators (`hub sim`): each outside system as an actor that behaves like the real one, through public doors only.

    behaviour.yaml ──► actor ──► letter ──► door ──► the hub
      (beside each       ▲     (its dialect)            │
       system's mapping) └──────── heard ◄── door ◄─────┘

The one rule: a simulator knows what its system would know: its own records, what was delivered to it, and the calendar.
"""
