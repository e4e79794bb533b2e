"""Exchange by files: what a system writes is taken from `inbox/`, what it shall read is put into `outbox/`.

The one rule: a file is in exactly one folder at any instant, and every step can be done again after a kill with the same result.
"""

from connectors.filedrop.folders import Folders
from connectors.filedrop.inbox import FileSource
from connectors.filedrop.outbox import FileSink

__all__ = ["FileSink", "FileSource", "Folders"]
