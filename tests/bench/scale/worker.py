"""One worker of the measurement: the agent inspections over an input and a state of the run's own.

`python -m tests.bench.scale.worker BOOTSTRAP RUN PARTITIONS`. The one rule: the agent is the hub's own, installed as the hub
installs it; only the names of its input and its state are the run's.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from hub import reference
from hub.agents.install import Lookups, agent
from hub.engine.batch import Batch
from hub.engine.settings import EngineSettings
from hub.engine.worker import create_app, install, run
from tests.agents.records import TOPICS

#: Several batches for each of 64 lanes, or all would be decided before the first is committed and counted.
_MOST = 200


def main(bootstrap: str, name: str, partitions: int) -> None:
    """Work until a signal comes."""
    flow, handle = agent("inspections", Lookups(TOPICS, reference.load()))
    flow = replace(flow, name=name, topics=(f"{name}.in",), shards=partitions, state_topic=f"{name}.state")
    app = create_app(name)
    channel = install(app, flow, EngineSettings(max_batch_records=_MOST), bootstrap)

    @app.agent(channel, concurrency=partitions)
    async def inspections(batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            with batch:
                handle(batch)

    run(app)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
