"""Exchange by courier: bundles of files carried by hand into a network that is joined to no other, receipts carried back.

The one rule: the carrier and the disc are trusted with nothing. What arrives is what was packed, from whom it says, whole, once
and in order, or it is refused with a code; and nothing about its content can be read on the way.
"""
