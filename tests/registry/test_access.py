"""Who is calling, and what they may do."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT, KEY, a_caller

from entrepot.domain import errors as e
from entrepot.domain.names import repository_arn
from entrepot.domain.principals import Principal
from entrepot.registry import access
from entrepot.registry.context import Registry

ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "AKIAIOSFODNN7EXAMPLE")


def test_the_root_key(reg: Registry) -> None:
    """The access key of the installation is its account's root."""
    assert access.secret_of(reg, "AKIAIOSFODNN7EXAMPLE") == "a secret"
    assert access.principal_of(reg, "AKIAIOSFODNN7EXAMPLE") == ROOT
    assert access.principal_of_password(reg, "AKIAIOSFODNN7EXAMPLE", "a secret") == ROOT


@pytest.mark.parametrize("key", ["", "AKIAIOSFODNN7EXAMPLF", "akiaiosfodnn7example", "é", "\0"])
@pytest.mark.parametrize("secret", ["", "a secret", "wrong", "é\0"])
def test_other_keys(reg: Registry, key: str, secret: str) -> None:
    """Any other key is nobody's, whatever the secret."""
    assert access.secret_of(reg, key) is None
    with pytest.raises(e.TokenRefused):
        access.principal_of(reg, key)
    with pytest.raises(e.TokenRefused):
        access.principal_of_password(reg, key, secret)


@pytest.mark.parametrize("secret", ["", "A secret", "a secret ", "a secre", "é"])
def test_wrong_secrets(reg: Registry, secret: str) -> None:
    """The key with any other secret is refused."""
    with pytest.raises(e.TokenRefused):
        access.principal_of_password(reg, "AKIAIOSFODNN7EXAMPLE", secret)


def test_authorise() -> None:
    """Root may do everything in its own account and nothing in another, in ECR's words."""
    mine = repository_arn(KEY.region, KEY.account, "team/app")
    theirs = repository_arn(KEY.region, "999999999999", "team/app")
    access.authorise(a_caller("ecr:PutImage"), mine)
    access.authorise(a_caller("ecr:GetAuthorizationToken"), access.ANY)
    with pytest.raises(e.AccessDenied) as caught:
        access.authorise(a_caller("ecr:PutImage"), theirs)
    assert str(caught.value) == (
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: ecr:PutImage on resource: {theirs} "
        "because no resource-based policy allows the ecr:PutImage action"
    )
