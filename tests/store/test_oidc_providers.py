"""The table of OpenID Connect providers."""

from __future__ import annotations

from dataclasses import replace

from tests.store.rows import ACCOUNT, NOW, an_account

from entrepot.domain.oidc_providers import Provider
from entrepot.store import oidc_providers as table
from entrepot.store.db import Database, Tx

OTHER = "999999999999"


def test_providers(db: Database) -> None:
    """A provider is made once, listed by ARN in its account, changed and removed."""
    first = Provider("arn:a", ACCOUNT, "a.example", ("sts", "other"), ("ab" * 20,), NOW)
    second, theirs = replace(first, arn="arn:b", client_ids=()), replace(first, arn="arn:c", account=OTHER)

    def fill(tx: Tx) -> None:
        an_account(tx)
        an_account(tx, OTHER)
        for provider in (second, first, theirs):
            assert table.insert(tx, provider)
        assert not table.insert(tx, first)

    db.write(fill)
    assert db.read(lambda tx: table.of_account(tx, ACCOUNT)) == [first, second]
    changed = replace(first, client_ids=("third",), thumbprints=())
    db.write(lambda tx: table.update(tx, changed))
    assert db.read(lambda tx: table.find(tx, "arn:a")) == changed
    assert db.write(lambda tx: (table.delete(tx, "arn:a"), table.delete(tx, "arn:a"))) == (True, False)
    assert db.read(lambda tx: (table.find(tx, "arn:a"), table.find(tx, "arn:b"))) == (None, second)
