"""Pure decisions. No file here reads a clock, a network, a disk or the environment; `hub play` runs them with nothing else."""
