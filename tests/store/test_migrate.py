"""The schema's steps: order, all or nothing, many processes at once, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest

from entrepot.domain.errors import SchemaTooNew
from entrepot.store import blobs
from entrepot.store.migrate import MIGRATIONS, migrate, read_folder, statements
from entrepot.store.postgres import PostgresDatabase
from entrepot.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from tests.databases import PostgresServer

    from entrepot.store.db import Database, Tx

_WORDS = {"id": "INTEGER", "paged": "TEXT", "bytes": "BLOB"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two migrations."""
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_notes.sql").write_text(
        "-- first; of two\nCREATE TABLE notes (id @id, name @paged NOT NULL UNIQUE, raw @bytes);\n"
        "INSERT INTO notes (name) VALUES ('a;b'), ('it''s -- @no comment');\n"
    )
    (folder / "0002_more.sql").write_text("ALTER TABLE notes ADD COLUMN size BIGINT NOT NULL DEFAULT 0;\n")
    return folder


def _applied(db: Database) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in db.read(lambda tx: tx.all("SELECT number, name FROM schema_migrations"))]


def _has(db: Database, table: str) -> bool:
    return db.read(lambda tx: tx.one(db.dialect.has_table, name=table)) is not None


def test_migrations_run_once_in_order(empty_db: Database, folder: Path) -> None:
    """Every step runs and is noted with its time and checksum; running again changes nothing."""
    migrate(empty_db, folder)
    noted = empty_db.read(lambda tx: tx.all("SELECT * FROM schema_migrations ORDER BY number"))
    assert [row[:2] for row in noted] == [(1, "notes"), (2, "more")]
    assert [row[3] for row in noted] == [step.checksum for step in read_folder(folder)]
    assert noted[0][2] > 1_700_000_000_000_000
    migrate(empty_db, folder)
    assert empty_db.read(lambda tx: tx.all("SELECT * FROM schema_migrations ORDER BY number")) == noted
    rows = empty_db.read(lambda tx: tx.all("SELECT id, name, size FROM notes ORDER BY id"))
    assert rows == [(1, "a;b", 0), (2, "it's -- @no comment", 0)]


def test_a_later_version_adds_its_steps(empty_db: Database, folder: Path) -> None:
    """A database of an older version gets the steps it lacks and keeps its rows."""
    second = (folder / "0002_more.sql").rename(folder.parent / "0002_more.sql")
    migrate(empty_db, folder)
    second.rename(folder / "0002_more.sql")
    migrate(empty_db, folder)
    assert _applied(empty_db) == [(1, "notes"), (2, "more")]
    assert empty_db.read(lambda tx: tx.one("SELECT count(*) FROM notes WHERE size = 0")) == (2,)


def test_a_step_that_fails_leaves_nothing(empty_db: Database, folder: Path) -> None:
    """The steps before it stay, of it there is nothing, and corrected it runs."""
    bad = folder / "0003_bad.sql"
    bad.write_text("CREATE TABLE half (n BIGINT);\nINSERT INTO half VALUES (1);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises((apsw.SQLError, psycopg.ProgrammingError)):
        migrate(empty_db, folder)
    assert _applied(empty_db) == [(1, "notes"), (2, "more")]
    assert not _has(empty_db, "half")
    bad.write_text("CREATE TABLE half (n BIGINT);\n")
    migrate(empty_db, folder)
    assert _has(empty_db, "half")


def test_a_newer_schema_is_refused(empty_db: Database, folder: Path) -> None:
    """Older code changes nothing in a database that newer code has migrated."""
    migrate(empty_db, folder)
    (folder / "0002_more.sql").unlink()
    (folder / "0001_notes.sql").write_text("CREATE TABLE other (n BIGINT);\n")
    with pytest.raises(SchemaTooNew) as caught:
        migrate(empty_db, folder)
    assert (caught.value.found, caught.value.known) == (2, 1)
    assert not _has(empty_db, "other")
    assert _applied(empty_db) == [(1, "notes"), (2, "more")]


_MIGRATE = """
import sys
from pathlib import Path
from entrepot.store.migrate import migrate
from entrepot.store.postgres import PostgresDatabase
from entrepot.store.sqlite import SqliteDatabase
place, folder, kill = sys.argv[1:]
db = PostgresDatabase(place) if place.startswith("postgresql:") else SqliteDatabase(Path(place))
if kill == "kill":
    import os, signal
    import entrepot.store.migrate as module
    split = module.statements
    def stop(text, words):
        for step in split(text, words):
            if "die_here" in step:
                os.kill(os.getpid(), signal.SIGKILL)
            yield step
    module.statements = stop
migrate(db, Path(folder))
db.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a process of its own finds an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "shared.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


def _database(place: str) -> Database:
    return PostgresDatabase(place) if place.startswith("postgresql:") else SqliteDatabase(Path(place))


def _process(place: str, folder: Path, kill: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _MIGRATE, place, str(folder), kill]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_step_that_is_killed_runs_again(place: str, folder: Path) -> None:
    """After kill -9 in the middle of a step the database holds the steps before it, and starting again finishes."""
    (folder / "0003_long.sql").write_text(
        "CREATE TABLE half (n BIGINT);\nINSERT INTO half VALUES (1);\nDROP TABLE die_here;\n"
    )
    assert _process(place, folder, "kill").returncode == -9
    db = _database(place)
    assert _applied(db) == [(1, "notes"), (2, "more")]
    assert not _has(db, "half")
    (folder / "0003_long.sql").write_text("CREATE TABLE half (n BIGINT);\nINSERT INTO half VALUES (1);\n")
    migrate(db, folder)
    assert db.read(lambda tx: tx.all("SELECT n FROM half")) == [(1,)]
    db.close()


def test_processes_may_migrate_at_once(place: str, folder: Path) -> None:
    """Of five processes that start together each step is run by one, and all of them succeed."""
    with ThreadPoolExecutor(5) as pool:
        for done in pool.map(lambda _: _process(place, folder), range(5)):
            assert (done.returncode, done.stderr) == (0, "")
    db = _database(place)
    assert _applied(db) == [(1, "notes"), (2, "more")]
    assert db.read(lambda tx: tx.one("SELECT count(*) FROM notes")) == (2,)
    db.close()


@pytest.mark.parametrize(
    "names",
    [("0002_a.sql",), ("0001_a.sql", "0003_b.sql"), ("0001_a.sql", "0001_b.sql"), ("1_a.sql",), ("0001-a.sql",)],
)
def test_a_gap_or_a_wrong_name_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    """The numbers are 1, 2, 3 …, each once, with four digits."""
    for name in names:
        (tmp_path / name).write_text("SELECT 1;\n")
    with pytest.raises(ValueError, match=r"expected a file named \d{4}_name.sql"):
        read_folder(tmp_path)


def test_statements_are_split_at_semicolons_that_end_one() -> None:
    """Semicolons and words in strings, quoted names and comments are text."""
    text = "-- a;b @no\nCREATE TABLE t (id @id, n TEXT DEFAULT ';@no''');"
    text += '/* ;\n@no */ INSERT INTO "x;" VALUES (@paged);\n-- end;\n'
    assert statements(text, _WORDS) == [
        "-- a;b @no\nCREATE TABLE t (id INTEGER, n TEXT DEFAULT ';@no''')",
        '/* ;\n@no */ INSERT INTO "x;" VALUES (TEXT)',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1", "does not end in ;"),
        ("SELECT 1; SELECT 2 -- ;", "does not end in ;"),
        ("SELECT 'a;", "' is not closed"),
        ('SELECT "a;', '" is not closed'),
        ("/* SELECT 1;", r"/\* is not closed"),
        ("SELECT @key;", "@key is not one of @id, @paged, @bytes"),
    ],
)
def test_what_is_not_well_formed_is_refused(text: str, message: str) -> None:
    """A text that would be cut in the wrong place is not run."""
    with pytest.raises(ValueError, match=message):
        statements(text, _WORDS)


_ROWS = """
INSERT INTO registries (id, account, region, created_at) VALUES (1, '123456789012', 'us-east-1', 5);
INSERT INTO repositories
    (id, registry, name, created_at, mutability, exclusions, scan_on_push, encryption_type, kms_key)
    VALUES (1, 1, 'team/app', 5, 'MUTABLE', '', 0, 'AES256', '');
INSERT INTO blobs (id, encryption, digest, size, location, identity, created_at)
    VALUES (1, '', 'sha256:b', 3, 'sha256/bb/b-1', '', 5);
INSERT INTO repository_blobs (repository, blob, leased_until) VALUES (1, 1, 7);
INSERT INTO images
    (id, repository, digest, media_type, artifact_type, manifest_size, size, subject, storage_class, pushed_at)
    VALUES (1, 1, 'sha256:i', 'm', '', 2, 3, 'sha256:s', 'STANDARD', 6);
INSERT INTO image_blobs (repository, digest, image, media_type) VALUES (1, 'sha256:b', 1, 'm');
INSERT INTO tags (repository, name, image, tagged_at) VALUES (1, 'v1', 1, 6);
INSERT INTO outbox (id, registry, created_at, type, detail) VALUES (1, 1, 6, 'push', '{}');
"""
"""Rows of the first schema."""


def _with_rows(db: Database, folder: Path) -> None:
    """Apply the package's first step, copied to `folder`, and write the rows."""
    folder.mkdir()
    shutil.copy(MIGRATIONS / "0001_core.sql", folder)
    migrate(db, folder)
    for row in statements(_ROWS, db.dialect.words):
        db.write(partial(_run, statement=row))


def _run(tx: Tx, statement: str) -> None:
    tx.run(statement)


@pytest.mark.parametrize("at_once", [True, False])
def test_rows_of_the_first_schema_are_kept(empty_db: Database, tmp_path: Path, at_once: bool) -> None:
    """What was written under the package's first step is found by the newest code, whichever way it came there."""
    folder = tmp_path / "package"
    _with_rows(empty_db, folder)
    for step in () if at_once else sorted(MIGRATIONS.glob("*.sql")):
        shutil.copy(step, folder)
        migrate(empty_db, folder)
    migrate(empty_db)
    assert len(_applied(empty_db)) == len(read_folder(MIGRATIONS))
    found = empty_db.read(partial(blobs.stored, encryption="", digest="sha256:b"))
    assert found is not None
    assert (found.size, found.location, found.damaged_at) == (3, "sha256/bb/b-1", None)
    for table in ("registries", "repositories", "repository_blobs", "images", "image_blobs", "tags", "outbox"):
        assert empty_db.read(partial(_count, table=table)) == 1, table
    tagged = "SELECT i.digest, i.subject FROM tags t JOIN images i ON i.id = t.image WHERE t.name = 'v1'"
    assert empty_db.read(lambda tx: tx.one(tagged)) == ("sha256:i", "sha256:s")
    assert empty_db.read(lambda tx: tx.one("SELECT verified_at, damaged_at FROM blobs")) == (0, None)


def _count(tx: Tx, table: str) -> int:
    return len(tx.all(f"SELECT 1 FROM {table}"))


def test_the_packages_migrations_are_well_formed() -> None:
    """Their numbers have no gap, and each is a list of statements for both databases."""
    steps = read_folder(MIGRATIONS)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        for database in (SqliteDatabase, PostgresDatabase):
            assert statements(step.text, database.dialect.words)


def test_the_packages_schema_is_what_the_code_wants(db: Database) -> None:
    """The fixture's database has every migration of the package."""
    assert len(_applied(db)) == len(read_folder(MIGRATIONS))
