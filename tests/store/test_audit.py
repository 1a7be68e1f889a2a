"""The table of the audit trail."""

from __future__ import annotations

import json

import pytest
from tests.store.rows import NOW

from entrepot.domain.audit import Record
from entrepot.domain.principals import Caller, root
from entrepot.store import audit
from entrepot.store.db import Database, Tx

CALLER = Caller(root("123456789012", "AKIAIOSFODNN7EXAMPLE"), "us-east-1", "ecr:PutImage", "r-1", "::1", "agent é")


def test_insert(db: Database) -> None:
    """A record says who did what to what, from where, when, and how it ended; parameters may hold anything."""
    record = Record(CALLER, NOW, "arn", {"tag": "\0 \ud800 é", "n": [1, None]}, "AccessDenied")
    db.write(lambda tx: audit.insert(tx, record))
    columns = (
        "account, region, created_at, action, principal, access_key_id, source_ip, user_agent, request_id, "
        "resource, error, parameters"
    )
    [(*row, parameters)] = db.read(lambda tx: tx.all(f"SELECT {columns} FROM audit"))
    assert row == [
        "123456789012",
        "us-east-1",
        NOW,
        "ecr:PutImage",
        "arn:aws:iam::123456789012:root",
        "AKIAIOSFODNN7EXAMPLE",
        "::1",
        "agent é",
        "r-1",
        "arn",
        "AccessDenied",
    ]
    assert json.loads(parameters) == {"tag": "\0 \ud800 é", "n": [1, None]}


def test_trim(db: Database) -> None:
    """The oldest records are forgotten first, so many at a time."""

    def fill(tx: Tx) -> None:
        for number in range(5):
            audit.insert(tx, Record(CALLER, NOW + number, str(number)))

    db.write(fill)
    assert db.write(lambda tx: audit.trim(tx, NOW + 4, 3)) == 3
    assert db.write(lambda tx: audit.trim(tx, NOW + 4, 3)) == 1
    assert db.read(lambda tx: tx.all("SELECT resource FROM audit")) == [("4",)]


def test_insert_all(db: Database) -> None:
    """Many records are as so many single ones, in their order; none is none."""
    records = [Record(CALLER, NOW + number, str(number), {"n": number}) for number in range(300)]
    db.write(lambda tx: audit.insert_all(tx, []))
    db.write(lambda tx: audit.insert_all(tx, records))
    rows = db.read(lambda tx: tx.all("SELECT created_at, resource, parameters FROM audit ORDER BY id"))
    assert rows == [(NOW + number, str(number), f'{{"n": {number}}}') for number in range(300)]


def test_insert_all_or_nothing(db: Database) -> None:
    """Of records of which one cannot be kept none is, and the database goes on."""
    records = [Record(CALLER, NOW, "good"), Record(CALLER, NOW, None)]  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)null"):
        db.write(lambda tx: audit.insert_all(tx, records))
    assert db.read(lambda tx: tx.all("SELECT resource FROM audit")) == []
    db.write(lambda tx: audit.insert_all(tx, records[:1]))
    assert db.read(lambda tx: tx.all("SELECT resource FROM audit")) == [("good",)]
