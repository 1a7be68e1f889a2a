"""Managed policies: created, looked up, listed, deleted; AWS's own are everybody's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_user, accounts, moves, recorded

from entrepot.domain import aws_policies
from entrepot.domain import errors as e
from entrepot.domain import managed_policies as rules
from entrepot.registry import attachments, boundaries, managed_policies, policy_versions
from entrepot.registry.context import Registry
from entrepot.registry.managed_policies import Known, Wanted

TEXT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]})
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:policy{name}"


def a_policy(reg: Registry, name: str = "Pull", path: str = "/", **tags: str) -> Known:
    return managed_policies.create(reg, HERE, name, path, "pulls", TEXT, tags)


def test_create_and_get(reg: Registry) -> None:
    """A policy has an id, a path, a first version and its tags; creating it is recorded."""
    accounts(reg)
    made = a_policy(reg, path="/team/", Team="a")
    policy = made.policy
    assert (policy.arn, policy.unique_id[:4], policy.default_version) == (arn("/team/Pull"), "ANPA", 1)
    assert (policy.description, policy.created_at, policy.updated_at) == ("pulls", reg.now(), reg.now())
    assert managed_policies.get(reg, ACCOUNT, policy.arn) == Known(policy, 0, 0, {"Team": "a"}) == made
    assert (recorded(reg), moves(reg)) == ([("iam:Test", policy.arn)], 1)
    assert reg.db.read(lambda tx: managed_policies.text_of(tx, policy.arn)) == TEXT


def test_names(reg: Registry) -> None:
    """A name is taken in any case and under any path, and found under its own path only."""
    accounts(reg)
    a_policy(reg, path="/team/")
    with pytest.raises(e.EntityAlreadyExists) as caught:
        a_policy(reg, "pULL")
    assert str(caught.value) == "A policy called pULL already exists. Duplicate names are not allowed."
    with pytest.raises(e.NoSuchEntity) as missing:
        managed_policies.get(reg, ACCOUNT, arn("/Pull"))
    assert str(missing.value) == f"Policy {arn('/Pull')} was not found."
    with pytest.raises(e.InvalidInput, match=r"^ARN Pull is not valid\.$"):
        managed_policies.get(reg, ACCOUNT, "Pull")


def test_documents(reg: Registry) -> None:
    """What is no policy, or too large without its white space, is refused and leaves nothing."""
    accounts(reg)
    with pytest.raises(e.MalformedPolicyDocument):
        managed_policies.create(reg, HERE, "x", "/", "", "{}", {})
    room = rules.MANAGED_CHARACTERS - rules.characters(TEXT)
    fits = TEXT.replace("ecr:*", f"ecr:{'x' * room}*").replace(" ", " \n\t ")
    managed_policies.create(reg, HERE, "fits", "/", "", fits, {})
    with pytest.raises(e.LimitExceeded, match="Cannot exceed quota for PolicySize: 6144"):
        managed_policies.create(reg, HERE, "x", "/", "", fits.replace("ecr:", "ecr:x"), {})
    assert managed_policies.list_page(reg, ACCOUNT, Wanted("Local"), None, None).items[1:] == ()


def test_a_quota(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to how many an account has."""
    accounts(reg)
    monkeypatch.setattr(rules, "POLICIES_PER_ACCOUNT", 1)
    a_policy(reg)
    with pytest.raises(e.LimitExceeded, match="Cannot exceed quota for PoliciesPerAccount: 1"):
        a_policy(reg, "Push")


def test_delete(reg: Registry) -> None:
    """A policy that something has, that bounds something, or that has two versions stays; tags go with it."""
    accounts(reg)
    a_user(reg)
    one = a_policy(reg, Team="a").policy.arn
    attachments.attach(reg, HERE, "user", "alice", one)
    with pytest.raises(e.DeleteConflict, match=r"^Cannot delete a policy attached to entities\.$"):
        managed_policies.delete(reg, HERE, one)
    attachments.detach(reg, HERE, "user", "alice", one)
    boundaries.put(reg, HERE, "user", "alice", one)
    with pytest.raises(e.DeleteConflict, match=r"^Cannot delete a policy attached to entities\.$"):
        managed_policies.delete(reg, HERE, one)
    boundaries.delete(reg, HERE, "user", "alice")
    policy_versions.create(reg, HERE, one, TEXT, default=True)
    with pytest.raises(e.DeleteConflict, match="more than one version"):
        managed_policies.delete(reg, HERE, one)
    policy_versions.delete(reg, HERE, one, "v1")
    managed_policies.delete(reg, HERE, one)
    with pytest.raises(e.NoSuchEntity):
        managed_policies.delete(reg, HERE, one)
    assert reg.db.read(lambda tx: managed_policies.text_of(tx, one)) is None
    assert a_policy(reg).tags == {}
    assert managed_policies.get(reg, ACCOUNT, one).tags == {}


def test_lists(reg: Registry) -> None:
    """Lists are by name, the account's own first, of a scope, a path, a usage; pages put together are the list."""
    accounts(reg)
    a_user(reg)
    for name, path in (("b", "/p/"), ("A", "/"), ("c", "/p/q/")):
        a_policy(reg, name, path)
    attachments.attach(reg, HERE, "user", "alice", READ_ONLY)
    attachments.attach(reg, HERE, "user", "alice", arn("/p/b"))
    boundaries.put(reg, HERE, "user", "alice", arn("/p/q/c"))

    def names(wanted: Wanted, account: str = ACCOUNT) -> list[str]:
        found, marker = [], None
        while True:
            page = managed_policies.list_page(reg, account, wanted, marker, 2)
            found += [known.policy.name for known in page.items]
            marker = page.marker
            if marker is None:
                return found

    aws = [policy.name for policy in aws_policies.POLICIES.values()]
    assert names(Wanted()) == ["A", "b", "c", *aws]
    assert names(Wanted("Local")) == ["A", "b", "c"]
    assert names(Wanted("AWS")) == aws == names(Wanted(), OTHER)
    assert names(Wanted(prefix="/p/")) == ["b", "c"]
    assert names(Wanted(only_attached=True)) == ["b", "c", READ_ONLY.rsplit("/", 1)[1]]
    assert names(Wanted(usage="PermissionsPolicy", scope="Local")) == ["b"]
    assert names(Wanted(usage="PermissionsBoundary")) == ["c"]
    known = managed_policies.get(reg, ACCOUNT, READ_ONLY)
    assert (known.attached, managed_policies.get(reg, OTHER, READ_ONLY).attached) == (1, 0)
    with pytest.raises(e.ValidationFailed, match="Invalid Marker"):
        managed_policies.list_page(reg, ACCOUNT, Wanted(), "x", 2)


def test_accounts_are_apart(reg: Registry) -> None:
    """Another account's policy is not there, whatever is done with it; AWS's cannot be changed by anybody."""
    accounts(reg)
    one = a_policy(reg).policy.arn
    for change in (
        lambda: managed_policies.get(reg, OTHER, one),
        lambda: managed_policies.delete(reg, THERE, one),
        lambda: policy_versions.create(reg, THERE, one, TEXT, default=True),
        lambda: policy_versions.list_page(reg, OTHER, one, None, None),
        lambda: policy_versions.set_default(reg, THERE, one, "v1"),
    ):
        with pytest.raises(e.NoSuchEntity, match=f"^Policy {one} was not found.$"):
            change()
    for refused in (
        lambda: managed_policies.delete(reg, HERE, READ_ONLY),
        lambda: policy_versions.create(reg, HERE, READ_ONLY, TEXT, default=True),
        lambda: policy_versions.delete(reg, HERE, READ_ONLY, "v3"),
    ):
        with pytest.raises(e.InvalidInput):
            refused()
    assert managed_policies.get(reg, OTHER, READ_ONLY).policy == replace(aws_policies.POLICIES[READ_ONLY])
