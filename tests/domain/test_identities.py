"""Which identity an ARN stands for."""

from __future__ import annotations

import pytest

from entrepot.domain.identities import identity

ROLE = "arn:aws:iam::123456789012:role/ci/scanners/nightly"
SESSION = "arn:aws:sts::123456789012:assumed-role/nightly/i-0abc"


def test_sessions_are_their_role() -> None:
    """A role is named with its path, its sessions without; all are one."""
    assert identity(ROLE) == identity(SESSION) == identity("arn:aws:iam::123456789012:role/nightly")
    assert identity(SESSION) == identity("arn:aws-cn:sts::123456789012:assumed-role/nightly/other")


@pytest.mark.parametrize(
    "other",
    [
        "arn:aws:iam::999999999999:role/nightly",
        "arn:aws:iam::123456789012:user/nightly",
        "arn:aws:iam::123456789012:role/nightly2",
        "arn:aws:sts::123456789012:federated-user/nightly",
        "arn:aws:iam::123456789012:root",
    ],
)
def test_others_are_not(other: str) -> None:
    """Another account, another name, or a user of the same name is somebody else."""
    assert identity(other) not in {identity(SESSION), identity(ROLE)}


def test_users_are_themselves() -> None:
    """A user is compared with its path, as its ARN has it."""
    for user in ("arn:aws:iam::123456789012:user/a/me", "arn:aws:iam::123456789012:user/me"):
        assert identity(user) == user
