"""Who is calling, and what they may do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository

from entrepot.domain import errors as e
from entrepot.domain import iam_names as names
from entrepot.domain.iam_entities import Identity
from entrepot.domain.names import repository_arn
from entrepot.domain.principals import FEDERATED, Caller, Principal, Session
from entrepot.domain.repositories import Mutability
from entrepot.registry import access, account_settings, directory, identities, policies, repositories
from entrepot.registry import accounts as marks
from entrepot.registry.context import Registry
from entrepot.registry.known import LOOK_AGAIN
from entrepot.store import accounts, iam_tags, inline_policies
from entrepot.store import identities as identity_table
from entrepot.store.db import Tx

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


def test_authorise(reg: Registry) -> None:
    """Root may do everything in its own account and nothing in another, in ECR's words."""
    mine = repository_arn(KEY.region, KEY.account, "team/app")
    theirs = repository_arn(KEY.region, "999999999999", "team/app")
    access.authorise(reg, a_caller("ecr:PutImage"), mine)
    access.authorise(reg, a_caller("ecr:GetAuthorizationToken"), access.ANY)
    with pytest.raises(e.AccessDenied) as caught:
        access.authorise(reg, a_caller("ecr:PutImage"), theirs)
    assert str(caught.value) == (
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: ecr:PutImage on resource: {theirs} "
        "because no resource-based policy allows the ecr:PutImage action"
    )


# --- users, roles and their policies ---------------------------------------------------------------------------

PULL = "ecr:BatchGetImage"
OTHER = "444455556666"
REPOSITORY = repository_arn(KEY.region, KEY.account, "team/app")


def policy(*actions: str, effect: str = "Allow", **members: Any) -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*", **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def grant(principal: Any, *actions: str, effect: str = "Allow", **members: Any) -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": list(actions), **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def somebody(reg: Registry, kind: str = names.USER, account: str = ACCOUNT) -> Caller:
    """A user or a session of a role, with a tag and no policies."""

    def add(tx: Tx) -> Identity:
        accounts.insert(tx, account, f"account-{account}", reg.now())
        made = identities.add(tx, a_caller("iam:Create", account), reg.now(), kind, "ci", "/")
        iam_tags.put(tx, account, made.arn, "team", "app")
        return made

    made = reg.db.write(add)
    session = Session("run", reg.now(), reg.now() + 1) if kind == names.ROLE else None
    held = f"arn:aws:sts::{account}:assumed-role/ci/run" if session else made.arn
    who = Principal(
        account, held, made.unique_id, "AKIAOTHER0000000000", kind, made.id, "ci", session, made.arn if session else ""
    )
    return replace(a_caller(PULL), principal=who)


def give(reg: Registry, caller: Caller, text: str, name: str = "own") -> None:
    """Give the caller an inline policy."""

    def put(tx: Tx) -> None:
        assert caller.principal.identity is not None
        inline_policies.put(tx, caller.principal.identity, name, text)
        identities.touch(tx)

    reg.db.write(put)


def may(reg: Registry, caller: Caller, action: str = PULL, resource: str = REPOSITORY) -> bool:
    return access.allowed(reg, caller, action, resource)


def test_a_user_has_nothing_until_it_is_given(reg: Registry) -> None:
    """Nothing is allowed without a policy; one that is given counts at once, though a refusal was known."""
    caller = somebody(reg)
    with pytest.raises(e.AccessDenied, match="because no identity-based policy allows the ecr:BatchGetImage action"):
        access.authorise(reg, caller, REPOSITORY)
    give(reg, caller, policy("ecr:Batch*"))
    assert may(reg, caller)
    assert not may(reg, caller, "ecr:PutImage")


def test_what_is_taken_away_is_gone_in_time(reg: Registry) -> None:
    """An allowance that is known is looked at again after a quarter of a second, and at once after a change here."""
    caller = somebody(reg)
    give(reg, caller, policy("ecr:*"))
    assert may(reg, caller)
    give(reg, caller, policy("ecr:*", effect="Deny"), "other")
    access.changed(reg)
    assert not may(reg, caller)
    reg.db.write(identities.touch)
    give(reg, caller, policy("ecr:Get*", effect="Deny"), "other")
    assert may(reg, caller)
    give(reg, caller, policy("ecr:*", effect="Deny"), "other")
    time.sleep(LOOK_AGAIN + 0.05)
    assert not may(reg, caller)


def test_conditions_are_asked_each_time(reg: Registry) -> None:
    """What depends on an address is decided for each address."""
    caller = somebody(reg)
    give(reg, caller, policy("ecr:*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    assert not may(reg, caller)
    assert may(reg, replace(caller, source_ip="192.0.2.1"))
    assert not may(reg, caller)


def test_what_a_login_was_granted(reg: Registry) -> None:
    """A grant is noted for one address, listener and user agent, and never where it depends on time or on tags."""
    caller, login = replace(somebody(reg), source_ip="192.0.2.1"), object()

    def noted() -> int:
        return sum(isinstance(key, tuple) and key[0] is login for key in reg.memory.now(reg.db).facts)

    conditions = {
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
        "Bool": {"aws:SecureTransport": "false"},
        "StringLike": {"aws:UserAgent": "*"},
    }
    give(reg, caller, policy("ecr:*", Condition=conditions))
    assert access.refusal(reg, caller, (PULL,), REPOSITORY) is None
    assert not noted()
    assert access.refusal(reg, caller, (PULL,), REPOSITORY, login) is None
    assert noted() == 1
    elsewhere = [
        replace(caller, source_ip="198.51.100.1"),
        replace(caller, secure=True),
        replace(caller, vpc_endpoint="vpce-1"),
    ]
    for other in elsewhere:
        assert access.refusal(reg, other, (PULL,), REPOSITORY, login) is not None
    assert access.refusal(reg, caller, ("ecr:PutImage",), REPOSITORY, login) is None
    assert noted() == 2
    volatile = (
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
        {"Null": {"ecr:ResourceTag/a": "true"}},
    )
    for condition in volatile:
        give(reg, caller, policy("ecr:*", Condition=condition))
        access.changed(reg)
        assert access.refusal(reg, caller, (PULL,), REPOSITORY, login) is None
        assert not noted()


def test_tags(reg: Registry) -> None:
    """The tags of the principal, of its session, and of the repository as it is now."""
    caller = somebody(reg, names.ROLE)
    a_repository(reg)
    give(reg, caller, policy(PULL, Condition={"StringEquals": {"ecr:ResourceTag/env": "${aws:PrincipalTag/team}"}}))
    assert not may(reg, caller)
    repositories.add_tags(reg, caller, REPOSITORY, {"env": "app"})
    assert may(reg, caller)
    session = Session("run", 0, 1, (), {"aws:principaltag/team": ("other",)})
    assert not may(reg, replace(caller, principal=replace(caller.principal, session=session)))


def test_tags_that_change(reg: Registry) -> None:
    """What is known of a repository's tags ends with every change of them, and with the repository."""
    caller = somebody(reg, names.ROLE)
    give(reg, caller, policy(PULL, Condition={"StringEquals": {"aws:ResourceTag/Env": "prod"}}))

    def make(**tags: str) -> None:
        repositories.create(
            reg,
            caller,
            KEY,
            "team/app",
            mutability=Mutability(),
            scan_on_push=False,
            encryption_type="AES256",
            tags=tags,
        )
        access.changed(reg)

    def then(change: Callable[..., object], *args: object, **how: object) -> bool:
        change(*args, **how)
        access.changed(reg)  # as the door does after a change
        return may(reg, caller)

    assert then(make, env="prod")
    assert not then(repositories.add_tags, reg, caller, REPOSITORY, {"env": "dev"})
    assert then(repositories.add_tags, reg, caller, REPOSITORY, {"env": "prod"})
    assert not then(repositories.remove_tags, reg, caller, REPOSITORY, ["env"])
    assert then(repositories.add_tags, reg, caller, REPOSITORY, {"ENV": "prod"})
    assert not then(repositories.delete, reg, caller, KEY, "team/app", force=False)
    assert not then(make)


def test_tags_that_differ_in_case(reg: Registry) -> None:
    """A key that two tags share but for their case has no value: neither lets anybody in, or keeps somebody out."""
    caller = somebody(reg, names.ROLE)
    a_repository(reg)
    repositories.add_tags(reg, caller, REPOSITORY, {"env": "dev", "Env": "prod", "team": "a"})
    for key, allowed in (("env", False), ("Env", False), ("Team", True)):
        value = "a" if allowed else "prod"
        give(reg, caller, policy(PULL, Condition={"StringEquals": {f"ecr:ResourceTag/{key}": value}}))
        access.changed(reg)
        assert may(reg, caller) is allowed, key
    give(reg, caller, policy(PULL, Condition={"Null": {"ecr:ResourceTag/env": "true"}}))
    access.changed(reg)
    assert may(reg, caller)


def test_facts_of_accounts(reg: Registry) -> None:
    """Whether there is an account, and what tells it from an earlier one, are two facts: either may be asked first."""
    reg.db.write(lambda tx: accounts.insert(tx, OTHER, "other", reg.now()))
    for first, second in ((directory.has_account, marks.mark), (marks.mark, directory.has_account)):
        access.changed(reg)
        identities_changed(reg)
        assert [first(reg, OTHER), second(reg, OTHER)].count(True) == 1
        assert marks.mark(reg, OTHER) == str(reg.now())
        assert directory.has_account(reg, OTHER) is True


def identities_changed(reg: Registry) -> None:
    reg.db.write(identities.touch)
    access.changed(reg)


def test_what_aws_sets_cannot_be_carried(reg: Registry) -> None:
    """Neither a session nor a request says what address it comes from."""
    caller = somebody(reg, names.ROLE)
    forged = {"aws:sourceip": ("192.0.2.1",), "aws:principaltype": ("Account",), "aws:username": ("admin",)}
    session = Session("run", 0, 1, (), forged)
    forging = replace(caller, principal=replace(caller.principal, session=session), facts=forged)
    for key, value in (("aws:SourceIp", "192.0.2.1"), ("aws:PrincipalType", "Account"), ("aws:username", "admin")):
        give(reg, caller, policy(PULL, Condition={"StringEquals": {key: value}}))
        access.changed(reg)
        assert not may(reg, forging), key


def test_boundaries_and_sessions_take_away(reg: Registry) -> None:
    """A boundary that is not there any more allows nothing; session policies limit what the role has."""
    caller = somebody(reg, names.ROLE)
    give(reg, caller, policy("ecr:*"))
    limited = replace(caller.principal, session=Session("run", 0, 1, (policy("ecr:List*"),)))
    with pytest.raises(e.AccessDenied, match="because no session policy allows"):
        access.authorise(reg, replace(caller, principal=limited), REPOSITORY)

    def bound(tx: Tx) -> None:
        assert caller.principal.identity is not None
        identity_table.set_boundary(tx, caller.principal.identity, f"arn:aws:iam::{ACCOUNT}:policy/gone")
        identities.touch(tx)

    reg.db.write(bound)
    access.changed(reg)
    with pytest.raises(e.AccessDenied, match="because no permissions boundary allows"):
        access.authorise(reg, caller, REPOSITORY)


def test_another_account(reg: Registry) -> None:
    """It takes both sides, and either can take it back."""
    caller = somebody(reg, account=OTHER)
    a_repository(reg)
    give(reg, caller, policy("ecr:*"))
    with pytest.raises(e.AccessDenied, match="because no resource-based policy allows"):
        access.authorise(reg, caller, REPOSITORY)
    policies.set_repository(reg, a_caller(), KEY, "team/app", grant({"AWS": OTHER}, "ecr:Batch*"), force=False)
    assert may(reg, caller)
    policies.set_repository(
        reg, a_caller(), KEY, "team/app", grant("*", "ecr:BatchGetImage", effect="Deny"), force=False
    )
    access.changed(reg)
    with pytest.raises(e.AccessDenied, match="with an explicit deny in a resource-based policy"):
        access.authorise(reg, caller, REPOSITORY)


def test_a_new_repository_does_not_inherit(reg: Registry) -> None:
    """The policy of a repository that was deleted does not bind one of the same name."""
    caller = somebody(reg, account=OTHER)
    a_repository(reg)
    give(reg, caller, policy("ecr:*"))
    policies.set_repository(reg, a_caller(), KEY, "team/app", grant("*", "ecr:*"), force=False)
    assert may(reg, caller)
    repositories.delete(reg, a_caller(), KEY, "team/app", force=True)
    a_repository(reg)
    access.changed(reg)
    assert not may(reg, caller)


def test_the_scope_of_a_registry_policy(reg: Registry) -> None:
    """With V1 a registry's policy is asked about three actions, with V2 about all."""
    caller = somebody(reg, account=OTHER)
    give(reg, caller, policy("ecr:*"))
    policies.set_registry(reg, a_caller(), KEY, grant({"AWS": OTHER}, "ecr:*", Resource="*"))
    assert may(reg, caller)
    assert may(reg, caller, "ecr:CreateRepository")
    account_settings.put(reg, a_caller(), KEY, "REGISTRY_POLICY_SCOPE", "V1")
    access.changed(reg)
    assert not may(reg, caller)
    assert may(reg, caller, "ecr:CreateRepository")


def test_inside_a_transaction(reg: Registry) -> None:
    """A decision inside a transaction sees its changes, and leaves nothing behind that was not committed."""
    caller = somebody(reg)

    class Undone(Exception):
        pass

    def try_it(tx: Tx) -> None:
        assert caller.principal.identity is not None
        inline_policies.put(tx, caller.principal.identity, "own", policy("ecr:*"))
        identities.touch(tx)
        assert access.allowed(reg, caller, PULL, REPOSITORY, tx=tx)
        raise Undone

    with pytest.raises(Undone):
        reg.db.write(try_it)
    assert not may(reg, caller)
    give(reg, caller, policy("ecr:*"))  # counts as much as what was undone
    assert may(reg, caller)
    time.sleep(LOOK_AGAIN + 0.05)
    assert may(reg, caller)


def test_what_was_undone_is_not_what_another_does(reg: Registry) -> None:
    """A change that is undone leaves no trace in what is known after a change that counts the same."""
    caller = somebody(reg)
    give(reg, caller, policy("ecr:*"))

    class Undone(Exception):
        pass

    def try_it(tx: Tx) -> None:
        identities.touch(tx)
        access.allowed(reg, caller, PULL, REPOSITORY, tx=tx)
        raise Undone

    access.changed(reg)
    with pytest.raises(Undone):
        reg.db.write(try_it)
    assert may(reg, caller)
    give(reg, caller, policy("ecr:*", effect="Deny"))
    access.changed(reg)
    assert not may(reg, caller)


def test_who_may_assume_a_role(reg: Registry) -> None:
    """The trust policy names the user, or the account and the user's own policy says so too."""
    caller = replace(somebody(reg), action="sts:AssumeRole")

    def role(trust: str) -> Identity:
        found = reg.db.read(lambda tx: identity_table.get(tx, caller.principal.identity or 0))
        assert found is not None
        return replace(found, kind=names.ROLE, trust=trust)

    assert access.may_assume(reg, caller, role(grant({"AWS": caller.principal.arn}, "sts:AssumeRole"))).allowed
    whole = role(grant({"AWS": ACCOUNT}, "sts:AssumeRole"))
    assert not access.may_assume(reg, caller, whole).allowed
    give(reg, caller, policy("sts:AssumeRole"))
    assert access.may_assume(reg, caller, whole).allowed
    secret = role(grant({"AWS": ACCOUNT}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "x"}}))
    assert not access.may_assume(reg, caller, secret).allowed
    assert access.may_assume(reg, replace(caller, facts={"sts:externalid": ("x",)}), secret).allowed
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    claims = {"token.actions.githubusercontent.com:sub": ("repo:team/app:ref:refs/heads/main",)}
    web = replace(
        caller,
        action="sts:AssumeRoleWithWebIdentity",
        principal=Principal(ACCOUNT, provider, "", "", FEDERATED),
        facts=claims,
    )
    trusted = grant(
        {"Federated": provider},
        "sts:AssumeRoleWithWebIdentity",
        Condition={"StringLike": {"token.actions.githubusercontent.com:sub": "repo:team/app:*"}},
    )
    assert access.may_assume(reg, web, role(trusted)).allowed
    assert not access.may_assume(reg, replace(web, facts={}), role(trusted)).allowed


def test_revoked_sessions(reg: Registry) -> None:
    """A Deny by aws:TokenIssueTime ends the sessions that began before, and no later ones."""
    caller = somebody(reg, names.ROLE)
    give(reg, caller, policy("ecr:*"))
    assert may(reg, caller)
    before = {"DateLessThan": {"aws:TokenIssueTime": "2027-01-15T08:00:30Z"}}
    give(reg, caller, policy("*", effect="Deny", Condition=before), "AWSRevokeOlderSessions")
    access.changed(reg)
    with pytest.raises(e.AccessDenied, match="with an explicit deny in an identity-based policy"):
        access.authorise(reg, caller, REPOSITORY)
    later = Session("run", reg.now() + 60_000_000, reg.now() + 120_000_000)
    assert may(reg, replace(caller, principal=replace(caller.principal, session=later)))


def test_policies_of_aws_are_everybodys(reg: Registry) -> None:
    """What has no account in its ARN, or AWS's, counts as the caller's own."""
    caller = replace(a_caller("iam:GetPolicy"), principal=ROOT)
    for resource in ("arn:aws:iam::aws:policy/AdministratorAccess", "*", "arn:aws:s3:::bucket", "none"):
        access.authorise(reg, caller, resource)


# --- the boundary that somebody has already --------------------------------------------------------------------

BOUND, LOOSE = f"arn:aws:iam::{ACCOUNT}:policy/bound", f"arn:aws:iam::{ACCOUNT}:policy/loose"
BY_BOUNDARY = [
    *(f"iam:{verb}{kind}Policy" for verb in ("Attach", "Detach", "Put", "Delete") for kind in ("User", "Role")),
    *(f"iam:Delete{kind}PermissionsBoundary" for kind in ("User", "Role")),
]


@pytest.mark.parametrize("action", BY_BOUNDARY)
def test_the_boundary_of_whom_a_call_is_about(reg: Registry, action: str) -> None:
    """A Deny or an Allow by iam:PermissionsBoundary is about the one that the user or role has now."""
    kind = names.USER if "User" in action else names.ROLE
    caller, target = somebody(reg, names.ROLE if kind == names.USER else names.USER), somebody(reg, kind)
    arn = target.principal.source_arn or target.principal.arn
    id_ = target.principal.identity
    assert id_ is not None
    asked = replace(caller, action=action)

    def bounded(boundary: str) -> bool:
        reg.db.write(lambda tx: identity_table.set_boundary(tx, id_, boundary))
        reg.db.write(identities.touch)
        access.changed(reg)
        return access.decide(reg, asked, arn).allowed

    give(reg, caller, policy("iam:*", Condition={"StringEquals": {"iam:PermissionsBoundary": BOUND}}))
    assert [bounded(one) for one in (BOUND, LOOSE, "")] == [True, False, False]
    give(reg, caller, policy("iam:*"))
    deny = policy("iam:*", effect="Deny", Condition={"ArnEquals": {"iam:PermissionsBoundary": BOUND}})
    give(reg, caller, deny, "deny")
    assert [bounded(one) for one in (BOUND, LOOSE, "")] == [False, True, True]


def test_the_boundary_of_other_calls(reg: Registry) -> None:
    """Of PutUserPermissionsBoundary it is the parameter; other calls about a user do not have the key."""
    caller, target = somebody(reg, names.ROLE), somebody(reg)
    id_, arn = target.principal.identity, target.principal.arn
    assert id_ is not None
    reg.db.write(lambda tx: identity_table.set_boundary(tx, id_, BOUND))
    give(reg, caller, policy("iam:*", Condition={"StringEquals": {"iam:PermissionsBoundary": BOUND}}))
    access.changed(reg)
    for action, given, may_ in (
        ("iam:PutUserPermissionsBoundary", BOUND, True),
        ("iam:PutUserPermissionsBoundary", LOOSE, False),
        ("iam:GetUser", "", False),
        ("iam:DeleteUser", "", False),
    ):
        facts = {"iam:permissionsboundary": (given,)} if given else {}
        assert access.decide(reg, replace(caller, action=action, facts=facts), arn).allowed is may_
