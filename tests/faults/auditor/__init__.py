"""The independent auditor: another Kafka client, its own decoder, nothing imported from the hub.

One rule: it believes only the log and the journals. What must be true follows from what senders were told, from what receivers
kept, and from the published contract (header names, ids, schemas); never from the code that is being judged.
"""
