"""Exchange by files that lie with the peer, on its SFTP server.

The one rule: a remote file is moved to its last place only when its local copy is settled and its reports are over there. Killed
at any step before, the same file is brought again, and its rows have the same ids.
"""
