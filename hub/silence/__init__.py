"""Is a system unusually quiet for the hour? `usual` and `verdict` decide it, `hours` reads the log, `watch` keeps looking.

The one rule: silence is judged by what the same hours of comparable days were like, never by a fixed number of minutes.
"""
