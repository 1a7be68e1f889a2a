"""Access keys: sealed, two for each user, of their own account only, and when they were last used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.factories import ACCOUNT, Clock
from tests.registry.iam import HERE, OTHER, THERE, a_user, accounts, moves, recorded

from entrepot.domain import iam_names as names
from entrepot.domain.errors import (
    AccessDenied,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    TokenRefused,
    ValidationFailed,
)
from entrepot.domain.principals import Caller, Principal
from entrepot.registry import access_keys, audit
from entrepot.registry.context import Registry
from entrepot.store import access_keys as table
from entrepot.store import identities


def as_user(reg: Registry, name: str = "alice") -> Caller:
    user = reg.db.read(lambda tx: identities.find(tx, ACCOUNT, "user", name))
    assert user is not None
    principal = Principal(ACCOUNT, user.arn, user.unique_id, "AKIAX", "user", user.id, name)
    return replace(HERE, principal=principal)


def test_a_secret_is_sealed(reg: Registry) -> None:
    """The database holds the secret under the installation's key, bound to its row, and nothing prints it."""
    accounts(reg)
    user = a_user(reg)
    made = access_keys.create(reg, HERE, "alice")
    row = reg.db.read(lambda tx: table.find(tx, made.key.id))
    assert row is not None
    assert (row.identity, row.account, len(made.secret)) == (user.id, ACCOUNT, 40)
    assert made.secret.encode() not in row.secret
    assert access_keys.secret_of(reg, row) == made.secret
    assert names.account_of_key(row.id) == ACCOUNT
    with pytest.raises(TokenRefused):
        access_keys.secret_of(reg, replace(row, id="AKIAQAAAAAAAAAAAAAAA"))
    assert made.secret not in repr(made)
    assert made.secret not in str(reg.db.read(lambda tx: tx.all("SELECT parameters FROM audit")))


def test_limits(reg: Registry) -> None:
    """Two keys for a user; root of the installation's account has one in its settings already."""
    accounts(reg)
    a_user(reg)
    keys = [access_keys.create(reg, HERE, "alice").key.id for _ in range(2)]
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for AccessKeysPerUser: 2$"):
        access_keys.create(reg, HERE, "alice")
    name, page = access_keys.list_page(reg, HERE, "alice", None, None)
    assert (name, sorted(key.id for key in page.items)) == ("alice", sorted(keys))
    root = access_keys.create(reg, HERE, None).key.id
    with pytest.raises(LimitExceeded):
        access_keys.create(reg, HERE, None)
    name, page = access_keys.list_page(reg, HERE, None, None, None)
    assert (name, [key.id for key in page.items]) == ("", [reg.keys.access_key_id, root])
    assert access_keys.list_page(reg, THERE, None, None, None)[1].items == ()


def test_changes(reg: Registry) -> None:
    """Turning off and deleting are recorded, and every process looks again."""
    accounts(reg)
    user = a_user(reg)
    key = access_keys.create(reg, HERE, "alice").key.id
    before = moves(reg)
    access_keys.set_status(reg, HERE, "alice", key, "Inactive")
    assert [each.active for each in access_keys.list_page(reg, HERE, "alice", None, None)[1].items] == [False]
    with pytest.raises(InvalidInput):
        access_keys.set_status(reg, HERE, "alice", key, "Expired")
    access_keys.delete(reg, HERE, "alice", key)
    with pytest.raises(NoSuchEntity, match=f"^The Access Key with id {key} cannot be found"):
        access_keys.delete(reg, HERE, "alice", key)
    assert moves(reg) == before + 2
    assert recorded(reg)[-2:] == [("iam:Test", user.arn)] * 2


def test_whose_key(reg: Registry) -> None:
    """Without a name a user means itself; a role's session has to name somebody."""
    accounts(reg)
    a_user(reg)
    a_user(reg, "bob")
    alice = as_user(reg)
    key = access_keys.create(reg, alice, None)
    assert key.user == "alice"
    with pytest.raises(NoSuchEntity):
        access_keys.delete(reg, as_user(reg, "bob"), None, key.key.id)
    session = replace(alice, principal=replace(alice.principal, kind="role"))
    with pytest.raises(ValidationFailed, match=r"^Must specify userName when calling with non-User credentials$"):
        access_keys.create(reg, session, None)
    access_keys.delete(reg, session, "alice", key.key.id)


def test_another_accounts_key(reg: Registry) -> None:
    """Another account's key is refused like one that nobody has, whatever is asked."""
    accounts(reg)
    a_user(reg)
    key = access_keys.create(reg, HERE, "alice").key.id
    for wanted in (key, "AKIAIOSFODNN7NOTHERE", reg.keys.access_key_id):
        with pytest.raises(AccessDenied, match=f"on resource: access key {wanted} because no identity-based policy"):
            access_keys.last_used(reg, THERE, wanted)
    for name in ("alice", "nobody"):
        with pytest.raises(NoSuchEntity, match=f"^The user with name {name} cannot be found"):
            access_keys.delete(reg, THERE, name, key)
    with pytest.raises(NoSuchEntity, match=f"^The Access Key with id {key} cannot be found"):
        access_keys.delete(reg, THERE, None, key)
    with pytest.raises(ValidationFailed):
        access_keys.delete(reg, HERE, None, reg.keys.access_key_id)
    with pytest.raises(NoSuchEntity):
        access_keys.delete(reg, THERE, None, reg.keys.access_key_id)


def test_last_used(reg: Registry, clock: Clock) -> None:
    """The last use is written with the trail and moves at most once a minute; a role's is the role's own."""
    accounts(reg)
    user = a_user(reg)
    key = access_keys.create(reg, HERE, "alice").key.id
    alice = as_user(reg)
    caller = replace(alice, principal=replace(alice.principal, access_key_id=key))

    def last() -> tuple[int | None, str, str]:
        reg.trail.flush(reg.db)
        found = access_keys.last_used(reg, HERE, key)[1]
        return found.last_used_at, found.last_used_region, found.last_used_service

    assert last() == (None, "", "")
    access_keys.used(reg, caller.principal, "us-east-1", "ecr")
    first = clock()
    assert last() == (first, "us-east-1", "ecr")
    clock.forward(59)
    access_keys.used(reg, caller.principal, "us-east-1", "sts")
    assert last() == (first, "us-east-1", "ecr")
    clock.forward(1)
    access_keys.used(reg, caller.principal, "eu-west-1", "sts")
    assert last() == (first + 60_000_000, "eu-west-1", "sts")
    access_keys.used(reg, replace(caller.principal, kind="role", access_key_id="ASIAX"), "us-east-1", "ecr")
    reg.trail.flush(reg.db)
    role = reg.db.read(lambda tx: identities.get(tx, user.id))
    assert role is not None
    assert (role.last_used_at, role.last_used_region) == (clock(), "us-east-1")


def test_a_use_is_not_lost_when_the_database_fails(
    reg: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written is written the next time, and what came meanwhile counts more."""
    accounts(reg)
    a_user(reg)
    keys = [access_keys.create(reg, HERE, "alice").key.id for _ in range(2)]

    def fail(*_: object) -> None:
        raise RuntimeError

    for key in keys:
        reg.trail.use(key, clock(), "us-east-1", "ecr")
    with monkeypatch.context() as broken:
        broken.setattr(table, "used", fail)
        with pytest.raises(RuntimeError):
            reg.trail.flush(reg.db)
    first = clock()
    clock.forward(60)
    reg.trail.use(keys[1], clock(), "us-east-1", "sts")
    reg.trail.flush(reg.db)
    found = [access_keys.last_used(reg, HERE, key)[1] for key in keys]
    assert [(key.last_used_at, key.last_used_service) for key in found] == [(first, "ecr"), (clock(), "sts")]


def test_what_is_known_of_uses_is_bounded(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process forgets which keys were noted before it knows too many."""
    monkeypatch.setattr(audit, "USED_MAX", 2)
    for number in range(5):
        reg.trail.use(f"AKIA{number}", 60_000_000, "us-east-1", "ecr")
    assert len(reg.trail._used) <= 2  # what is to be bounded
    reg.trail.flush(reg.db)


def test_at_the_same_time(reg: Registry) -> None:
    """However many ask at once, a user has two keys."""
    accounts(reg)
    a_user(reg)

    def make(_: int) -> bool:
        try:
            access_keys.create(reg, HERE, "alice")
        except LimitExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(make, range(8))) == [False] * 6 + [True] * 2
    assert len(access_keys.list_page(reg, HERE, "alice", None, None)[1].items) == 2


def test_the_account_of_a_key(reg: Registry) -> None:
    """It stands in the id; of the key in the settings, whose id may read as another account's, it is the settings'."""
    accounts(reg)
    made = access_keys.create(reg, HERE, a_user(reg).name)
    elsewhere = names.access_key_id(OTHER, b"abcde")
    for key, account in ((made.key.id, ACCOUNT), (reg.keys.access_key_id, ACCOUNT), (elsewhere, OTHER), ("AKIA", None)):
        assert access_keys.account_of(reg, key) == account
    given = replace(reg, keys=replace(reg.keys, access_key_id=elsewhere))
    assert access_keys.account_of(given, elsewhere) == ACCOUNT
