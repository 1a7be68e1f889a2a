"""Every operation of ECR and every route of `/v2`, for everybody, under many policies: both doors do as the oracle."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import asgi
from tests.aws.access_world import BY_KEY, DEEDS, HOST, REPOSITORY, WHO, A, B, Deed, Scenario, World
from tests.factories import a_blob, a_repository
from tests.oracle import policies as oracle

from entrepot.aws import dispatch
from entrepot.aws.operation import OPERATIONS
from entrepot.oci.routes import ROUTES

assert dispatch.SERVED


def doc(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def says(action: Any = "ecr:*", effect: str = "Allow", **members: Any) -> dict[str, Any]:
    resource = {} if "NotResource" in members else {"Resource": "*"}
    return {"Effect": effect, "Action": action, **resource, **members}


def grants(principal: Any, action: Any = "ecr:*", effect: str = "Allow", **members: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": action, **members}


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
YES = doc(says())
USERS = {"AWS": [f"arn:aws:iam::{A}:user/dev/alice", f"arn:aws:iam::{B}:user/bob"]}
ROLES = {"AWS": [f"arn:aws:iam::{A}:role/ci/push", f"arn:aws:iam::{B}:role/pull"]}
RUNS = {"AWS": [f"arn:aws:sts::{A}:assumed-role/push/run", f"arn:aws:sts::{B}:assumed-role/pull/run"]}
WHOLE = {"AWS": [A, f"arn:aws:iam::{B}:root"]}
IDENTITY: tuple[tuple[dict[str, Any], ...], ...] = (
    (),
    (YES,),
    (YES,),
    (doc(says(PULL, Resource=REPOSITORY), says("ecr:GetAuthorizationToken")),),
    (doc(says("ecr:*Layer*", Resource="arn:aws:ecr:*:*:repository/team/*")),),
    (doc({"Effect": "Allow", "NotAction": ["ecr:*Delete*", "iam:*"], "Resource": "*"}),),
    (YES, doc(says("ecr:Put*", "Deny"))),
    (doc(says(NotResource=REPOSITORY)),),
    (doc(says(Resource="arn:aws:ecr:us-east-1:*:repository/${aws:PrincipalTag/Team}/*")),),
    (doc(says(Resource="arn:aws:ecr:us-east-1:*:repository/${aws:PrincipalTag/Team}/*"), version="2008-10-17"),),
    (doc(says(Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "Bool": {"aws:SecureTransport": "false"}})),),
    (doc(says(Condition={"StringEquals": {"ecr:ResourceTag/env": "prod"}}), says("ecr:Get*", "Deny")),),
    (doc(says(), says("ecr:*", "Deny", Condition={"StringNotEquals": {"ecr:ResourceTag/env": "prod"}})),),
    (doc(says(), says("*", "Deny", Condition={"StringNotLikeIfExists": {"aws:username": "a*"}})),),
    (doc(says(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}})),),
    (doc(says(Condition={"Null": {"ecr:AccountSetting": "false"}}), says(PULL)),),
    (doc(says(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}})),),
)
BOUNDARY = (None, None, None, YES, doc(says(PULL)), doc(says(), says("ecr:Put*", "Deny")))
SESSION = (None, None, YES, doc(says(["ecr:List*", "ecr:Batch*"])), doc(says(), says("ecr:Initiate*", "Deny")))
GRANTED: tuple[dict[str, Any] | None, ...] = (
    None,
    *(doc(grants(name)) for name in (WHOLE, USERS, ROLES, RUNS, "*")),
    doc(grants("*", PULL, Condition={"StringEquals": {"aws:PrincipalAccount": B}})),
    doc(grants(WHOLE), grants("*", "ecr:PutImage", "Deny"), grants(USERS, "ecr:*Upload", "Deny")),
    doc(grants("*"), {"Effect": "Deny", "NotPrincipal": {"AWS": [*USERS["AWS"], A, B]}, "Action": "ecr:Batch*"}),
    doc(grants({"Service": "lambda.amazonaws.com"}, PULL)),
)
REGISTRY: tuple[dict[str, Any] | None, ...] = (
    None,
    None,
    doc(grants(WHOLE, Resource="*")),
    doc(grants(ROLES, ["ecr:CreateRepository", "ecr:BatchGetImage"], Resource=REPOSITORY)),
    doc(grants("*", ["ecr:CreateRepository", "ecr:ListImages"], "Deny", Resource=REPOSITORY)),
)


def scenarios() -> list[Scenario]:
    """Each part with each of its values, what goes with it left to a seeded chance."""
    chance = random.Random(20)
    rows: list[Scenario] = [Scenario(), Scenario(identity=(YES,)), Scenario(identity=(YES,), repository=GRANTED[1])]
    pools = {
        "identity": IDENTITY,
        "boundary": BOUNDARY,
        "session": SESSION,
        "repository": GRANTED,
        "registry": REGISTRY,
    }
    for part, values in pools.items():
        for value in values[1:]:
            drawn: dict[str, Any] = {name: chance.choice(pool) for name, pool in pools.items()}
            how = {"scope": chance.choice(("V1", "V2")), "through": chance.choice(("inline", "attached", "group"))}
            rows.append(Scenario(**{**drawn, part: value, **how}))
    return rows


SCENARIOS = scenarios()
RENEWED = (
    *(Scenario(identity=(YES,), repository=granted) for granted in GRANTED[2:5]),
    *(Scenario(repository=granted) for granted in GRANTED[2:5]),
    Scenario(identity=(YES,), repository=GRANTED[7], registry=REGISTRY[3]),
    Scenario(identity=(YES,), repository=GRANTED[8], scope="V1", registry=REGISTRY[3]),
)
"""Before everybody is made anew."""


@pytest.mark.parametrize("number", range(len(SCENARIOS)))
def test_both_doors_do_as_the_oracle(tmp_path: Path, number: int) -> None:
    """Whoever does whatever is refused exactly where the oracle finds no right to it."""
    world = World(tmp_path)
    try:
        world.enact(SCENARIOS[number])
        for who in WHO:
            for deed in DEEDS:
                assert world.refused(who, deed) is not _may(world, who, deed), (who, deed.name, SCENARIOS[number])
    finally:
        world.reg.db.close()


@pytest.mark.parametrize("number", range(len(RENEWED)))
def test_who_is_made_anew(tmp_path: Path, number: int) -> None:
    """Users and roles of old names have nothing of what a policy of a repository or registry gave to the old ones."""
    world = World(tmp_path)
    try:
        world.enact(RENEWED[number])
        world.renew()
        world.scenario = replace(  # what the oracle reads
            RENEWED[number],
            repository=_of_the_gone(RENEWED[number].repository),
            registry=_of_the_gone(RENEWED[number].registry),
        )
        for who in WHO:
            for deed in (deed for deed in DEEDS if not deed.breaks):
                assert world.refused(who, deed) is not _may(world, who, deed), (who, deed.name, RENEWED[number])
    finally:
        world.reg.db.close()


def _of_the_gone(policy: Any) -> Any:
    """A policy as AWS shows it then: unique ids in place of users, roles and their sessions."""
    ids = {name: f"AIDA{at:017}" for at, name in enumerate((*USERS["AWS"], *ROLES["AWS"], *RUNS["AWS"]))}
    text = json.dumps(policy)
    for name, unique_id in ids.items():
        text = text.replace(f'"{name}"', f'"{unique_id}"')
    return json.loads(text)


def _may(world: World, who: str, deed: Deed) -> bool:
    answers = [oracle.decide(*world.asked(who, deed, action)) for action in deed.actions]
    needed = [oracle.decide(*world.asked(who, deed, action)) for action in deed.also]
    if deed.door == "oci" and who in BY_KEY:
        login = replace(deed, resource="*", context={})
        needed.append(oracle.decide(*world.asked(who, login, "ecr:GetAuthorizationToken")))
    return (not answers or "allow" in answers) and set(needed) <= {"allow"}


def test_the_matrix_is_whole() -> None:
    """No operation of ECR and no route of `/v2` is left out; what it is asked, for whom and under which policies."""
    assert {deed.call[0] for deed in DEEDS if deed.door == "aws"} == {
        name for service, name in OPERATIONS if service == "ecr"
    }
    whole = [deed for deed in DEEDS if deed.also]  # POST with a digest is of the same route as without
    assert sum(deed.door == "oci" for deed in DEEDS) == sum(len(rows) for rows in ROUTES.values()) + len(whole)
    assert len(DEEDS) * len(WHO) * len(SCENARIOS) > 14_000


def test_each_of_several_repositories(tmp_path: Path) -> None:
    """DescribeRepositories of several takes the right to each of them; of none that to all."""
    world = World(tmp_path)
    world.enact(Scenario(identity=(doc(says("ecr:Describe*", Resource=REPOSITORY)),)))
    deed = Deed("", (), REPOSITORY, ("DescribeRepositories", {"repositoryNames": ["team/app"]}), "aws")
    assert not world.refused("alice", deed)
    for more in (["team/app", "team/other"], None):
        call = ("DescribeRepositories", {"repositoryNames": more} if more else {})
        assert world.refused("alice", Deed("", (), REPOSITORY, call, "aws"))
    world.reg.db.close()


def test_a_mount_takes_the_right_to_the_source(tmp_path: Path) -> None:
    """Without ecr:GetDownloadUrlForLayer on the source it is an upload like any other, as if nothing was there."""
    world = World(tmp_path)
    digest = a_blob(world.reg, b"a layer to mount")
    a_repository(world.reg, "team/other")
    target = f"arn:aws:ecr:us-east-1:{A}:repository/team/other"
    path = f"/v2/team/other/blobs/uploads/?mount={digest}&from=team/app"

    def mounted(*statements: dict[str, Any]) -> int:
        world.enact(Scenario(identity=(doc(*statements),)))
        return asgi.call(world.oci, "POST", path, headers=world.logins["alice"], host=HOST).status

    upload, download = says("ecr:InitiateLayerUpload", Resource=target), says("ecr:GetDownloadUrlForLayer")
    assert mounted(upload) == 202
    assert mounted(upload, {**download, "Resource": target}) == 202
    assert mounted(download) == 403
    assert mounted(upload, download) == 201
    world.reg.db.close()


def test_what_comes_through_an_endpoint(tmp_path: Path) -> None:
    """Behind a listener that stands for a VPC endpoint, policies see it, and the address under its other name."""
    world = World(tmp_path)
    through = {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "IpAddress": {"aws:VpcSourceIp": "127.0.0.1"}}
    world.enact(Scenario(identity=(doc(says(Condition={**through, "Null": {"aws:SourceIp": "true"}})),)))
    deed = next(deed for deed in DEEDS if deed.name.startswith("GET team/app/manifests"))
    assert world.refused("alice", deed)

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["vpc_endpoint"] = "vpce-0a1b2c3d"
        await world.oci(scope, receive, send)

    answer = asgi.call(behind, "GET", "/v2/team/app/manifests/none", headers=world.logins["alice"], host=HOST)
    assert answer.status == 404
    world.reg.db.close()
