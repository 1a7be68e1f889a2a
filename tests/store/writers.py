"""Other processes that write to a SQLite file of the tests, also under strace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from entrepot.store.sqlite import SqliteDatabase

_PREPARE = """
import os, resource, signal, sys, threading, time
from pathlib import Path
from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.sqlite import SqliteDatabase
db = SqliteDatabase(Path(sys.argv[1]))
def add(tx, text=""):
    return tx.run("INSERT INTO t (text) VALUES (:text)", text=text)
def count(tx):
    return tx.one("SELECT count(*) FROM t")[0]
"""


def new_file(folder: Path) -> Path:
    """A database file with one table; no connection is open."""
    path = folder / "store.db"
    db = SqliteDatabase(path)
    db.migrate(lambda tx: tx.run("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)"))
    db.close()
    return path


def start(path: Path, code: str, *before: str) -> subprocess.Popen[str]:
    """Run `code`, which has `db`, `add` and `count`, in a process of its own, with warnings as errors."""
    command = [*before, sys.executable, "-W", "error", "-c", _PREPARE + code, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    """What a process that ends well has printed."""
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out + err
    return out


def count(path: Path) -> int:
    """Rows of the table."""
    db = SqliteDatabase(path)
    row = db.read(lambda tx: tx.one("SELECT count(*) FROM t"))
    db.close()
    assert row is not None
    return int(row[0])


def texts(path: Path) -> list[str]:
    """What was written, in the order of writing."""
    db = SqliteDatabase(path)
    rows = db.read(lambda tx: tx.all("SELECT text FROM t ORDER BY id"))
    db.close()
    return [row[0] for row in rows]


def strace() -> str:
    """The path of strace; where it is missing a loud skip, with CI=1 a failure."""
    found = shutil.which("strace")
    if found is None:
        missing = "strace is not installed: no system call can be watched or made to fail"
        if os.environ.get("CI") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
