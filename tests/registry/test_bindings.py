"""Policies of repositories, registries and roles stay with whom they named, whatever the names come to mean."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository
from tests.registry.iam import HERE, OTHER, THERE, a_user, accounts
from tests.registry.test_access import REPOSITORY, grant, may

from entrepot.domain import errors as e
from entrepot.domain.iam_entities import Identity
from entrepot.domain.principals import Caller, Session, root
from entrepot.registry import (
    access,
    account_settings,
    authorization_details,
    creation,
    directory,
    identities,
    instance_profiles,
    policies,
    roles,
    sessions,
    templates,
    users,
)
from entrepot.registry.context import Registry
from entrepot.registry.templates import Change
from entrepot.store import identities as table
from entrepot.store import inline_policies

ABSENT = "555566667777"
PULL = "ecr:BatchGetImage"


@pytest.fixture(autouse=True)
def world(reg: Registry) -> None:
    accounts(reg)
    a_repository(reg)


def as_user(reg: Registry, user: Identity) -> Caller:
    """The user as a caller who wants to pull."""
    found = directory.named(reg, user.arn)
    assert found is not None
    return replace(a_caller(PULL), principal=found)


def as_role(reg: Registry, role: Identity, run: str = "run") -> Caller:
    session = Session(run, reg.now(), reg.now() + 3_600_000_000)
    return replace(a_caller(PULL), principal=sessions.principal_of(role, "ASIA", session))


def a_role(reg: Registry, name: str = "ci", trust: str = "") -> Identity:
    text = trust or grant({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole")
    return roles.create(reg, HERE, roles.New(name, "/team/", text)).identity


def set_policy(reg: Registry, principal: Any, **members: Any) -> None:
    policies.set_repository(reg, a_caller(), KEY, "team/app", grant(principal, PULL, **members), force=True)
    access.changed(reg)


def shown(reg: Registry) -> Any:
    """Whom the repository's policy names, as it is read."""
    return json.loads(policies.of_repository(reg, KEY, "team/app"))["Statement"][0]["Principal"]["AWS"]


def test_a_user_made_anew(reg: Registry) -> None:
    """Another user of the same name has nothing, the policy shows the old one's id, set again it is the new one's."""
    old = a_user(reg, path="/dev/")
    set_policy(reg, {"AWS": old.arn})
    written = policies.of_repository(reg, KEY, "team/app")
    assert written == grant({"AWS": old.arn}, PULL)
    assert may(reg, as_user(reg, old))
    users.delete(reg, HERE, "alice")
    new = a_user(reg, path="/dev/")
    access.changed(reg)
    assert new.arn == old.arn
    assert not may(reg, as_user(reg, new))
    assert shown(reg) == old.unique_id
    with pytest.raises(e.PolicyInvalid, match=f"Principal not found: {old.unique_id}. The account has no user"):
        policies.set_repository(reg, a_caller(), KEY, "team/app", grant({"AWS": old.unique_id}, PULL), force=True)
    set_policy(reg, {"AWS": new.arn})
    assert may(reg, as_user(reg, new))
    assert shown(reg) == new.arn


@pytest.mark.parametrize("named", ["role", "session"])
def test_a_role_made_anew(reg: Registry, named: str) -> None:
    """Sessions of another role of the same name have nothing of what the role, or that very session, was given."""
    old = a_role(reg)
    run = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run"
    set_policy(reg, {"AWS": [old.arn if named == "role" else run]})
    assert may(reg, as_role(reg, old))
    assert may(reg, as_role(reg, old, "other")) is (named == "role")
    roles.delete(reg, HERE, "ci")
    new = a_role(reg)
    access.changed(reg)
    assert not may(reg, as_role(reg, new))
    assert shown(reg) == [old.unique_id if named == "role" else f"{old.unique_id}:run"]


def test_a_deny(reg: Registry) -> None:
    """A Deny stays with whom it named, and NotPrincipal spares that one alone."""
    old = a_user(reg)
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Principal": "*", "Action": PULL},
        {"Effect": "Deny", "Principal": {"AWS": old.arn}, "Action": PULL},
    ]
    spared = {"AWS": [old.arn, ACCOUNT]}
    for deny in (statements[1], {"Effect": "Deny", "NotPrincipal": spared, "Action": PULL}):
        text = json.dumps({"Statement": [statements[0], deny]})
        user = reg.db.read(lambda tx: table.find(tx, ACCOUNT, "user", "alice"))
        assert user is not None
        policies.set_repository(reg, a_caller(), KEY, "team/app", text, force=True)
        access.changed(reg)
        kept_out = deny is statements[1]
        assert may(reg, as_user(reg, user)) is not kept_out
        users.delete(reg, HERE, "alice")
        new = a_user(reg)
        access.changed(reg)
        assert may(reg, as_user(reg, new)) is kept_out


def test_another_name(reg: Registry) -> None:
    """Who is renamed keeps what a policy gives, the policy shows the new name, and who gets the old one has nothing."""
    user = a_user(reg)
    set_policy(reg, {"AWS": [ACCOUNT, user.arn]})
    users.rename(reg, HERE, "alice", "bob", None)
    other = a_user(reg)
    access.changed(reg)
    renamed = reg.db.read(lambda tx: table.get(tx, user.id))
    assert renamed is not None
    assert may(reg, as_user(reg, renamed))
    assert not may(reg, as_user(reg, other))
    assert shown(reg) == [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/bob"]


def test_registries(reg: Registry) -> None:
    """A registry's policy is bound in the same way; taken away, it tells the id."""
    account_settings.put(reg, a_caller(), KEY, "REGISTRY_POLICY_SCOPE", "V2")
    old = a_user(reg)
    text = grant({"AWS": old.arn}, PULL, Resource="*")
    policies.set_registry(reg, a_caller(), KEY, text)
    access.changed(reg)
    assert policies.of_registry(reg, KEY) == text
    assert may(reg, as_user(reg, old))
    users.delete(reg, HERE, "alice")
    new = a_user(reg)
    access.changed(reg)
    assert not may(reg, as_user(reg, new))
    assert json.loads(policies.of_registry(reg, KEY))["Statement"][0]["Principal"] == {"AWS": old.unique_id}
    assert old.unique_id in policies.delete_registry(reg, a_caller(), KEY)


def test_trust_policies(reg: Registry) -> None:
    """Another user of the same name does not get the role; wherever roles are told of, the id stands."""
    old = a_user(reg)
    trust = grant({"AWS": old.arn}, "sts:AssumeRole")
    role = a_role(reg, trust=trust)
    instance_profiles.create(reg, HERE, "node", "/", {})
    instance_profiles.add_role(reg, HERE, "node", "ci")
    asking = partial(replace, action="sts:AssumeRole")
    assert access.may_assume(reg, asking(as_user(reg, old)), role).allowed
    assert roles.get(reg, ACCOUNT, "ci").identity.trust == trust
    users.delete(reg, HERE, "alice")
    new = a_user(reg)
    access.changed(reg)
    assert not access.may_assume(reg, asking(as_user(reg, new)), role).allowed
    details = authorization_details.list_page(reg, ACCOUNT, ["role"], None, None).items
    told = [
        roles.get(reg, ACCOUNT, "ci").identity,
        roles.list_page(reg, ACCOUNT, None, None, None).items[0],
        roles.update(reg, HERE, "ci", "says", None),
        instance_profiles.get(reg, ACCOUNT, "node").roles[0],
        *(one.identity for one in details if isinstance(one, authorization_details.Rights)),
        *(one.profiles[0].roles[0] for one in details if isinstance(one, authorization_details.Rights)),
    ]
    assert {json.loads(one.trust)["Statement"][0]["Principal"]["AWS"] for one in told} == {old.unique_id}
    assert len(told) == 6
    roles.set_trust(reg, HERE, "ci", trust)
    role = reg.db.read(lambda tx: table.get(tx, role.id)) or role
    assert access.may_assume(reg, asking(as_user(reg, new)), role).allowed


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/nobody",
        f"arn:aws:iam::{ACCOUNT}:role/alice",
        f"arn:aws:iam::{ACCOUNT}:user/other/path/alice",
        f"arn:aws:iam::{ACCOUNT}:user/Alice",
        f"arn:aws-cn:iam::{ACCOUNT}:user/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/run",
    ],
)
def test_nobody(reg: Registry, arn: str) -> None:
    """Who is not there, in an account that is, cannot be named: nothing is set, in ECR's words and in IAM's."""
    a_user(reg)
    with pytest.raises(e.PolicyInvalid) as caught:
        set_policy(reg, {"AWS": [ACCOUNT, arn]})
    assert str(caught.value) == (
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'. "
        f"Principal not found: {arn}."
    )
    with pytest.raises(e.RepositoryPolicyNotFound):
        policies.of_repository(reg, KEY, "team/app")
    with pytest.raises(e.PolicyInvalid, match="Invalid registry policy provided"):
        policies.set_registry(reg, a_caller(), KEY, grant({"AWS": arn}, PULL, Resource="*"))
    with pytest.raises(e.MalformedPolicyDocument) as trust:
        a_role(reg, "node", grant({"AWS": arn}, "sts:AssumeRole"))
    assert str(trust.value) == f'Invalid principal in policy: "AWS":"{arn}"'
    a_role(reg)
    with pytest.raises(e.MalformedPolicyDocument, match="Invalid principal in policy"):
        roles.set_trust(reg, HERE, "ci", grant({"AWS": arn}, "sts:AssumeRole"))


def test_other_accounts(reg: Registry) -> None:
    """Users of other accounts are bound where they are there, and nothing that is read tells who is."""
    bob, account = users.create(reg, THERE, "bob", "/", "", {}).identity, f"arn:aws:iam::{ABSENT}:root"
    nobody, gone = f"arn:aws:iam::{OTHER}:user/nobody", f"arn:aws:iam::{ABSENT}:user/alice"
    written = [bob.arn, nobody, gone, account]
    set_policy(reg, {"AWS": written})
    text = policies.of_repository(reg, KEY, "team/app")
    assert rules_allow(reg, bob)
    users.rename(reg, THERE, "bob", "rob", None)
    assert policies.of_repository(reg, KEY, "team/app") == text
    rob = reg.db.read(lambda tx: table.get(tx, bob.id))
    assert rob is not None
    assert rules_allow(reg, rob)
    users.delete(reg, THERE, "rob")
    assert policies.of_repository(reg, KEY, "team/app") == text
    assert not rules_allow(reg, users.create(reg, THERE, "bob", "/", "", {}).identity)
    trust = grant({"AWS": written}, "sts:AssumeRole")
    a_role(reg, trust=trust)
    assert roles.get(reg, ACCOUNT, "ci").identity.trust == trust
    with pytest.raises(e.PolicyInvalid, match="The account has no user or role with this unique id"):
        set_policy(reg, {"AWS": [bob.unique_id]})
    living = users.create(reg, THERE, "living", "/", "", {}).identity
    with pytest.raises(e.PolicyInvalid, match="The account has no user or role with this unique id"):
        set_policy(reg, {"AWS": [living.unique_id]})


def rules_allow(reg: Registry, user: Identity) -> bool:
    """Whether the repository's policy, with all that the user's own account could give, lets the user pull."""
    everything = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    reg.db.write(lambda tx: inline_policies.put(tx, user.id, "all", everything))
    reg.db.write(identities.touch)
    access.changed(reg)
    allowed = may(reg, as_user(reg, user))
    reg.db.write(lambda tx: inline_policies.remove(tx, user.id, "all"))
    return allowed


@pytest.mark.parametrize("named", ["user", "role", "session"])
def test_unique_ids(reg: Registry, named: str) -> None:
    """Who lives may be named by the id, as a policy that was read once shows it; it is then shown by name."""
    user, role = a_user(reg, path="/dev/"), a_role(reg)
    run = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run"
    id_, arn = {
        "user": (user.unique_id, user.arn),
        "role": (role.unique_id, role.arn),
        "session": (f"{role.unique_id}:run", run),
    }[named]
    set_policy(reg, {"AWS": [id_]})
    assert may(reg, as_user(reg, user)) is (named == "user")
    assert may(reg, as_role(reg, role)) is (named != "user")
    assert may(reg, as_role(reg, role, "other")) is (named == "role")
    assert shown(reg) == [arn]
    users.delete(reg, HERE, "alice")
    roles.delete(reg, HERE, "ci")
    assert shown(reg) == [id_]
    with pytest.raises(e.MalformedPolicyDocument, match="Invalid principal in policy"):
        a_role(reg, "node", grant({"AWS": id_}, "sts:AssumeRole"))


def test_templates(reg: Registry) -> None:
    """A repository that a push makes has its policy bound then; where it names nobody, the push is told why."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    change = Change(applied_for=["CREATE_ON_PUSH"], repository_policy=grant({"AWS": arn}, PULL))
    templates.create(reg, a_caller(), KEY, "prod", change)
    pushing = replace(a_caller("ecr:InitiateLayerUpload"), principal=root(ACCOUNT, ""))
    with pytest.raises(e.CreationFailed, match=f"Principal not found: {arn}"):
        creation.ensure(reg, pushing, KEY, "prod/app")
    old = a_user(reg)
    creation.ensure(reg, pushing, KEY, "prod/app")
    place = REPOSITORY.replace("team/app", "prod/app")
    access.changed(reg)
    assert may(reg, as_user(reg, old), resource=place)
    users.delete(reg, HERE, "alice")
    new = a_user(reg)
    access.changed(reg)
    assert not may(reg, as_user(reg, new), resource=place)
