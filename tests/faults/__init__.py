"""The fault programme: a whole hub under seeded faults, judged by an auditor that knows nothing of it."""
