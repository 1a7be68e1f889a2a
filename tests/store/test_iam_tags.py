"""The table of IAM's tags."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, an_account

from entrepot.store import iam_tags
from entrepot.store.db import Database, Tx


def test_tags(db: Database) -> None:
    """Tags are replaced whatever the case of their key, listed without regard to it, moved and removed."""

    def fill(tx: Tx) -> None:
        an_account(tx)
        for key, value in (("b", "1"), ("A", "2"), ("B", "3"), ("É", "4"), ("é", "5"), ("gone", "")):
            iam_tags.put(tx, ACCOUNT, "arn:one", key, value)
        iam_tags.put(tx, ACCOUNT, "arn:two", "a", "theirs")
        iam_tags.remove(tx, "arn:one", "GONE")
        iam_tags.remove(tx, "arn:one", "not there")

    db.write(fill)
    tags = db.read(lambda tx: iam_tags.of(tx, "arn:one"))
    assert list(tags.items()) == [("A", "2"), ("B", "3"), ("é", "5")]
    db.write(lambda tx: iam_tags.move(tx, "arn:one", "arn:three"))
    assert db.read(lambda tx: (iam_tags.of(tx, "arn:one"), iam_tags.of(tx, "arn:three"))) == ({}, tags)
    db.write(lambda tx: iam_tags.remove_all(tx, "arn:three"))
    assert db.read(lambda tx: (iam_tags.of(tx, "arn:three"), iam_tags.of(tx, "arn:two"))) == ({}, {"a": "theirs"})
