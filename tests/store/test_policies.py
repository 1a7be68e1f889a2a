"""The tables of policies."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION, a_registry, a_repository

from entrepot.store import policies, repositories
from entrepot.store.db import Database
from entrepot.store.policies import Written


def test_repositories(db: Database) -> None:
    """A policy is set and replaced as it is, read, taken away once, and goes with its repository."""
    one, other = db.write(lambda tx: (a_repository(tx), a_repository(tx, "other")))
    assert db.read(lambda tx: policies.of_repository(tx, one)) is None
    for text in ('{"a": 1}', ' {\n"é": "\U0001f600"} '):
        db.write(lambda tx, text=text: policies.set_repository(tx, one, text, NOW))  # type: ignore[misc]
        assert db.read(lambda tx: policies.of_repository(tx, one)) == Written(text)
        assert db.read(lambda tx: policies.of_repository_named(tx, ACCOUNT, REGION, "team/app")) == Written(text)
    assert db.read(lambda tx: policies.of_repository_named(tx, ACCOUNT, REGION, "other")) is None
    assert db.read(lambda tx: policies.of_repository_named(tx, ACCOUNT, "eu-west-1", "team/app")) is None
    assert db.read(lambda tx: policies.of_repository(tx, other)) is None
    assert db.write(lambda tx: policies.delete_repository(tx, other)) is None
    assert db.write(lambda tx: policies.delete_repository(tx, one)) == Written(' {\n"é": "\U0001f600"} ')
    assert db.write(lambda tx: policies.delete_repository(tx, one)) is None
    db.write(lambda tx: policies.set_repository(tx, other, "{}", NOW))
    db.write(lambda tx: policies.set_repository(tx, other, "{}", NOW, '{"arn": "AIDA1"}'))
    assert db.read(lambda tx: policies.of_repository(tx, other)) == Written("{}", '{"arn": "AIDA1"}')
    db.write(lambda tx: repositories.delete(tx, other))
    assert db.read(lambda tx: tx.all("SELECT * FROM repository_policies")) == []


def test_registries(db: Database) -> None:
    """Each region of each account has its own, also where nothing was ever made."""
    one, other = db.write(lambda tx: (a_registry(tx), a_registry(tx, region="eu-west-1")))
    for registry, text in ((one, "old"), (one, "new"), (other, "theirs")):
        db.write(lambda tx, at=registry, text=text: policies.set_registry(tx, at, text, NOW))  # type: ignore[misc]

    def found(account: str, region: str) -> str | None:
        written = db.read(lambda tx: policies.of_registry(tx, account, region))
        return written.text if written is not None else None

    assert (found(ACCOUNT, REGION), found(ACCOUNT, "eu-west-1")) == ("new", "theirs")
    assert (found(ACCOUNT, "eu-west-2"), found("999999999999", REGION)) == (None, None)
    assert db.write(lambda tx: policies.delete_registry(tx, ACCOUNT, "eu-west-2")) is None
    assert db.write(lambda tx: policies.delete_registry(tx, ACCOUNT, REGION)) == Written("new")
    assert db.write(lambda tx: policies.delete_registry(tx, ACCOUNT, REGION)) is None
    assert found(ACCOUNT, "eu-west-1") == "theirs"
    db.write(lambda tx: policies.set_registry(tx, other, "ours", NOW, '{"arn": "AROA1"}'))
    assert db.write(lambda tx: policies.delete_registry(tx, ACCOUNT, "eu-west-1")) == Written(
        "ours", '{"arn": "AROA1"}'
    )
