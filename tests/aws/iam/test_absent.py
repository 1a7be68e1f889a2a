"""What tools look for before they delete a user, and find none of."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import plain, refused

LISTS = {
    "list_mfa_devices": "MFADevices",
    "list_ssh_public_keys": "SSHPublicKeys",
    "list_signing_certificates": "Certificates",
    "list_service_specific_credentials": "ServiceSpecificCredentials",
}


@pytest.mark.parametrize("operation", LISTS)
def test_lists(iam: Any, user: str, operation: str) -> None:
    """A user has none, a user that is not there is told, and the caller has none either."""
    ask = getattr(iam, operation)
    assert plain(ask(UserName=user))[LISTS[operation]] == []
    assert plain(ask())[LISTS[operation]] == []
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        ask(UserName="nobody")


def test_virtual_devices(iam: Any) -> None:
    """The account has none."""
    assert plain(iam.list_virtual_mfa_devices()) == {"VirtualMFADevices": [], "IsTruncated": False}


def test_passwords(iam: Any, user: str) -> None:
    """Nobody has one, and there is none to take away."""
    for ask in (iam.get_login_profile, iam.delete_login_profile):
        with refused("NoSuchEntity", f"Login Profile for User {user} cannot be found."):
            ask(UserName=user)
        with refused("NoSuchEntity", "The user with name nobody cannot be found."):
            ask(UserName="nobody")
