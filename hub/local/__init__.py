"""One machine: a real broker, the processes of the hub, and what they leave on disk. Nothing here is for production."""
