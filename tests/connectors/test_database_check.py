"""Settings, the ready DDL and `check`: everything that can be wrong is said with its cure, before a row is read."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from connectors import kinds
from connectors.database.ddl import DATABASES, ddl
from connectors.database.session import in_a_line, placed
from connectors.database.settings import OutboxSettings, TableSettings
from connectors.kind import Finding
from connectors.protocol import Unavailable
from connectors.runner import take_in
from tests.connectors.databases import SECRET, Peer, made, nobody_listens, plan, until_empty
from tests.connectors.log import TOPICS, Log, taking
from tests.connectors.sites import NOON

SERVER = {"host": "10.0.0.7", "user": "hub", "dbname": "oa"}


async def findings(peer: Peer, kind: str = "outbox", **more: Any) -> list[Finding]:
    if kind == "table":
        peer.settings.pop("poll_seconds", None)
    site = replace(peer.site(), now=lambda: datetime.now(UTC))
    return [each async for each in kinds.kind(kind).check(peer.connection(kind, **more), site)]


def self_signed(address: str) -> tuple[bytes, bytes]:
    """A certificate for an address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    told = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), told


def wrong(found: list[Finding]) -> list[str]:
    assert all(each.cure for each in found if not each.ok)
    assert SECRET not in str(found)
    return [f"{each.what}: {each.detail}" for each in found if not each.ok]


@pytest.mark.parametrize("kind", ["outbox", "table"])
async def test_what_the_ready_ddl_makes_is_all_that_is_needed(peer: Peer, kind: str) -> None:
    found = await findings(peer, kind)
    assert wrong(found) == []
    assert len(found) >= 4


async def test_checking_takes_and_writes_nothing(peer: Peer) -> None:
    await peer.insert(plan(1))
    await findings(peer)
    assert await peer.waiting() == 1
    await findings(peer, "table")
    assert await peer.sql("SELECT * FROM hub_inbox") == []


async def test_a_missing_table_and_a_missing_column_are_named(peer: Peer) -> None:
    for kind in ("outbox", "table"):
        assert "nowhere" in wrong(await findings(peer, kind, table="nowhere"))[0]
        column = {"outbox": "result_detail", "table": "key"}[kind]
        await peer.script(f"ALTER TABLE {'hub_outbox' if kind == 'outbox' else 'hub_inbox'} DROP COLUMN {column}")
        assert column in wrong(await findings(peer, kind))[0]


@pytest.mark.parametrize(
    ("statement", "kind", "named"),
    [
        ("REVOKE SELECT ON hub_outbox FROM hub", "outbox", "SELECT"),
        ("REVOKE UPDATE (taken_at) ON hub_outbox FROM hub", "outbox", "UPDATE"),
        ("REVOKE INSERT ON hub_inbox FROM hub", "table", "INSERT"),
        ("ALTER TABLE hub_outbox ALTER COLUMN taken_at TYPE text", "outbox", "taken_at text"),
        ("ALTER TABLE hub_inbox ALTER COLUMN sequence TYPE text", "table", "sequence text"),
        (
            "ALTER TABLE hub_outbox ALTER COLUMN seq DROP IDENTITY, ALTER COLUMN seq DROP NOT NULL; INSERT INTO hub_outbox VALUES (NULL, gen_random_uuid(), 'a', 'a', 'a', '{}')",
            "outbox",
            "without a number",
        ),
    ],
)
async def test_a_missing_right_and_a_wrong_type_are_named(pg: Peer, statement: str, kind: str, named: str) -> None:
    await pg.script(statement)
    assert any(named in each for each in wrong(await findings(pg, kind)))


async def test_who_cannot_be_reached_and_who_refuses_us_are_told_apart(pg: Peer) -> None:
    unreachable = await findings(pg, port=nobody_listens())
    assert "防火墙" in unreachable[-1].cure
    unencrypted = await findings(pg, sslmode="require")
    assert "SSL" in unencrypted[-1].detail
    (pg.folder / "password").write_text("wrong\n")
    refused = await findings(pg)
    assert "密码" in refused[-1].cure
    assert not refused[-1].ok


async def test_a_server_is_trusted_only_under_its_own_authority_and_name(pg: Peer) -> None:
    server = pg.server
    assert server is not None
    for name, where in (("ours", server.home), ("foreign", pg.folder)):
        certificate, key = self_signed("127.0.0.1")
        (where / f"{name}.key").write_bytes(key)
        (where / f"{name}.key").chmod(0o600)
        for folder in {where, pg.folder}:
            (folder / f"{name}.pem").write_bytes(certificate)
    if server.user:
        for path in server.home.glob("ours.*"):
            shutil.chown(path, "postgres", "postgres")
    for setting, value in (("ssl_cert_file", "ours.pem"), ("ssl_key_file", "ours.key")):
        await pg.sql(f"ALTER SYSTEM SET {setting} = '{server.home / value}'")
    await pg.sql("ALTER SYSTEM SET ssl = on")
    try:
        await pg.sql("SELECT pg_reload_conf()")
        async with asyncio.timeout(20):
            while wrong(await findings(pg, sslmode="verify-full", ca="ours.pem")):
                await asyncio.sleep(0.1)  # the server takes its time to read its settings again
        assert "certificate verify failed" in wrong(await findings(pg, sslmode="verify-full", ca="foreign.pem"))[0]
        assert "certificate verify failed" in wrong(await findings(pg, sslmode="verify-full"))[0]
        other_name = {"sslmode": "verify-full", "ca": "ours.pem", "host": "localhost"}
        assert "certificate verify failed" in wrong(await findings(pg, **other_name))[0]
        for weaker in ({"sslmode": "require"}, {**other_name, "sslmode": "verify-ca"}):
            assert wrong(await findings(pg, **weaker)) == []
    finally:
        await pg.sql("ALTER SYSTEM RESET ALL")
        await pg.sql("SELECT pg_reload_conf()")


async def test_a_password_that_all_may_read_or_that_is_missing_is_said(pg: Peer) -> None:
    (pg.folder / "password").chmod(0o644)
    [told] = wrong(await findings(pg))
    assert "644" in told
    (pg.folder / "password").unlink()
    assert "password" in wrong(await findings(pg))[0]
    with pytest.raises(Unavailable, match="password_file"):
        await take_in(pg.connector(), TOPICS, Log(), lambda: NOON)


async def test_a_driver_that_is_not_installed_is_named(peer: Peer) -> None:
    more = {"database": "dbapi", "driver": "dmPython"}
    peer.settings = {**more, "connect": {"server": "10.0.0.7", "user": "hub"}}
    found = await findings(peer)
    assert "dmPython" in found[-1].detail
    assert not found[-1].ok


@pytest.mark.parametrize(
    "told",
    [
        {"dsn": "postgresql://hub:hunter2@10.0.0.7/oa"},
        {"dsn": "postgresql://hub@10.0.0.7/oa?password=hunter2"},
        {"dsn": "host=10.0.0.7 password = hunter2"},
        {"database": "dbapi", "driver": "dmPython", "connect": {"password": "hunter2"}},
        {"database": "dbapi", "driver": "oracledb", "connect": {"dsn": "hub/hunter2@10.0.0.7/oa"}},
        {"database": "dbapi", "driver": "x", "connect": {"dsn": "server=a;pwd=hunter2"}},
    ],
)
def test_a_password_among_the_settings_is_refused_and_not_repeated(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        OutboxSettings.model_validate(told)
    assert "password_file" in str(raised.value.errors()[0]["msg"])
    assert "hunter2" not in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {**SERVER, "table": "a; DROP TABLE b"},
        {**SERVER, "schema": "a b"},
        {**SERVER, "names": {"seq": 'x"'}},
        {**SERVER, "columns": ["a--"]},
        {**SERVER, "driver": "sqlite3"},
        {"database": "dbapi"},
        {"database": "dbapi", "driver": "sqlite3", "host": "x"},
        {**SERVER, "batch": 501},
        {**SERVER, "sslmode": "prefer"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OutboxSettings.model_validate(told)


def test_names_may_be_chinese_and_the_default_is_the_safe_one() -> None:
    said = TableSettings.model_validate({**SERVER, "schema": "执法", "table": "收件"})
    assert said.place == "执法.收件"
    assert said.sslmode == "verify-full"


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("kind", ["outbox", "table"])
def test_the_ddl_of_every_database_has_the_peers_names(database: str, kind: str) -> None:
    names = {"schema": "zf", "table": "fjb", "role": "hub_reader", "writer": "oa", "id": "jlid"}
    text = ddl(kind, database, names)
    assert text.startswith("CREATE TABLE zf.fjb (")
    assert "  jlid " in text
    assert text.endswith(";\n")
    if database != "sqlite":
        assert "TO hub_reader;" in text
        assert "TO oa;" in text
    assert "UPDATE ON zf.fjb TO hub_reader" not in text
    with pytest.raises(LookupError):
        ddl(kind, "dbase", names)


@pytest.mark.parametrize(
    ("style", "sql"),
    [
        ("qmark", "a = ? AND b = ?"),
        ("numeric", "a = :1 AND b = :2"),
        ("named", "a = :p1 AND b = :p2"),
        ("format", "a = %s AND b = %s"),
        ("pyformat", "a = %(p1)s AND b = %(p2)s"),
        ("dollar", "a = $1 AND b = $2"),
    ],
)
def test_every_paramstyle_is_spoken(style: str, sql: str) -> None:
    assert placed("a = ? AND b = ?", style) == sql


@pytest.mark.parametrize("style", ["named", "numeric"])
async def test_a_driver_is_spoken_to_in_the_style_of_the_settings(style: str, tmp_path: Path) -> None:
    peer = await made("sqlite", None, tmp_path)
    await peer.insert(plan(1))
    log = Log()
    async with taking(peer.connector(paramstyle=style), log):
        await until_empty(peer)
    assert log.plans == ["P1"]


def test_an_error_is_one_line_without_the_password() -> None:
    error = ValueError(f"cannot sign in with {SECRET}\nDETAIL: row (520102199001011234)")
    assert in_a_line(error, SECRET) == "ValueError: cannot sign in with ***"
