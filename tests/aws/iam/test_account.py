"""The account's alias and its summary, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import plain, refused


def test_alias(iam: Any, fresh: str) -> None:
    """An account has one alias: a second replaces it, and only that one can be taken off."""
    assert plain(iam.create_account_alias(AccountAlias=fresh)) == {}
    assert plain(iam.list_account_aliases()) == {"AccountAliases": [fresh], "IsTruncated": False}
    with refused("EntityAlreadyExists", f"The account alias {fresh} already exists."):
        iam.create_account_alias(AccountAlias=fresh)
    iam.create_account_alias(AccountAlias=f"{fresh}-2")
    with refused("NoSuchEntity", f"The account alias {fresh} does not exist."):
        iam.delete_account_alias(AccountAlias=fresh)
    assert plain(iam.delete_account_alias(AccountAlias=f"{fresh}-2")) == {}
    assert [page["AccountAliases"] for page in iam.get_paginator("list_account_aliases").paginate()] == [[]]


@pytest.mark.parametrize("alias", ["ab", "Upper", "-a", "a-", "a--b", "a" * 64])
def test_no_alias(raw: Any, alias: str) -> None:
    """An alias is 3 to 63 small letters, digits and single hyphens inside."""
    with pytest.raises(ClientError, match="ValidationError"):
        raw.create_account_alias(AccountAlias=alias)


def test_summary(iam: Any, user: str) -> None:
    """What there is is counted, and every figure of the model that counts or bounds something is there."""
    before = iam.get_account_summary()["SummaryMap"]
    iam.create_user(UserName=f"{user}2")
    iam.create_group(GroupName=user)
    after = iam.get_account_summary()["SummaryMap"]
    assert {name: after[name] - before[name] for name in ("Users", "Groups", "Roles")} == {
        "Users": 1,
        "Groups": 1,
        "Roles": 0,
    }
    assert (after["AccessKeysPerUserQuota"], after["AccountAccessKeysPresent"], after["AccountMFAEnabled"]) == (2, 1, 0)
    assert set(after) == set(iam.meta.service_model.shape_for("summaryKeyType").enum)
