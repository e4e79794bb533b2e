"""Runs the dataflow as `python -m bytewax.run` does, with a recovery store that is made at the first start.

The one rule: the store is never made twice: on it a killed dataflow resumes.
"""

from __future__ import annotations

from datetime import timedelta

from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from main import bench, flow

if __name__ == "__main__":
    store = bench.folder / "recovery"
    if not store.exists():
        store.mkdir(parents=True)
        init_db_dir(store, 1)
    cli_main(flow, epoch_interval=timedelta(seconds=bench.commit_seconds), recovery_config=RecoveryConfig(store))
