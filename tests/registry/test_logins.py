"""What is recorded of a login that was refused, and what is not."""

from __future__ import annotations

import json

import pytest
from tests.factories import a_caller
from tests.registry.iam import HERE, OTHER, a_user, accounts

from entrepot.domain.errors import TokenRefused
from entrepot.domain.principals import NOBODY, Session
from entrepot.registry import access, access_keys, logins, sessions
from entrepot.registry.context import Registry


def rows(reg: Registry) -> list[tuple[str, str, str, dict[str, object]]]:
    """Account, key, error and parameters of what was refused."""
    reg.trail.flush(reg.db)
    found = reg.db.read(
        lambda tx: tx.all("SELECT account, access_key_id, error, parameters FROM audit WHERE error <> '' ORDER BY id")
    )
    return [(account, key, error, json.loads(parameters)) for account, key, error, parameters in found]


def refuse(reg: Registry, key: str) -> None:
    caller = a_caller(logins.ACTION)
    logins.refused(reg, type(caller)(NOBODY, caller.region, caller.action, "", "192.0.2.1", ""), key, "TokenRefused")


def test_known_and_unknown_keys(reg: Registry) -> None:
    """A key that there is is recorded in its account, another one in none; a flood is a row and a count."""
    accounts(reg)
    made = access_keys.create(reg, HERE, a_user(reg).name)
    assert access.secret_of(reg, made.key.id) == made.secret
    for _ in range(100):
        refuse(reg, made.key.id)
        refuse(reg, "AKIAUNKNOWN000000000")
        refuse(reg, reg.keys.access_key_id)
    assert rows(reg) == [
        ("123456789012", made.key.id, "TokenRefused", {"failures": 1}),
        ("", "AKIAUNKNOWN000000000", "TokenRefused", {"failures": 1}),
        ("123456789012", reg.keys.access_key_id, "TokenRefused", {"failures": 1}),
    ]


@pytest.mark.parametrize("user", ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "hunter2", "", "AKIA", "AKIA" + "x" * 16])
def test_what_may_be_a_secret(reg: Registry, user: str) -> None:
    """What stands where a key id belongs, and has not the form of one, is not kept."""
    refuse(reg, user)
    assert rows(reg) == [("", "", "TokenRefused", {"failures": 1})]
    assert not user or user not in str(reg.db.read(lambda tx: tx.all("SELECT * FROM audit")))


def test_a_key_with_anothers_session_token(reg: Registry) -> None:
    """A key that is there, sent with a session token that is not its own, is recorded in its account."""
    accounts(reg)
    made = access_keys.create(reg, HERE, a_user(reg).name)
    token = sessions.issue(reg, OTHER, None, Session("", reg.now(), reg.now() + 900_000_000)).token
    for key in (made.key.id, "AKIAUNKNOWN000000000"):
        with pytest.raises(TokenRefused):
            access.signer(reg, key, token)
        refuse(reg, key)
    assert [row[:2] for row in rows(reg)] == [("123456789012", made.key.id), ("", "AKIAUNKNOWN000000000")]
