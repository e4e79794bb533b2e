"""What a bureau's sample probably means: its form, its event, where each field goes. `sketch` is the way in.

The one rule: everything here is pure, and every guess carries its confidence and its reason; what is unsure is said to be.
"""

from connectors.guess.refusal import NotGuessed
from connectors.guess.sketch import Sketch, sketch

__all__ = ["NotGuessed", "Sketch", "sketch"]
