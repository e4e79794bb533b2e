"""How much one gateway on one core accepts, and how long a sender waits for its answer.

The one rule: what is measured is what an operator runs: `hub serve gateway`, acks=all, a key with every request, quotas
wide but in force. Every event that was answered with a 202 is looked for in the log afterwards, and must be there once.
"""
