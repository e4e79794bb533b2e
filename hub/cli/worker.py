"""``hub serve worker``: one process with some or all of the agents."""

from __future__ import annotations

import click

from hub.agents.health import serve_health
from hub.agents.install import AGENTS, Lookups, install_agents
from hub.boot import hub
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.engine.settings import EngineSettings
from hub.engine.store_rocks import RocksMissing, require_rocksdict
from hub.engine.worker import create_app, run
from hub.telemetry import configure


@click.command()
@click.option(
    "--agent", "agents", multiple=True, type=click.Choice(AGENTS), help=say("只运行这些代理", "Run these agents only")
)
@click.option("--health-port", type=int, default=0, help=say("健康检查端口", "Port of /livez and /readyz"))
@click.option(
    "--slot",
    default="",
    help=say("固定席位名,重启后立即接回分区", "Static membership: a killed worker takes its lanes back at once"),
)
@click.option("--bootstrap", default=None, help=say("Kafka 地址", "Kafka bootstrap servers"))
def worker(agents: tuple[str, ...], health_port: int, slot: str, bootstrap: str | None) -> None:
    """Run agents 运行代理."""
    here = hub()
    configure(here.settings.log_level)
    app = create_app("hub-worker")
    settings = EngineSettings(
        group_instance_id=slot,
        state_store=here.settings.state_store,
        state_folder=here.settings.state_dir / "engine",
        max_batch_records=here.settings.engine.max_batch_records,
        linger_ms=here.settings.engine.linger_ms,
    )
    if settings.state_store == "rocksdb":
        try:
            require_rocksdict()
        except RocksMissing as missing:
            raise Failed(Exit.CONFIGURATION, str(missing)) from None
    lookups = Lookups(here.topics, here.reference, virtual_time=here.settings.dev)
    install_agents(app, agents or AGENTS, lookups, settings, here.bootstrap(bootstrap))
    if health_port:
        serve_health(app, health_port)
    run(app)
