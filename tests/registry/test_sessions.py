"""Session tokens: what they carry, and when they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories import ACCOUNT, Clock

from entrepot.domain import iam_names
from entrepot.domain.errors import SessionExpired, TokenRefused
from entrepot.domain.principals import Session
from entrepot.registry import accounts, sessions
from entrepot.store import identities
from entrepot.store.identities import get

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.registry.context import Registry


def a_role(reg: Registry) -> Identity:
    accounts.settle(reg.db, ACCOUNT, reg.now())
    unique = iam_names.unique_id(iam_names.ROLE, b"x" * 11)
    id_ = reg.db.write(lambda tx: identities.insert(tx, ACCOUNT, iam_names.ROLE, "ci", "/x/", unique, reg.now()))
    found = reg.db.read(lambda tx: get(tx, id_ or 0))
    assert found is not None
    return found


def test_round_trip(reg: Registry, clock: Clock) -> None:
    """Everything that was fixed when it was issued comes back, over the session token and over a login token."""
    role = a_role(reg)
    context = {"aws:principaltag/team": ("Blue",), "x:amr": ("a", "ü")}
    given = Session("job", clock(), clock() + 900_000_000, ("{}", "arn:aws:iam::aws:policy/x"), context)
    made = sessions.issue(reg, ACCOUNT, role, given)
    principal, secret = sessions.read(reg, made.access_key_id, made.token)
    assert (secret, principal.session) == (made.secret, given)
    assert principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/job"
    assert principal.source_arn == f"arn:aws:iam::{ACCOUNT}:role/x/ci"
    assert principal.user_id == f"{role.unique_id}:job"
    assert sessions.of_text(reg, sessions.to_text(reg, principal)) == principal
    assert iam_names.account_of_key(made.access_key_id) == ACCOUNT
    assert made.secret not in repr(made)


def test_the_end(reg: Registry, clock: Clock) -> None:
    """A session is good until its last microsecond."""
    made = sessions.issue(reg, ACCOUNT, a_role(reg), Session("job", clock(), clock() + 900_000_000))
    clock.at += 900_000_000 - 1
    principal, _ = sessions.read(reg, made.access_key_id, made.token)
    clock.at += 1
    with pytest.raises(SessionExpired):
        sessions.read(reg, made.access_key_id, made.token)
    with pytest.raises(SessionExpired):
        sessions.of_text(reg, sessions.to_text(reg, principal))


def test_a_root_session(reg: Registry, clock: Clock) -> None:
    """Root's own, until the account is gone."""
    made = sessions.issue(reg, ACCOUNT, None, Session("", clock(), clock() + 900_000_000))
    assert sessions.read(reg, made.access_key_id, made.token)[0].arn == f"arn:aws:iam::{ACCOUNT}:root"
    other = accounts.create(reg, "other", "210987654321").account.number
    made = sessions.issue(reg, other, None, Session("", clock(), clock() + 900_000_000))
    principal, _ = sessions.read(reg, made.access_key_id, made.token)
    login = sessions.to_text(reg, principal)
    assert sessions.of_text(reg, login) == principal
    accounts.delete(reg, other)
    for again in (True, False):
        reg.memory.doubt()
        with pytest.raises(TokenRefused):
            sessions.read(reg, made.access_key_id, made.token)
        with pytest.raises(TokenRefused):
            sessions.of_text(reg, login)
        clock.forward(1)
        if again:
            accounts.create(reg, "another", other)


def test_packed() -> None:
    """Policies and tags take room, in percent of what there is, rounded up."""
    assert sessions.packed((), {}) == 1
    assert sessions.packed(("{}",), {"aws:principaltag/a": ("b",)}) < 5
    assert sessions.packed(tuple(f"{number**9}" for number in range(2000)), {}) > 100
