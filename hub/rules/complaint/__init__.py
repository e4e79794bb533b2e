"""Complaints 投诉举报: whom a ticket belongs to and by when it must be accepted, decided, answered (contract §8).

The one rule: the original department 原主管部门 and the territory 属地 own a ticket, the brigade never does (筑51 二);
who owns it is read from the ticket or decided by the joint conference, never guessed.
"""

from hub.rules.complaint.aggregate import ComplaintAggregate

COMPLAINT = ComplaintAggregate()

__all__ = ["COMPLAINT", "ComplaintAggregate"]
