"""The table of repository creation templates."""

from __future__ import annotations

from dataclasses import replace

from tests.store.rows import ACCOUNT, NOW, REGION, a_registry

from entrepot.domain.repositories import Mutability
from entrepot.domain.templates import Template
from entrepot.store import templates
from entrepot.store.db import Database

FULL = Template(
    prefix="prod/",
    applied_for=("CREATE_ON_PUSH", "REPLICATION"),
    description='so "it" is',
    mutability=Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", "dev-*")),
    encryption_type="AES256",
    kms_key="",
    repository_policy='{"Version": "2012-10-17"}',
    lifecycle_policy='{"rules": []}',
    tags={"b": "é", "a": ""},
    custom_role_arn="arn:aws:iam::123456789012:role/r",
    created_at=NOW,
    updated_at=NOW,
)


def find(db: Database, prefix: str, region: str = REGION) -> Template | None:
    return db.read(lambda tx: templates.find(tx, ACCOUNT, region, prefix))


def test_put_and_find(db: Database) -> None:
    """A template is found whole under both spellings of its prefix, in its registry only."""
    db.write(lambda tx: templates.put(tx, a_registry(tx), FULL))
    assert find(db, "prod") == find(db, "prod/") == FULL
    assert list((find(db, "prod") or FULL).tags) == ["b", "a"]
    assert find(db, "pro") is None
    assert find(db, "prod/team") is None
    assert find(db, "prod", "eu-west-1") is None


def test_put_again(db: Database) -> None:
    """A second write replaces everything but the time of creation."""
    other = Template("prod/", ("PULL_THROUGH_CACHE",), created_at=NOW + 5, updated_at=NOW + 5)
    db.write(lambda tx: templates.put(tx, a_registry(tx), FULL))
    db.write(lambda tx: templates.put(tx, a_registry(tx), other))
    assert find(db, "prod/") == replace(other, created_at=NOW)


def test_pages(db: Database) -> None:
    """Templates come by the bytes of their prefixes, ROOT among them, from the one after the last."""
    for prefix in ("b", "a/", "ROOT", "a", "a-b"):
        db.write(lambda tx, prefix=prefix: templates.put(tx, a_registry(tx), replace(FULL, prefix=prefix)))  # type: ignore[misc]
    db.write(lambda tx: templates.put(tx, a_registry(tx, region="eu-west-1"), replace(FULL, prefix="theirs")))
    first = db.read(lambda tx: templates.page(tx, ACCOUNT, REGION, "", 3))
    rest = db.read(lambda tx: templates.page(tx, ACCOUNT, REGION, "a-b", 3))
    assert [template.prefix for template in first] == ["ROOT", "a", "a-b"]
    assert [template.prefix for template in rest] == ["a/", "b"]


def test_delete(db: Database) -> None:
    """Only the template of exactly that prefix goes."""
    db.write(lambda tx: templates.put(tx, a_registry(tx), FULL))
    db.write(lambda tx: templates.delete(tx, a_registry(tx), "prod"))
    assert find(db, "prod") == FULL
    db.write(lambda tx: templates.delete(tx, a_registry(tx), "prod/"))
    assert find(db, "prod") is None
