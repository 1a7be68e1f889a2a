"""Roles: created, looked up, changed, deleted."""

from __future__ import annotations

import json

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, accounts, moves, recorded

from entrepot.domain import errors as e
from entrepot.domain import managed_policies as rules
from entrepot.domain.iam_entities import Identity
from entrepot.registry import attachments, boundaries, identities, inline_policies, instance_profiles, roles
from entrepot.registry.context import Registry
from entrepot.registry.users import Tagged

STATEMENT = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
ALLOW = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}}'


def a_role(reg: Registry, name: str = "node", path: str = "/", **tags: str) -> Identity:
    return roles.create(reg, HERE, roles.New(name, path, TRUST, tags=tags)).identity


def test_create_and_get(reg: Registry) -> None:
    """A role has an id, its trust policy as it was submitted, an hour for its sessions, and its tags."""
    accounts(reg)
    role = a_role(reg, path="/team/", Team="a")
    assert (role.arn, role.unique_id[:4]) == (f"arn:aws:iam::{ACCOUNT}:role/team/node", "AROA")
    assert (role.trust, role.max_session, role.description, role.boundary) == (TRUST, 3600, "", "")
    assert (role.last_used_at, role.created_at) == (None, reg.now())
    assert roles.get(reg, ACCOUNT, "node") == Tagged(role, {"Team": "a"})
    assert (recorded(reg), moves(reg)) == ([("iam:Test", role.arn)], 1)
    with pytest.raises(e.EntityAlreadyExists, match=r"^Role with name NODE already exists\.$"):
        a_role(reg, "NODE")


def test_everything_given(reg: Registry) -> None:
    """Description, longest session and boundary are kept; a boundary has to be there."""
    accounts(reg)
    new = roles.New("node", "/", TRUST, "nodes pull", 7200, READ_ONLY)
    role = roles.create(reg, HERE, new).identity
    assert (role.description, role.max_session, role.boundary) == ("nodes pull", 7200, READ_ONLY)
    gone = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    with pytest.raises(e.NoSuchEntity, match=f"^Scope ARN: {gone} does not exist or is not attachable.$"):
        roles.create(reg, HERE, roles.New("other", "/", TRUST, boundary=gone))
    with pytest.raises(e.NoSuchEntity):
        roles.get(reg, ACCOUNT, "other")


def test_update(reg: Registry) -> None:
    """Trust policy, description and longest session are changed each by itself."""
    accounts(reg)
    a_role(reg)
    other = TRUST.replace("ec2", "ecs-tasks")
    roles.set_trust(reg, HERE, "node", other)
    assert roles.update(reg, HERE, "node", "says", None).description == "says"
    role = roles.update(reg, HERE, "node", None, 43_200)
    assert (role.trust, role.description, role.max_session) == (other, "says", 43_200)
    assert roles.update(reg, HERE, "node", "", None).description == ""
    assert moves(reg) == 5
    for change in (
        lambda: roles.update(reg, THERE, "node", "x", None),
        lambda: roles.set_trust(reg, THERE, "node", TRUST),
        lambda: roles.delete(reg, THERE, "node"),
        lambda: roles.get(reg, OTHER, "node"),
    ):
        with pytest.raises(e.NoSuchEntity, match=r"^The role with name node cannot be found\.$"):
            change()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        json.dumps({"Statement": {**STATEMENT, "Resource": "*"}}),
        json.dumps({"Statement": {**STATEMENT, "Action": "ecr:*"}}),
        json.dumps({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}),
        json.dumps({"Statement": {**STATEMENT, "Condition": {"StringAlmost": {"aws:username": "x"}}}}),
    ],
)
def test_trust_policies(reg: Registry, text: str) -> None:
    """What is no trust policy is refused and changes nothing."""
    accounts(reg)
    a_role(reg)
    with pytest.raises(e.MalformedPolicyDocument):
        roles.create(reg, HERE, roles.New("other", "/", text))
    with pytest.raises(e.MalformedPolicyDocument):
        roles.set_trust(reg, HERE, "node", text)
    assert [role.name for role in identities.list_page(reg, ACCOUNT, "role", None, None, None).items] == ["node"]
    assert roles.get(reg, ACCOUNT, "node").identity.trust == TRUST


def test_the_size_of_trust(reg: Registry) -> None:
    """A trust policy has 2,048 characters at most, white space not counted."""
    accounts(reg)
    room = rules.TRUST_CHARACTERS - rules.characters(TRUST)
    fits = TRUST.replace("sts:AssumeRole", f"sts:AssumeRole{'*' * room}").replace(" ", "\n   ")
    roles.create(reg, HERE, roles.New("node", "/", fits))
    with pytest.raises(e.LimitExceeded, match="Cannot exceed quota for ACLSizePerRole: 2048"):
        roles.set_trust(reg, HERE, "node", fits.replace("sts:", "sts:*"))


def test_delete(reg: Registry) -> None:
    """A role that is in a profile or has policies stays; a boundary does not keep it."""
    accounts(reg)
    a_role(reg)
    instance_profiles.create(reg, HERE, "node", "/", {})
    instance_profiles.add_role(reg, HERE, "node", "node")
    attachments.attach(reg, HERE, "role", "node", READ_ONLY)
    inline_policies.put(reg, HERE, "role", "node", "inline", ALLOW)
    boundaries.put(reg, HERE, "role", "node", READ_ONLY)
    with pytest.raises(e.DeleteConflict) as first:
        roles.delete(reg, HERE, "node")
    assert str(first.value) == "Cannot delete entity, must remove roles from instance profile first."
    instance_profiles.remove_role(reg, HERE, "node", "node")
    with pytest.raises(e.DeleteConflict, match=r"^Cannot delete entity, must detach all policies first\.$"):
        roles.delete(reg, HERE, "node")
    attachments.detach(reg, HERE, "role", "node", READ_ONLY)
    with pytest.raises(e.DeleteConflict, match=r"^Cannot delete entity, must delete policies first\.$"):
        roles.delete(reg, HERE, "node")
    inline_policies.delete(reg, HERE, "role", "node", "inline")
    roles.delete(reg, HERE, "node")
    with pytest.raises(e.NoSuchEntity):
        roles.delete(reg, HERE, "node")
