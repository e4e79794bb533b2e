"""Programs that measure what a test cannot in a minute: `python -m tests.engine.scale.size`, `python -m tests.engine.scale.clocks`."""
