"""`python -m hub` and the command `hub`. One rule: nothing is imported here that a verb may not need."""

from __future__ import annotations

from hub.cli.main import main

if __name__ == "__main__":
    main()
