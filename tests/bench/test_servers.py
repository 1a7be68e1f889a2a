"""Entrepot under test has the access control that people have: a user with policies, who may do no more than push."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import botocore.exceptions
import pytest

from bench import servers, stock, user
from bench.connection import Connection
from bench.content import blobs
from bench.workloads import REPOSITORY, Failed, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.entrepot(tmp_path_factory.mktemp("entrepot"), workers=1) as started:
        yield started


@pytest.mark.parametrize("tls", [False, True])
def test_its_user_pushes_where_a_template_makes_repositories(server: Server, tls: bool) -> None:
    """Below `bench/` a push makes its repository, over HTTP and HTTPS; elsewhere it is refused."""
    blob = blobs(1000, chunked=False).another()
    port = server.tls_port if tls else server.port
    with closing(Connection(port, server.headers, tls=tls)) as connection:
        stock.push(connection, f"bench/new-{tls}".lower(), blob)
    with closing(Connection(port, server.headers, tls=tls)) as connection, pytest.raises(Failed, match=r"40[34]"):
        stock.push(connection, "elsewhere/app", blob)


def test_without_its_login_everything_is_refused(server: Server) -> None:
    """The headers are what lets requests in."""
    with closing(Connection(server.port, {})) as connection, pytest.raises(Failed, match="401"):
        connection.call("GET", f"/v2/{REPOSITORY}/tags/list", 200)


def test_its_user_has_policies_with_conditions(server: Server) -> None:
    """A group with AWS's policy, an inline policy by address, a repository policy; more than these it may not do."""
    iam, ecr = (user.client(service, server.port, servers.ROOT) for service in ("iam", "ecr"))
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=user.USER)["Groups"]] == [user.GROUP]
    attached = iam.list_attached_group_policies(GroupName=user.GROUP)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [user.POWER_USER]
    assert "Condition" in str(iam.get_user_policy(UserName=user.USER, PolicyName="from-here"))
    assert "Condition" in ecr.get_repository_policy(repositoryName=REPOSITORY)["policyText"]
    assert server.key
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        user.client("ecr", server.port, server.key).delete_repository_policy(repositoryName=REPOSITORY)


def test_a_folder_can_be_served_again(tmp_path: Path) -> None:
    """What was pushed to a folder is there at its next start, and the user has a login again."""
    blob = blobs(1000, chunked=False).another()
    for expected in (404, 200):
        with servers.entrepot(tmp_path, workers=1) as server, closing(Connection(server.port, server.headers)) as used:
            used.call("HEAD", f"/v2/{REPOSITORY}/blobs/{blob.digest}", expected)
            if expected == 404:
                stock.push(used, REPOSITORY, blob)
