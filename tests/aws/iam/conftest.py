"""One `entrepot serve` for each test process, and clients of IAM on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.iam.asking import client
from tests.aws.iam.documents import allow, trust
from tests.clients.processes import environment
from tests.clients.serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`entrepot serve` with two workers."""
    with serving(tmp_path_factory.mktemp("server"), environment(tmp_path_factory.mktemp("home"))) as running:
        yield running


@pytest.fixture(scope="session")
def iam(server: Server) -> Iterator[Any]:
    """A client with the root's key."""
    with client(server) as made:
        yield made


@pytest.fixture(scope="session")
def raw(server: Server) -> Iterator[Any]:
    """A client that leaves all checking to the server."""
    with client(server, strict=False) as made:
        yield made


@pytest.fixture
def fresh() -> str:
    """A name that nothing has."""
    return f"n{os.urandom(5).hex()}"


@pytest.fixture
def user(iam: Any, fresh: str) -> str:
    """The name of a new user."""
    iam.create_user(UserName=fresh)
    return fresh


@pytest.fixture
def group(iam: Any, fresh: str) -> str:
    """The name of a new group."""
    iam.create_group(GroupName=f"{fresh}-group")
    return f"{fresh}-group"


@pytest.fixture
def role(iam: Any, fresh: str) -> str:
    """The name of a new role that EC2 may assume."""
    iam.create_role(RoleName=f"{fresh}-role", AssumeRolePolicyDocument=trust())
    return f"{fresh}-role"


@pytest.fixture
def policy(iam: Any, fresh: str) -> str:
    """The ARN of a new policy that allows all of ECR."""
    made = iam.create_policy(PolicyName=f"{fresh}-policy", Path="/team/", PolicyDocument=allow("ecr:*"))
    return str(made["Policy"]["Arn"])
