"""What `entrepot access explain` takes and says."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from tests.factories import KEY, a_repository

from entrepot import app as wiring
from entrepot.aws.operation import OPERATIONS, Told
from entrepot.cli import app
from entrepot.config import Settings
from entrepot.domain import iam_names as names
from entrepot.domain.principals import Caller, root
from entrepot.registry import identities, oidc_providers, policies, roles
from entrepot.registry.context import Registry
from entrepot.store import identities as identity_table
from entrepot.store import inline_policies
from entrepot.store.db import Tx

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/push"
REPOSITORY = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/app"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Pull", "Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*"},
        {
            "Sid": "FromHere",
            "Effect": "Allow",
            "Action": "ecr:PutImage",
            "Resource": "*",
            "Condition": {
                "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
                "StringNotEquals": {"aws:PrincipalOrgID": "o-1"},
            },
        },
        {"Sid": "Keep", "Effect": "Deny", "Action": "ecr:*Delete*", "Resource": "*"},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a user in a path and a role, who have the same policy."""
    settings = Settings(data_dir=str(tmp_path / "data"))
    wiring.prepare(settings)

    def people(tx: Tx) -> None:
        caller = Caller(root(ACCOUNT, ""), "us-east-1", "test:Set", "", "", "pytest")
        for kind, name, path in ((names.USER, "alice", "/dev/"), (names.ROLE, "push", "/")):
            made = identities.add(tx, caller, 1, kind, name, path)
            inline_policies.put(tx, made.id, "own", json.dumps(POLICY))

    with wiring.operator(settings) as reg:
        assert isinstance(reg, Registry)
        reg.db.write(people)
    return tmp_path / "data"


def explained(
    folder: Path, principal: str, action: str, *more: str, resource: str = REPOSITORY
) -> tuple[int, str, str]:
    """The exit code, and what is printed on both streams."""
    output, errors = StringIO(), StringIO()
    asked = ["--principal", principal, "--action", action, "--resource", resource, "--data-dir", str(folder), *more]
    with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        app(["access", "explain", *asked], prog_name="entrepot")
    code = ended.value.code
    assert isinstance(code, int)
    return code, output.getvalue(), errors.getvalue()


def test_an_allow(folder: Path) -> None:
    """It names the statement, its policy and that policy's kind."""
    code, output, _ = explained(folder, USER, "ecr:BatchGetImage")
    assert (code, output.splitlines()) == (
        0,
        [
            f"{USER} may ecr:BatchGetImage on {REPOSITORY}",
            "  by statement 1 (Pull) of user/alice/own, identity-based policy",
        ],
    )


def test_a_deny(folder: Path) -> None:
    """An explicit one names its statement; of a role it is asked as of a session."""
    code, output, _ = explained(folder, ROLE, "ecr:BatchDeleteImage")
    assert code == 1
    assert "assumed-role/push/explained may not ecr:BatchDeleteImage" in output
    assert "by statement 3 (Keep) of role/push/own" in output


def test_no_allow(folder: Path) -> None:
    """Where nothing allows it, it says what kind of policy would have to."""
    code, output, _ = explained(folder, USER, "ecr:DescribeImages")
    assert (code, output.splitlines()[1]) == (1, "  no identity-based policy allows the ecr:DescribeImages action")
    assert explained(folder, f"arn:aws:iam::{ACCOUNT}:root", "ecr:DescribeImages")[0] == 0


def test_conditions(folder: Path) -> None:
    """Keys without a value are named, those that no request has apart; --context gives values."""
    code, output, _ = explained(folder, USER, "ecr:PutImage")
    assert code == 1
    assert "aws:SourceIp has no value here: try --context" in output
    assert "aws:PrincipalOrgID has no value: requests never have this key" in output
    code, output, _ = explained(folder, USER, "ecr:PutImage", "--context", "aws:SourceIp=192.0.2.9", "--json")
    found = json.loads(output)
    assert (code, found["allowed"], found["absent_keys"]) == (0, True, ["aws:PrincipalOrgID"])
    assert found["unknown_keys"] == ["aws:PrincipalOrgID"]
    assert found["statement"] == {
        "policy": "user/alice/own",
        "type": "identity-based policy",
        "number": 2,
        "sid": "FromHere",
    }


@pytest.mark.parametrize(
    "principal",
    ["alice", f"arn:aws:iam::{ACCOUNT}:user/alice", "arn:aws:iam::999999999999:root", f"arn:aws:iam::{ACCOUNT}:group/g"]
)  # fmt: skip
def test_nobody(folder: Path, principal: str) -> None:
    """A principal that there is not is said so, with 2."""
    code, output, said = explained(folder, principal, "ecr:PutImage")
    assert (code, output) == (2, "")
    assert said.startswith(f"entrepot: {principal} is no root, user, role, session of a role or provider that there is")


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("PutImage", "PutImage is no action: did you mean ecr:PutImage"),
        ("ecr:PutImages", "did you mean ecr:PutImage "),
        ("erc:BatchGetImage", "did you mean ecr:BatchGetImage"),
        ("ecr:*", "it needs the form ecr:BatchGetImage, without wildcards"),
        ("", "it needs the form ecr:BatchGetImage"),
        ("ecr:ListImageReferrers", "takes the permission ecr:BatchGetImage: ask for that"),
    ],
)
def test_no_action(folder: Path, action: str, told: str) -> None:
    """What is no action of a service that is here is refused in one line, with what is near it."""
    code, output, said = explained(folder, USER, action)
    assert (code, output, said.count("\n")) == (2, "", 1)
    assert told in said


def test_every_action(folder: Path) -> None:
    """The case of an action makes no difference, and there are some that are no operations."""
    assert f"may ecr:BatchGetImage on {REPOSITORY}" in explained(folder, USER, "ECR:batchgetimage")[1]
    public = f"arn:aws:ecr-public::{ACCOUNT}:repository/app"
    for action, resource in (
        ("ecr:ReplicateImage", REPOSITORY),
        ("ecr-public:PutImage", public),
        ("iam:PassRole", ROLE),
    ):
        assert explained(folder, USER, action, resource=resource)[0] == 1


@pytest.mark.parametrize("resource", ["team/app", "arn:aws:ecr:us-east-1:team/app", "arn:aws:ecr", "", "**", " * "])
def test_no_resource(folder: Path, resource: str) -> None:
    """What is no ARN and not `*` is refused in one line that says what to write."""
    code, output, said = explained(folder, USER, "ecr:PutImage", resource=resource)
    assert (code, output, said.count("\n")) == (2, "", 1)
    assert "is no ARN: write arn:aws:ecr:REGION:ACCOUNT:repository/NAME, or *" in said


@pytest.mark.parametrize(
    ("action", "resource", "told"),
    [
        ("ecr:GetAuthorizationToken", REPOSITORY, "is done to no single thing: write --resource '*'"),
        ("ecr:DescribeRegistry", REPOSITORY, "is done to no single thing: write --resource '*'"),
        ("iam:ListUsers", USER, "is done to no single thing"),
        ("ecr:PutImage", ROLE, f"is not done to {ROLE}: write arn:aws:ecr:REGION:ACCOUNT:repository/NAME, or *"),
        (
            "ecr:PutImage",
            REPOSITORY.replace("repository/", "image/"),
            "write arn:aws:ecr:REGION:ACCOUNT:repository/NAME",
        ),
        ("iam:AttachUserPolicy", ROLE, "write arn:aws:iam::ACCOUNT:user/NAME, or *"),
        ("iam:GetPolicy", USER, "write arn:aws:iam::ACCOUNT:policy/NAME, or *"),
        ("iam:CreateOpenIDConnectProvider", "x", "x is no ARN: write arn:aws:iam::ACCOUNT:oidc-provider/NAME, or *"),
        ("iam:PassRole", REPOSITORY, "write arn:aws:iam::ACCOUNT:role/NAME, or *"),
        ("sts:AssumeRole", "junk", "junk is no ARN: write arn:aws:iam::ACCOUNT:role/NAME\n"),
        ("sts:TagSession", USER, "write arn:aws:iam::ACCOUNT:role/NAME\n"),
        ("sts:GetCallerIdentity", "*", "takes no permission: whoever has credentials may call it"),
    ],
)
def test_the_resource_of_an_action(folder: Path, action: str, resource: str, told: str) -> None:
    """What an action is never done to is refused in one line that says what it is done to."""
    code, output, said = explained(folder, USER, action, resource=resource)
    assert (code, output, said.count("\n")) == (2, "", 1)
    assert told in said


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:PutImage", "*"),
        ("ecr:DescribeRepositories", REPOSITORY.replace("team/app", "*")),
        ("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:root"),
        ("iam:SimulatePrincipalPolicy", ROLE),
        ("iam:ListEntitiesForPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("iam:TagInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/node"),
        ("sts:DecodeAuthorizationMessage", "*"),
    ],
)
def test_resources_that_fit(folder: Path, action: str, resource: str) -> None:
    """What an action can be done to gets a decision."""
    assert explained(folder, f"arn:aws:iam::{ACCOUNT}:root", action, resource=resource)[0] in {0, 1}


def test_every_operation_says_its_resource() -> None:
    """No handler finds what it is about without saying of what kind that is."""
    plain = [row.action for row in OPERATIONS.values() if not isinstance(row.resource, (str, Told))]
    empty = [row.action for row in OPERATIONS.values() if isinstance(row.resource, Told) and not row.resource.kinds]
    assert (plain, empty) == ([], [])


def test_all_keys_of_a_statement(folder: Path) -> None:
    """Every key that a statement asks for is named, not just those up to the first test that fails, as it is spelt."""
    tests = {
        "StringEquals": {"aws:PRINCIPALORGID": "o-1", "aws:PrincipalTag/Team": "a", "Odd:Key": "x"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringLike": {"localhost:44805:aud": "*"},
    }
    statement = {"Effect": "Allow", "Action": "ecr:ListImages", "Resource": "*", "Condition": tests}
    with wiring.operator(Settings(data_dir=str(folder))) as reg:
        user = reg.db.read(lambda tx: identity_table.find(tx, ACCOUNT, names.USER, "alice"))
        assert user is not None
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        reg.db.write(lambda tx: inline_policies.put(tx, user.id, "more", text))
    code, output, _ = explained(folder, USER, "ecr:ListImages", "--json")
    found = json.loads(output)
    assert (code, found["absent_keys"]) == (
        1,
        ["Odd:Key", "aws:MultiFactorAuthPresent", "aws:PrincipalOrgID", "aws:PrincipalTag/Team", "localhost:44805:aud"],
    )
    assert found["unknown_keys"] == ["Odd:Key", "aws:PrincipalOrgID"]


def test_a_wrong_form(folder: Path) -> None:
    """A key without its value is refused in one line."""
    code, output, said = explained(folder, USER, "ecr:PutImage", "--context", "aws:SourceIp")
    assert (code, output, said.count("\n")) == (2, "", 1)
    assert "needs the form KEY=VALUE" in said


PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ids.example.com"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/deploy"


def a_trusting_role(folder: Path, *statements: dict[str, object]) -> None:
    """The role `deploy`, whom these statements let assume it, and a provider."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": statements})
    caller = Caller(root(ACCOUNT, ""), "us-east-1", "iam:CreateRole", "", "", "pytest")
    with wiring.operator(Settings(data_dir=str(folder))) as reg:
        oidc_providers.create(reg, caller, "https://ids.example.com", ["sts.amazonaws.com"], [], {})
        roles.create(reg, caller, roles.New("deploy", "/ci/", trust))


def test_assuming_a_role(folder: Path) -> None:
    """The role's trust policy decides, as when it is assumed; roots assume none."""
    asked = {"StringEquals": {"sts:ExternalId": "x"}}
    a_trusting_role(
        folder,
        {"Sid": "Her", "Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole", "Condition": asked},
    )
    code, output, _ = explained(folder, USER, "sts:AssumeRole", resource=OTHER_ROLE)
    assert (code, "sts:ExternalId has no value here" in output) == (1, True)
    code, output, _ = explained(folder, USER, "sts:AssumeRole", "--context", "sts:ExternalId=x", resource=OTHER_ROLE)
    assert (code, output.splitlines()[1]) == (
        0,
        f"  by statement 1 (Her) of trust policy of {OTHER_ROLE}, resource-based policy",
    )
    assert explained(folder, USER, "sts:TagSession", "--context", "sts:ExternalId=x", resource=OTHER_ROLE)[0] == 1
    assert explained(folder, ROLE, "sts:AssumeRole", "--context", "sts:ExternalId=x", resource=OTHER_ROLE)[0] == 1
    code, output, _ = explained(folder, f"arn:aws:iam::{ACCOUNT}:root", "sts:AssumeRole", "--json", resource=OTHER_ROLE)
    assert (code, json.loads(output)["reason"]) == (1, "Roles may not be assumed by root accounts.")


def test_assuming_with_a_token(folder: Path) -> None:
    """The bearer of a provider's token is asked about by the provider's ARN, with claims as conditions."""
    claim = {"StringLike": {"ids.example.com:sub": "repo:acme/*"}}
    trusted = {"Federated": PROVIDER}
    a_trusting_role(
        folder,
        {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": claim},
    )
    action = "sts:AssumeRoleWithWebIdentity"
    said = explained(folder, PROVIDER, action, "--context", "ids.example.com:sub=repo:acme/app", resource=OTHER_ROLE)
    assert said[0] == 0
    code, output, _ = explained(folder, PROVIDER, action, resource=OTHER_ROLE)
    assert (code, "ids.example.com:sub has no value" in output) == (1, True)
    code, output, _ = explained(folder, USER, action, resource=OTHER_ROLE)
    assert (code, "ask it of the ARN of the OpenID Connect provider" in output) == (1, True)
    code, output, _ = explained(folder, PROVIDER, "sts:AssumeRole", resource=OTHER_ROLE)
    assert (code, "calls sts:AssumeRoleWithWebIdentity" in output) == (1, True)


@pytest.mark.parametrize(
    "resource", ["*", REPOSITORY, f"arn:aws:iam::{ACCOUNT}:role/none", OTHER_ROLE.replace("/ci", "")]
)
def test_assuming_what_is_no_role(folder: Path, resource: str) -> None:
    """Only a role that there is can be assumed."""
    a_trusting_role(folder, {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    code, output, said = explained(folder, USER, "sts:AssumeRole", resource=resource)
    assert (code, output, said.count("\n")) == (2, "", 1)
    wrong = (
        "sts:AssumeRole is not done to"
        if resource == REPOSITORY
        else "is no role that there is: sts:AssumeRole is done"
    )
    assert wrong in said


LOCK = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}})


def unlocked(folder: Path, arn: str) -> tuple[int, str, str]:
    output, errors = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        app(["access", "unlock", arn, "--data-dir", str(folder)], prog_name="entrepot")
    code = ended.value.code
    assert isinstance(code, int)
    return code, output.getvalue(), errors.getvalue()


def test_unlock(folder: Path) -> None:
    """A policy that keeps even root out is printed and gone."""
    root_arn = f"arn:aws:iam::{ACCOUNT}:root"
    with wiring.operator(Settings(data_dir=str(folder))) as reg:
        caller = Caller(root(ACCOUNT, ""), "us-east-1", "ecr:CreateRepository", "", "", "pytest")
        a_repository(reg)
        policies.set_repository(reg, caller, KEY, "team/app", LOCK, force=True)
    assert explained(folder, root_arn, "ecr:DeleteRepositoryPolicy")[0] == 1
    assert unlocked(folder, REPOSITORY) == (0, LOCK + "\n", "")
    assert explained(folder, root_arn, "ecr:DeleteRepositoryPolicy")[0] == 0
    code, output, said = unlocked(folder, REPOSITORY)
    assert (code, output) == (2, "")
    assert said.endswith(
        "does not exist for the repository with name 'team/app' in the registry with id "
        f"'{ACCOUNT}': nothing was changed\n"
    )
    assert unlocked(folder, "team/app")[2] == "entrepot: team/app is no ARN of a repository\n"
