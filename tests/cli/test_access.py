"""What `entrepot access explain` takes and says."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from tests.factories import KEY, a_repository

from entrepot import app as wiring
from entrepot.cli import app
from entrepot.config import Settings
from entrepot.domain import iam_names as names
from entrepot.domain.principals import Caller, root
from entrepot.registry import identities, policies
from entrepot.registry.context import Registry
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
    assert "aws:sourceip has no value here: try --context" in output
    code, output, _ = explained(folder, USER, "ecr:PutImage", "--context", "aws:SourceIp=192.0.2.9", "--json")
    found = json.loads(output)
    assert (code, found["allowed"], found["absent_keys"]) == (0, True, ["aws:principalorgid"])
    assert found["unknown_keys"] == ["aws:principalorgid"]
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
    assert said.startswith(f"entrepot: {principal} is no root, user, role or session of a role that there is")


@pytest.mark.parametrize(("action", "more"), [("PutImage", ()), ("ecr:PutImage", ("--context", "aws:SourceIp"))])
def test_wrong_forms(folder: Path, action: str, more: tuple[str, ...]) -> None:
    """An action without its service and a key without its value are refused in one line."""
    code, output, said = explained(folder, USER, action, *more)
    assert (code, output, said.count("\n")) == (2, "", 1)
    assert "needs the form" in said


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
