"""`hub topics`: what topics.yaml says, how a cluster differs, and making it so. One rule: dry until `--yes`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option

if TYPE_CHECKING:
    from hub.ops.plan import Cluster, Plan
    from hub.topics import Topic, Topics

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SIGNS = {"ADD": "+", "UPDATE": "~", "REMOVE": "−"}


def _bootstrap_option(function: _Function) -> _Function:
    return click.option(
        "--bootstrap", help=say("集群地址;默认为本目录运行的枢纽", "The cluster; default: the hub that runs here")
    )(function)


@click.group(help=say("主题:清单、计划、应用。", "Topics: list, plan, apply."))
def topics() -> None:
    """Topics."""


@topics.command("list", help=say("topics.yaml 中的全部主题", "Every topic of topics.yaml"))
@click.argument("pattern", default="*")
@output_option
def list_topics(pattern: str, output: str) -> None:
    from fnmatch import fnmatchcase  # noqa: PLC0415

    items = [_item(topic) for topic in _load()[0].all() if fnmatchcase(topic.name, pattern)]
    if not items:
        raise Failed(Exit.USAGE, say(f"没有主题匹配 {pattern}", f"no topic matches {pattern}"))
    emit("TopicList", items, output, columns=_COLUMNS, wide=_WIDE)
    note(say(f"{len(items)} 个主题", f"{len(items)} topics"))


@topics.command(
    help=say("一个主题:应有的样子、谁可读写、集群上的现状", "One topic: as it shall be, who may use it, as it is")
)
@click.argument("name")
@_bootstrap_option
@output_option
def describe(name: str, bootstrap: str | None, output: str) -> None:
    from hub.local.discovery import NoCluster  # noqa: PLC0415
    from hub.topics import UnknownTopic  # noqa: PLC0415

    known, settings = _load()
    try:
        item = _item(known[name])
    except UnknownTopic as unknown:
        raise Failed(Exit.NOT_FOUND, str(unknown)) from None
    users = [known.rights(party) for party in known.parties()]
    item["writers"] = [each.party for each in users if name in each.produces] or ["HUB"]
    item["readers"] = [*(each.party for each in users if name in each.consumes), "HUB"]
    try:
        found = _read(_address(bootstrap, settings)).topics.get(name)
    except NoCluster:
        note(say("没有集群:只显示文件", "no cluster: the file only"))
    else:
        item["actual"] = found and {
            "partitions": found.partitions,
            "replicationFactor": found.replication_factor,
            "underReplicated": found.under_replicated,
            "leaderless": found.leaderless,
            "settings": {key: found.settings[key] for key in sorted(found.explicit | set(item["settings"]))},
        }
    if output == "table":
        rows = [{"key": key, "value": value} for key, value in item.items()]
        emit("Topic", rows, output, columns={"key": say("项", "item"), "value": say("值", "value")})
    else:
        emit("TopicList", [item], output, columns=_COLUMNS, wide=_WIDE)


@topics.command(help=say("集群与 topics.yaml 的差别;有差别时退出码为 1", "What apply would change; exit 1 if anything"))
@_bootstrap_option
@output_option
@click.pass_context
def plan(ctx: click.Context, bootstrap: str | None, output: str) -> None:
    known, settings = _load()
    change = _plan(known, _cluster(bootstrap, settings), settings)
    _show(change, output)
    ctx.exit(Exit.OK if change.empty else Exit.FINDINGS)


@topics.command(
    help=say(
        "使集群与 topics.yaml 一致。只新增和修改;从不删除主题或分区。--yes 之前只是演练。",
        "Make the cluster as topics.yaml says. It adds and changes; it never deletes a topic or a partition. Dry until --yes.",
    )
)
@_bootstrap_option
@click.option("--yes", "--execute", "really", is_flag=True, help=say("执行", "Carry it out"))
@output_option
@click.pass_context
def apply(ctx: click.Context, bootstrap: str | None, really: bool, output: str) -> None:
    from hub.local.discovery import NoCluster  # noqa: PLC0415
    from hub.ops.cluster import NotApplied, Unreachable  # noqa: PLC0415
    from hub.ops.cluster import apply as carry_out  # noqa: PLC0415

    known, settings = _load()
    change = _plan(known, _cluster(bootstrap, settings), settings)
    _show(change, output)
    if change.empty:
        ctx.exit(Exit.OK)
    if not really:
        note(say("以上为演练;加 --yes 执行", "this was a dry run; --yes carries it out"))
        ctx.exit(Exit.FINDINGS)
    try:
        asyncio.run(carry_out(_address(bootstrap, settings), change))
    except NotApplied as refused:
        raise Failed(Exit.FINDINGS, str(refused)) from None
    except (Unreachable, NoCluster) as gone:
        raise Failed(Exit.UNREACHABLE, str(gone)) from None
    note(say(f"✔ 已应用 {len(change.changes)} 项", f"✔ {len(change.changes)} changes applied"))


@topics.command(
    help=say(
        "逐主题比较,包括多余的主题和副本健康;有差别时退出码为 1",
        "Compare topic by topic, unlisted ones and replicas too",
    )
)
@_bootstrap_option
@output_option
@click.pass_context
def diff(ctx: click.Context, bootstrap: str | None, output: str) -> None:
    known, settings = _load()
    cluster = _cluster(bootstrap, settings)
    change = _plan(known, cluster, settings)
    items = [
        *({"name": each.name, "what": _SIGNS[each.action], "detail": _detail(each)} for each in change.changes),
        *({"name": each.name, "what": "✘", "detail": each.reason} for each in change.refused),
        *(
            {"name": name, "what": "?", "detail": say("不在 topics.yaml 中", "not in topics.yaml")}
            for name in change.unlisted
        ),
        *(
            {
                "name": name,
                "what": "!",
                "detail": f"under-replicated {found.under_replicated}, leaderless {found.leaderless}",
            }
            for name, found in cluster.topics.items()
            if found.under_replicated or found.leaderless
        ),
    ]
    columns = {"what": " ", "name": say("主题", "topic"), "detail": say("差别", "difference")}
    emit("TopicDifferenceList", items, output, columns=columns)
    ctx.exit(Exit.FINDINGS if items else Exit.OK)


@topics.command(help=say("由各单位的权利得出的 Kafka ACL", "Kafka ACLs, derived from the rights of the parties"))
@click.option("--party", help=say("单位代码", "Code of a party"))
@output_option
def acls(party: str | None, output: str) -> None:
    from dataclasses import asdict  # noqa: PLC0415

    from hub.topics import UnknownTopic  # noqa: PLC0415

    known, _ = _load()
    try:
        found = known.rights(party.upper()).acls() if party else known.acls()
    except UnknownTopic as unknown:
        raise Failed(Exit.NOT_FOUND, str(unknown)) from None
    columns = {key: key for key in ("principal", "operation", "resource", "pattern", "name")}
    emit("AclList", [asdict(acl) for acl in found], output, columns=columns)


def _columns() -> tuple[Mapping[str, str], Mapping[str, str]]:
    return (
        {
            "name": say("主题", "topic"),
            "partitions": say("分区", "partitions"),
            "key": say("键", "key"),
            "retention": say("保留", "retention"),
            "classification": say("密级", "classification"),
            "lagObjectiveSeconds": say("积压目标(秒)", "lag objective (s)"),
        },
        {"schema": say("契约", "schema"), "owner": say("归属", "owner"), "why": say("为何", "why")},
    )


_COLUMNS, _WIDE = _columns()


def _item(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "partitions": topic.partitions,
        "replicationFactor": topic.replication_factor,
        "key": topic.key,
        "retention": None if topic.retention is None else f"P{topic.retention.days}D",
        "settings": dict(topic.settings),
        "schema": topic.schema,
        "compatibility": topic.compatibility,
        "owner": topic.owner,
        "classification": topic.classification,
        "lagObjectiveSeconds": topic.lag_objective_seconds,
        "why": topic.why,
    }


def _load() -> tuple[Topics, Any]:
    from pydantic import ValidationError  # noqa: PLC0415

    from hub.local.discovery import find_home  # noqa: PLC0415
    from hub.local.topics import load_topics  # noqa: PLC0415
    from hub.settings import Settings  # noqa: PLC0415
    from hub.topics import TopicsInvalid  # noqa: PLC0415

    try:
        settings = Settings()
        local = settings.kafka.bootstrap is None and find_home() is not None
        return load_topics(settings, settings.environment or ("local" if local else None)), settings
    except (TopicsInvalid, ValidationError) as wrong:
        raise Failed(Exit.CONFIGURATION, str(wrong)) from None


def _address(flag: str | None, settings: Any) -> str:
    from hub.local.discovery import bootstrap_for  # noqa: PLC0415

    return bootstrap_for(flag, settings.kafka.bootstrap)


def _cluster(flag: str | None, settings: Any) -> Cluster:
    from hub.local.discovery import NoCluster  # noqa: PLC0415

    try:
        return _read(_address(flag, settings))
    except NoCluster as nowhere:
        raise Failed(Exit.UNREACHABLE, str(nowhere)) from None


def _read(bootstrap: str) -> Cluster:
    import logging  # noqa: PLC0415

    from hub.ops.cluster import Unreachable, read_cluster  # noqa: PLC0415

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is said below, once
    try:
        return asyncio.run(read_cluster(bootstrap))
    except Unreachable as gone:
        raise Failed(Exit.UNREACHABLE, str(gone)) from None


def _plan(known: Topics, cluster: Cluster, settings: Any) -> Plan:
    from hub.ops.plan import plan as compare  # noqa: PLC0415

    expected = settings.kafka.cluster_id or known.cluster_id
    return compare(known.all(), cluster, cluster_id=expected, internal=known.internal)


def _show(change: Plan, output: str) -> None:
    if output in {"json", "yaml"}:
        emit("TopicPlan", [change.as_json()], output, columns={})
        return
    items = [
        *({"what": _SIGNS[each.action], "name": each.name, "detail": _detail(each)} for each in change.changes),
        *({"what": "✘", "name": each.name, "detail": each.reason} for each in change.refused),
    ]
    columns = {"what": " ", "name": say("主题", "topic"), "detail": say("变更", "change")}
    emit("TopicPlan", items, output, columns=columns)
    note(
        say(
            f"变更 {len(change.changes)} · 拒绝 {len(change.refused)} · 不在文件中 {len(change.unlisted)}",
            f"{len(change.changes)} changes · {len(change.refused)} refused · {len(change.unlisted)} unlisted",
        )
    )


def _detail(change: Any) -> str:
    parts = [
        f"{each.key} {'' if each.previous is None else each.previous + ' → '}{each.value}" for each in change.settings
    ]
    if change.previous_partitions != change.partitions:
        before = "" if change.previous_partitions is None else f"{change.previous_partitions} → "
        parts.insert(0, f"partitions {before}{change.partitions}")
    return ", ".join(parts)
