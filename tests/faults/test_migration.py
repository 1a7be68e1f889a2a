"""F38: data of the first schema becomes a working registry, wherever the process that upgrades it dies or fails."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from tests.faults import struck
from tests.faults.report import LONG, survived
from tests.faults.struck import Forge
from tests.faults.workload import OPERATIONS, Violation, begin_upload, prepared, registry, seen, settled

from entrepot import app
from entrepot.config import ConfigError, Settings, Storage
from entrepot.store.migrate import MIGRATIONS, migrate, newest
from entrepot.store.sqlite import SqliteDatabase

GONE = {("images", "storage_class"): "'STANDARD'"}
"""Columns of the first schema that later ones do not have, and what stood in them."""

WRITES = ("write", "pwrite64", "fallocate", "ftruncate", "fsync", "fdatasync")


class Upgrades(Forge):
    """Processes that start on a data folder, as a server does, and are struck."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(struck.SECONDS)
        command = [sys.executable, "-m", "tests.faults.test_migration", str(theirs.fileno())]
        with theirs:
            self._forger = subprocess.Popen(command, pass_fds=[theirs.fileno()])


@pytest.fixture(scope="module")
def upgrades() -> Iterator[Upgrades]:
    struck.need_strace()
    made = Upgrades()
    yield made
    made.close()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database has only the first migration; with two images, one that is garbage, an upload."""
    folder = tmp_path_factory.mktemp("first") / "data"
    prepared(folder)
    with registry(folder) as reg:
        for operation, number in (("push", 1), ("tag", 1), ("push", 2), ("delete", 2)):
            OPERATIONS[operation](reg, number)
        begin_upload(reg, b"under way")
    step_back(folder)
    return folder


def step_back(folder: Path) -> None:
    """Put the rows of a database into one of the first schema, which takes its place."""
    path, first = folder / "entrepot.db", folder.parent / "first.db"
    only = folder.parent / "migrations"
    only.mkdir()
    shutil.copy(MIGRATIONS / "0001_core.sql", only)
    with closing(SqliteDatabase(first)) as db:
        migrate(db, only)
    with closing(apsw.Connection(str(first))) as made:
        made.execute("PRAGMA foreign_keys=OFF")
        made.execute("ATTACH ? AS newer", (str(path),))
        for table in tables(made):
            columns = [row[1] for row in made.execute(f"PRAGMA main.table_info({table})")]
            values = ", ".join(GONE.get((table, column), column) for column in columns)
            made.execute(f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {values} FROM newer.{table}")
        made.execute("DETACH newer")
        made.execute("PRAGMA journal_mode=DELETE")
    for part in folder.glob("entrepot.db*"):
        part.unlink()
    first.rename(path)


def tables(connection: apsw.Connection) -> list[str]:
    """The tables that have data of users."""
    kept = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    return [name for (name,) in connection.execute(kept) if name != "schema_migrations"]


def rows(folder: Path, names: list[str]) -> dict[str, int]:
    with closing(apsw.Connection(str(folder / "entrepot.db"))) as connection:
        return {name: len(connection.execute(f"SELECT 1 FROM {name}").fetchall()) for name in names}


def settings(folder: Path) -> Settings:
    return Settings(data_dir=str(folder), storage=Storage(database_reserve=0))


class Expected:
    """What the data of the first schema hold."""

    def __init__(self, old: Path) -> None:
        with closing(apsw.Connection(str(old / "entrepot.db"))) as connection:
            self.names = tables(connection)
        self.counts = rows(old, self.names)

    def check(self, folder: Path, what: str) -> None:
        """Start, and see that every row is there and that the registry works. Raises Violation."""
        app.prepare(settings(folder))
        if (counts := rows(folder, self.names)) != self.counts:
            raise Violation(f"{what}: {counts} instead of {self.counts}")
        with registry(folder) as reg:
            if sorted(found := seen(reg)) != ["latest", "v0", "v1"] or found["latest"] != found["v1"]:
                raise Violation(f"{what}: {found}")
            OPERATIONS["push"](reg, 3)
            OPERATIONS["collect"](reg, 0)
            settled(reg, folder)
            if sorted(seen(reg)) != ["latest", "v0", "v1", "v3"]:
                raise Violation(f"{what}: {seen(reg)}")


@pytest.fixture(scope="module")
def expected(old: Path) -> Expected:
    made = Expected(old)
    assert made.counts["images"] == 2
    assert made.counts["uploads"] == 1
    return made


def test_an_old_registry_is_refused_by_commands_and_upgraded_by_the_server(
    old: Path, expected: Expected, tmp_path: Path
) -> None:
    """A command says what to do and changes nothing; a start brings the data up to date, and nothing is lost."""
    folder = tmp_path / "data"
    shutil.copytree(old, folder)
    with pytest.raises(ConfigError, match="older version: start the server once"), app.operator(settings(folder)):
        pass
    assert rows(folder, ["schema_migrations"]) == {"schema_migrations": 1}
    expected.check(folder, "upgraded")
    assert rows(folder, ["schema_migrations"]) == {"schema_migrations": newest()}


@pytest.mark.timeout(3600)
def test_killed_at_every_call(old: Path, expected: Expected, tmp_path: Path, upgrades: Upgrades) -> None:
    """Wherever the process dies, the next start goes on or begins anew, and nothing is lost."""
    tried = 0
    for call in struck.CHANGES:  # strace counts each call by itself
        when, ended = 1, False
        while not ended:
            folder = tmp_path / "struck"
            shutil.copytree(old, folder)
            outcome = upgrades.run(folder, "prepare", 0, f"{call}:signal=KILL:when={when}")
            expected.check(folder, f"killed at {call} {when}")
            shutil.rmtree(folder)
            ended = not outcome.killed
            tried += outcome.killed
            when += 1 if LONG else 5
    assert tried > 5
    survived("F38", tried, "kill -9 at every changing system call of an upgrade from the first schema")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails(old: Path, expected: Expected, tmp_path: Path, upgrades: Upgrades, error: str) -> None:
    """A full or failing disk at any write: the start says so or succeeds; the next one finds all that was there."""
    tried, refused = 0, 0
    for call in WRITES:
        when = 1
        while True:
            folder = tmp_path / "struck"
            shutil.copytree(old, folder)
            outcome = upgrades.run(folder, "prepare", 0, f"{call}:error={error}:when={when}")
            if outcome.said not in (["ok"], ["ConfigError"]):
                raise Violation(f"{error} at {call} {when}: {outcome.said}")
            expected.check(folder, f"{error} at {call} {when}")
            shutil.rmtree(folder)
            if not outcome.struck:
                break
            tried += 1
            refused += outcome.said != ["ok"]
            when += 1 if LONG else 6
    assert refused
    survived("F38", tried, f"{error} at every write and sync of an upgrade from the first schema")


def test_a_disk_that_stays_full(old: Path, expected: Expected, tmp_path: Path, upgrades: Upgrades) -> None:
    """From the first write on: refused with what to do, every row still there; with room it succeeds."""
    folder = tmp_path / "data"
    shutil.copytree(old, folder)
    outcome = upgrades.run(folder, "prepare", 0, "write,pwrite64:error=ENOSPC:when=1+")
    assert outcome.said == ["ConfigError"]
    assert rows(folder, expected.names) == expected.counts
    expected.check(folder, "with room again")


def test_processes_that_upgrade_at_once(old: Path, expected: Expected, tmp_path: Path) -> None:
    """Of several that start together one does each step, and all of them go on."""
    script = f"from tests.faults.test_migration import *; app.prepare(settings(Path({str(tmp_path / 'data')!r})))"
    rounds = 30 if LONG else 2
    for _ in range(rounds):
        folder = tmp_path / "data"
        shutil.copytree(old, folder)
        started = [
            subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) for _ in range(3)
        ]
        said = [(one.communicate(timeout=60)[1], one.returncode) for one in started]
        assert said == [("", 0)] * 3
        assert rows(folder, ["schema_migrations"]) == {"schema_migrations": newest()}
        expected.check(folder, "upgraded by three")
        shutil.rmtree(folder)
    survived("F38", rounds, "three processes that upgrade at once")


def _start(here: socket.socket, folder: str, operation: str, number: str, again: str) -> None:
    """The process that is struck. It never returns."""
    del operation, number, again
    try:
        here.send(f"ready {os.getpid()}".encode())
        here.recv(2)
        try:
            app.prepare(settings(Path(folder)))
        except Exception as error:  # noqa: BLE001  # told to the test
            here.send(type(error).__name__.encode())
        else:
            here.send(b"ok")
    finally:
        os._exit(0)


if __name__ == "__main__":
    struck._work = _start
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        struck._forge(asked)
