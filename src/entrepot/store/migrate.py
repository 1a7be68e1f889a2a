"""The schema's steps: numbered SQL files, each applied once, whole or not at all.

A file is named `NNNN_name.sql`, counted from 0001 without a gap. It is written in the SQL that both databases share,
and three words stand for what they do not: `@id` is the type of a key that counts by itself (never reusing a number),
`@paged` that of text which is compared and sorted by its bytes, `@bytes` that of binary data. Statements end in `;`.
References are not enforced on SQLite while a step runs, so that it may rebuild a table; they are checked at its end.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from entrepot.domain.errors import SchemaTooNew
from entrepot.store.db import QUIET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.store.db import Database, Tx

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_TOKEN: Final = re.compile(rf"{QUIET}|(?P<end>;)|@(?P<word>\w+)|(?P<open>['\"]|/\*)")
_COMMENT: Final = re.compile(r"--[^\n]*|/\*(?s:.*?)\*/")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_folder(folder: Path) -> list[Migration]:
    """Return the migrations in `folder` by number; ValueError where a name or a number is not as it has to be."""
    found = []
    for number, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        name = _NAME.fullmatch(path.name)
        if name is None or int(name[1]) != number:
            raise ValueError(f"{path.name}: expected a file named {number:04}_name.sql")
        found.append(Migration(number, name[2], path.read_text(encoding="utf-8")))
    return found


def statements(text: str, words: Mapping[str, str]) -> list[str]:
    """Split `text` into statements, each `@word` replaced; ValueError where it is not well formed."""
    found: list[str] = []
    current = ""
    at = 0
    for token in _TOKEN.finditer(text):
        current += text[at : token.start()]
        at = token.end()
        if token["open"]:
            raise ValueError(f"{token['open']} is not closed")
        if token["end"]:
            found.append(current.strip())
            current = ""
        elif token["word"] is None:
            current += token[0]
        elif token["word"] in words:
            current += words[token["word"]]
        else:
            raise ValueError(f"@{token['word']} is not one of {', '.join('@' + word for word in words)}")
    current += text[at:]
    if _COMMENT.sub("", current).strip():
        raise ValueError("the last statement does not end in ;")
    return found


def migrate(db: Database, folder: Path = MIGRATIONS) -> None:
    """Bring the schema to the newest number. Any number of processes may do so at once.

    Raises SchemaTooNew, having changed nothing, where the database has migrations that `folder` does not.
    """
    known = read_folder(folder)
    at = applied(db)
    _refuse_newer(at, len(known))
    for migration in known[at:]:
        db.migrate(partial(_apply, db=db, migration=migration, known=len(known)))


def newest(folder: Path = MIGRATIONS) -> int:
    """The number of the schema that this version knows."""
    return len(read_folder(folder))


def applied(db: Database) -> int:
    """The number of the schema that the database has, 0 where it has none."""
    return db.read(lambda tx: _applied(tx, db))


def _refuse_newer(applied: int, known: int) -> None:
    if applied > known:
        raise SchemaTooNew(applied, known)


def _applied(tx: Tx, db: Database) -> int:
    """Return the number of the newest migration that the database has."""
    if tx.one(db.dialect.has_table, name="schema_migrations") is None:
        return 0
    row = tx.one("SELECT COALESCE(MAX(number), 0) FROM schema_migrations")
    return int(row[0]) if row else 0


def _apply(tx: Tx, *, db: Database, migration: Migration, known: int) -> None:
    at = _applied(tx, db)
    _refuse_newer(at, known)
    if at >= migration.number:
        return  # another process was faster
    tx.run(
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        "number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)"
    )
    for step in statements(migration.text, db.dialect.words):
        tx.run(step)
    tx.run(
        "INSERT INTO schema_migrations (number, name, applied_at, checksum) VALUES (:number, :name, :now, :checksum)",
        number=migration.number,
        name=migration.name,
        now=time.time_ns() // 1000,
        checksum=migration.checksum,
    )
