"""The HTTP door: facts and records in, deliveries out, for systems that do not speak Kafka.

The one rule: a 202 means that the broker has acknowledged every accepted event. Whatever is not known to be there is
answered with 503, and asking again with the same key makes the same event, never a second one.
"""
