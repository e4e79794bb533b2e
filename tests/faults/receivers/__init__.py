"""Agencies' systems that receive: each remembers durably what it has done, and does nothing twice."""
