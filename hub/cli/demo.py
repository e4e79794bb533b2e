"""``hub demo``: start everything, play the sample day, print what came of it. On a terminal it stays until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.exits import Exit
from hub.cli.language import say
from hub.cli.output import note
from hub.local.discovery import HOME, Running

if TYPE_CHECKING:
    from hub.local.demo import Evening


@click.command(
    help=say(
        "启动整个枢纽,演一个示例日,打印结果。终端上保持运行,直到 Ctrl-C;DEMO=once 时演完即止。",
        "Start the whole hub, play a sample day, print what came of it. On a terminal it keeps running; DEMO=once ends it.",
    )
)
def demo() -> None:
    """Exit 0 if everything the sample day expects has happened."""
    raise SystemExit(
        asyncio.run(_demo(stay=sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("DEMO") != "once"))
    )


async def _demo(*, stay: bool) -> int:
    from hub.cli.start import hosted, starting, supervisor  # noqa: PLC0415 - the verb loads all this, its help does not
    from hub.local.demo import play_day  # noqa: PLC0415
    from hub.local.dev import KAFKA  # noqa: PLC0415
    from hub.local.kafka import LocalKafka  # noqa: PLC0415
    from hub.local.ports import free_ports  # noqa: PLC0415
    from hub.local.topics import installed  # noqa: PLC0415
    from hub.settings import Settings  # noqa: PLC0415

    began = time.monotonic()
    settings, data = Settings(), Path(HOME) / "demo"
    note(say("开发模式,不得用于生产", "development mode, not for production"))
    (gateway_port,) = free_ports(1)
    with starting():
        here = installed(settings)
        topics = here.topics("local")
        shutil.rmtree(data, ignore_errors=True)
        kafka = LocalKafka(data / KAFKA, java=settings.local.java, libs=settings.kafka_libs)
        whole = supervisor(data, topics, gateway_port, kafka=kafka)

        async def use(running: Running) -> Exit:
            note(
                say(
                    f"✔ 就绪 {time.monotonic() - began:.1f} s,示例日开始",
                    f"✔ ready in {time.monotonic() - began:.1f} s; the sample day begins",
                )
            )
            evening = await play_day(running, topics, here.reference, data / "drop", note)
            _print(evening, time.monotonic() - began)
            if stay and not evening.failures:
                _show_where(running.gateway, running.bootstrap, data)
                await whole.until_stopped()
            return Exit.FINDINGS if evening.failures else Exit.OK

        return await hosted(whole, use)


def _print(evening: Evening, seconds: float) -> None:
    line = "  {:<14} {:>4}   {:>4}   {:>4}"
    click.echo(say("\n示例日 · 各系统", "\nThe sample day, by system"))
    click.echo(line.format("", say("报送", "sent"), say("受理", "took"), say("收到", "got")))
    for party in sorted(set(evening.sent) | {party for party, count in evening.received.items() if count > 1}):
        click.echo(
            line.format(party, evening.sent[party] or "", evening.accepted[party] or "", evening.received[party] or "")
        )
    click.echo(say("\n结果", "\nWhat came of it"))
    avoided = evening.plans - evening.visits
    click.echo(
        say(
            f"  检查计划 {evening.plans} → 入企 {evening.visits} 次,减少 {avoided} 次",
            f"  plans {evening.plans} → visits {evening.visits}, {avoided} avoided",
        )
    )
    click.echo(
        say(
            f"  移送线索 {evening.leads_sent} → 公安回执 {evening.receipts_back}",
            f"  leads sent {evening.leads_sent} → receipts back {evening.receipts_back}",
        )
    )
    states = "  ".join(f"{state} {count}" for state, count in sorted(evening.clocks.items()))
    click.echo(say(f"  法定期限 {states}", f"  statutory clocks {states}"))
    refused = ", ".join(f"{fact}: {code}" for fact, code in evening.refused)
    click.echo(
        say(
            f"  退回 {len(evening.refused)} 件({refused}),死信 {evening.dead_letters} 封",
            f"  refused {len(evening.refused)} ({refused}), dead letters {evening.dead_letters}",
        )
    )
    click.echo(
        say(
            f"  以各单位格式写出的文件 {evening.files_out} 个",
            f"  files written in the parties' own dialects {evening.files_out}",
        )
    )
    for failure in evening.failures:
        click.echo(f"  ✗ {failure}")
    verdict = say("与预期不符", "not as expected") if evening.failures else say("一切如预期", "all as expected")
    click.echo(f"\n{'✗' if evening.failures else '✔'} {verdict} · {seconds:.1f} s")


def _show_where(gateway: str, bootstrap: str, data: Path) -> None:
    note(
        say(
            "\n枢纽仍在运行,Ctrl-C 停止。另开一个终端看看:",
            "\nThe hub keeps running; Ctrl-C stops it. In another terminal:",
        )
    )
    for command, zh, en in (
        ("hub lead list", "线索与期限", "leads and their periods"),
        ("hub lag", "各读者的积压", "how far each reader is behind"),
        ("hub dlq list", "死信与原因", "dead letters and why"),
        ("hub play --live tests/scenarios/L04.yaml", "让一个场景走过真实的枢纽", "a scenario through the running hub"),
    ):
        note(f"  .venv/bin/{command:<42} {say(zh, en)}")
    note(f"  {say('投放目录', 'drop folder')} {data / 'drop'}   {say('网关', 'gateway')} {gateway}   Kafka {bootstrap}")
