"""`hub dev`: the whole hub on this machine with one word. One rule: it says what is not for production, every time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.local.discovery import HOME, Running, find_home, find_running

_KAFKA_PORT = 9092
_GATEWAY_PORT = 8081


@click.group(
    invoke_without_command=True,
    help=say(
        "在本机启动整个枢纽:Kafka、主题、代理、网关、连接器。数据保留在 --data-dir。",
        "Start the whole hub on this machine: Kafka, topics, agents, gateway, connectors. Data is kept in --data-dir.",
    ),
)
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path(HOME) / "data", show_default=True
)
@click.option("--fresh", is_flag=True, help=say("先清空数据目录", "Remove the data first"))
@click.option("--port", type=int, default=_GATEWAY_PORT, show_default=True, help=say("网关端口", "The gateway's port"))
@click.option("--kafka-port", type=int, default=_KAFKA_PORT, show_default=True, help=say("Kafka 端口", "Kafka's port"))
@click.option("--no-kafka", is_flag=True, help=say("不启动 Kafka,使用 --bootstrap", "Start no Kafka, use --bootstrap"))
@click.option("--bootstrap", help=say("使用已有的集群(含 --no-kafka)", "Use this cluster (implies --no-kafka)"))
@click.option("--java", type=click.Path(path_type=Path, exists=True), help=say("Java 17 或更新", "Java 17 or newer"))
@click.option(
    "--kafka-libs",
    type=click.Path(path_type=Path, exists=True),
    help=say("Kafka 的 jar 目录", "Folder of Kafka's jars"),
)
@click.option(
    "--workers",
    type=click.Choice(["one", "per-agent"]),
    default="one",
    show_default=True,
    help=say("一个进程跑全部代理,或每个代理一个", "One process for all agents, or one for each"),
)
@click.option(
    "--headless",
    is_flag=True,
    help=say("不打印地址表,就绪后只在标准输出打印一行 JSON", "No table: one line of JSON on stdout when ready"),
)
@click.pass_context
def dev(ctx: click.Context, /, **options: Any) -> None:
    """Run until a signal; the sub-commands talk to one that runs."""
    if ctx.invoked_subcommand is None:
        ctx.exit(asyncio.run(_run(**options)))


@dev.command(help=say("停止本目录正在运行的枢纽", "Stop the hub that runs here"))
def stop() -> None:
    from hub.local.dev import stop_supervisor  # noqa: PLC0415 - `status` and `--help` start without the Kafka client

    pid = asyncio.run(stop_supervisor(find_home() or Path(HOME)))
    if pid is None:
        raise Failed(Exit.NOT_FOUND, say("没有正在运行的枢纽", "no hub is running here"))
    note(say(f"已停止 (pid {pid})", f"stopped (pid {pid})"))


@dev.command(help=say("本目录正在运行的枢纽的进程", "Processes of the hub that runs here"))
@output_option
@click.pass_context
def status(ctx: click.Context, output: str) -> None:
    from hub.local.child import alive  # noqa: PLC0415

    running = find_running()
    if running is None:
        raise Failed(Exit.NOT_FOUND, say("没有正在运行的枢纽", "no hub is running here"))
    items = [{"name": name, "pid": pid, "alive": alive(pid)} for name, pid in running.processes.items()]
    emit(
        "ProcessList",
        items,
        output,
        columns={"name": say("进程", "process"), "pid": "pid", "alive": say("存活", "alive")},
    )
    note(f"Kafka {running.bootstrap} · {say('网关', 'gateway')} {running.gateway}")
    ctx.exit(Exit.OK if all(item["alive"] for item in items) else Exit.UNHEALTHY)


@dev.command(
    help=say(
        "预先完成首次启动的工作:取 jar、格式化、类归档", "Do now what a first start would: jars, format, class archive"
    )
)
def prepare() -> None:
    from hub.local.kafka import prepare as prepare_kafka  # noqa: PLC0415
    from hub.settings import Settings  # noqa: PLC0415

    settings = Settings()
    seconds = asyncio.run(prepare_kafka(java=settings.local.java, libs=settings.kafka_libs))
    note(say(f"✔ 就绪,用时 {seconds:.1f} s", f"✔ prepared in {seconds:.1f} s"))


async def _run(
    *,
    data_dir: Path,
    fresh: bool,
    port: int,
    kafka_port: int,
    no_kafka: bool,
    bootstrap: str | None,
    java: Path | None,
    kafka_libs: Path | None,
    workers: str,
    headless: bool,
) -> int:
    from hub.cli.start import hosted, starting, supervisor  # noqa: PLC0415 - the Kafka client is loaded by the verb, not by its help
    from hub.local.dev import KAFKA, AlreadyRunning, clear, supervisor_of  # noqa: PLC0415
    from hub.local.kafka import LocalKafka  # noqa: PLC0415
    from hub.local.topics import load_topics  # noqa: PLC0415
    from hub.settings import Settings  # noqa: PLC0415

    began = time.monotonic()
    settings = Settings()
    outside = bootstrap or (settings.kafka.bootstrap if no_kafka else None)
    with starting():
        if (pid := supervisor_of(Path(HOME))) is not None:
            raise AlreadyRunning(pid)
        if no_kafka and not outside:
            raise click.UsageError(
                say(
                    "--no-kafka 需要 --bootstrap 或 HUB_KAFKA__BOOTSTRAP",
                    "--no-kafka needs --bootstrap or HUB_KAFKA__BOOTSTRAP",
                )
            )
        note(say("开发模式,不得用于生产", "开发模式,不得用于生产 · development mode, not for production"))
        if fresh:
            await clear(data_dir)
        kafka = None
        if outside is None:
            kafka = LocalKafka(
                data_dir / KAFKA,
                port=_free(kafka_port, "Kafka"),
                java=java or settings.local.java,
                libs=kafka_libs or settings.kafka_libs,
            )
        whole = supervisor(
            data_dir, load_topics(settings, "local"), _free(port, say("网关", "gateway")),
            kafka=kafka, bootstrap=outside, agents=_agents(workers),
        )  # fmt: skip

        async def use(running: Running) -> None:
            _tell(running, time.monotonic() - began, headless=headless)
            await whole.until_stopped()

        return await hosted(whole, use)


def _tell(running: Running, seconds: float, *, headless: bool) -> None:
    """Where everything is."""
    note(say(f"✔ 就绪 {seconds:.1f} s", f"✔ ready in {seconds:.1f} s"))
    file = Path(HOME) / "dev.json"
    if headless:
        click.echo(f'{{"bootstrap": "{running.bootstrap}", "gateway": "{running.gateway}", "file": "{file}"}}')
    else:
        note(f"  {say('接入网关', 'gateway')}  {running.gateway}\n  Kafka     {running.bootstrap}\n  {file}")


def _agents(workers: str) -> tuple[str, ...]:
    if workers == "one":
        return ()
    from hub.agents.install import AGENTS  # noqa: PLC0415 - Faust is loaded for its names only when asked

    return AGENTS


def _free(port: int, what: str) -> int:
    from hub.local.ports import next_free  # noqa: PLC0415

    found = next_free(port)
    if found != port:
        note(say(f"! {what} 端口 {port} 已被占用,改用 {found}", f"! {what}: port {port} is taken, using {found}"))
    return found
