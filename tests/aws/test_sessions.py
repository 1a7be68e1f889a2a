"""AssumeRole, GetSessionToken and GetAccessKeyInfo, asked by boto3 of a real server."""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.sts_world import ACCOUNT, ACCOUNT_ITSELF, World, a_world, allow, document, refused, trusting
from tests.clients.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world")) as found:
        found.user("admin", allow("*"))
        yield found


@pytest.fixture(scope="module")
def admin(world: World) -> Any:
    keys = world.client("iam").create_access_key(UserName="admin")["AccessKey"]
    return world.client("sts", keys)


def test_a_session(world: World, admin: Any) -> None:
    """A session of a role is who STS says, does what the role may, and nothing else."""
    arn = world.role("reader", trusting(ACCOUNT_ITSELF), allow("ecr:DescribeRepositories"), Path="/ci/")
    answer = admin.assume_role(RoleArn=arn, RoleSessionName="job-1")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/job-1"
    assert answer["AssumedRoleUser"]["Arn"] == session
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 3590 < left <= 3600
    sts = world.client("sts", answer["Credentials"])
    told = sts.get_caller_identity()
    assert (told["Arn"], told["Account"]) == (session, ACCOUNT)
    assert told["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    ecr = world.client("ecr", answer["Credentials"])
    assert ecr.describe_repositories()["repositories"] == []
    with refused("AccessDeniedException", f"User: {session} is not authorized to perform: ecr:CreateRepository"):
        ecr.create_repository(repositoryName="team/app")


def test_who_may_assume(world: World, admin: Any) -> None:
    """The trust policy is needed and has to name the caller; naming the account leaves it to the caller's policies."""
    nobody = world.user("nobody")
    named = world.role("named", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}))
    account = world.role("account", trusting(ACCOUNT_ITSELF))
    sts = world.client("sts", nobody)
    assert sts.assume_role(RoleArn=named, RoleSessionName="job")["Credentials"]["SessionToken"]
    with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {account}", 403):
        sts.assume_role(RoleArn=account, RoleSessionName="job")
    with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {named}"):
        admin.assume_role(RoleArn=named, RoleSessionName="job")
    missing = f"arn:aws:iam::{ACCOUNT}:role/missing"
    with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {missing}"):
        admin.assume_role(RoleArn=missing, RoleSessionName="job")
    with refused("AccessDenied", "Roles may not be assumed by root accounts."):
        world.client("sts").assume_role(RoleArn=account, RoleSessionName="job")


def test_external_id(world: World, admin: Any) -> None:
    """A33: a role that asks for an external id is given to nobody who does not know it."""
    asked = {"StringEquals": {"sts:ExternalId": "s3cret"}}
    arn = world.role("external", trusting(ACCOUNT_ITSELF, Condition=asked))
    for wrong in ({}, {"ExternalId": "S3cret"}):
        with refused("AccessDenied"):
            admin.assume_role(RoleArn=arn, RoleSessionName="job", **wrong)
    assert admin.assume_role(RoleArn=arn, RoleSessionName="job", ExternalId="s3cret")["Credentials"]


def test_durations(world: World, admin: Any) -> None:
    """900 seconds to the role's maximum; an hour where a role assumes a role."""
    arn = world.role("long", trusting(ACCOUNT_ITSELF), allow("sts:AssumeRole"), MaxSessionDuration=7200)
    answer = admin.assume_role(RoleArn=arn, RoleSessionName="job", DurationSeconds=7200)
    assert 7190 < answer["Credentials"]["Expiration"].timestamp() - time.time() <= 7200
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role"):
        admin.assume_role(RoleArn=arn, RoleSessionName="job", DurationSeconds=7201)
    with refused("ValidationError"):
        admin.assume_role(RoleArn=arn, RoleSessionName="job", DurationSeconds=899)
    chained = world.client("sts", answer["Credentials"])
    assert chained.assume_role(RoleArn=arn, RoleSessionName="again")["Credentials"]
    with refused("ValidationError", "role chaining"):
        chained.assume_role(RoleArn=arn, RoleSessionName="again", DurationSeconds=3601)


def test_session_policies(world: World, admin: Any) -> None:
    """A26: a session policy, or a managed one, takes rights from a session and gives it none."""
    arn = world.role("bounded", trusting(ACCOUNT_ITSELF), allow("ecr:*"))
    narrow = document(allow("ecr:DescribeRepositories"), allow("iam:*"))
    readonly = [{"arn": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"}]
    for bounds in ({"Policy": narrow}, {"PolicyArns": readonly}):
        answer = admin.assume_role(RoleArn=arn, RoleSessionName="job", **bounds)
        assert 0 < answer["PackedPolicySize"] < 100
        ecr = world.client("ecr", answer["Credentials"])
        ecr.describe_repositories()
        with refused("AccessDeniedException", "because no session policy allows the ecr:CreateRepository action"):
            ecr.create_repository(repositoryName="team/app")
        with refused("AccessDenied"):
            world.client("iam", answer["Credentials"]).list_users()
    with refused("MalformedPolicyDocument"):
        admin.assume_role(RoleArn=arn, RoleSessionName="job", Policy="{}")


def test_session_tags(world: World, admin: Any) -> None:
    """Tags need sts:TagSession, are the principal's tags then, and go on with a role that is assumed from there."""
    plain = world.role("untagged", trusting(ACCOUNT_ITSELF))
    tags = [{"Key": "Team", "Value": "Blue"}]
    with refused("AccessDenied", "is not authorized to perform: sts:TagSession on resource"):
        admin.assume_role(RoleArn=plain, RoleSessionName="job", Tags=tags)
    blue = {"StringEquals": {"aws:PrincipalTag/team": "Blue"}}
    both = ["sts:AssumeRole", "sts:TagSession"]
    arn = world.role(
        "tagged", trusting(ACCOUNT_ITSELF, both), allow("sts:*"), allow("ecr:DescribeRepositories", Condition=blue)
    )
    first = admin.assume_role(RoleArn=arn, RoleSessionName="job", Tags=tags, TransitiveTagKeys=["Team"])["Credentials"]
    world.client("ecr", first).describe_repositories()
    second = world.client("sts", first).assume_role(RoleArn=arn, RoleSessionName="next")["Credentials"]
    world.client("ecr", second).describe_repositories()
    bare = admin.assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]
    with refused("AccessDeniedException"):
        world.client("ecr", bare).describe_repositories()


def test_session_token(world: World) -> None:
    """GetSessionToken makes a user's own credentials temporary; those of a session are not made from others."""
    keys = world.user("mover", allow("ecr:DescribeRepositories"))
    found = world.client("sts", keys).get_session_token()["Credentials"]
    assert 43190 < found["Expiration"].timestamp() - time.time() <= 43200
    sts = world.client("sts", found)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/mover"
    world.client("ecr", found).describe_repositories()
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        sts.get_session_token()
    with refused("InvalidClientTokenId"):  # a key that it made would not end with the session
        world.client("iam", found).create_access_key()
    root = world.client("sts").get_session_token(DurationSeconds=7200)["Credentials"]
    assert root["Expiration"].timestamp() - time.time() <= 3600
    assert world.client("sts", root).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_access_key_info(world: World) -> None:
    """The account stands in the id of every key that is made here."""
    keys = world.user("informed")
    sts = world.client("sts")
    root = world.server.env["AWS_ACCESS_KEY_ID"]
    for key in (root, keys["AccessKeyId"], sts.get_session_token()["Credentials"]["AccessKeyId"]):
        assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    with refused("ValidationError"):
        sts.get_access_key_info(AccessKeyId="AKIA0189018901890189")


def test_the_aws_command_line(world: World) -> None:
    """Each command of STS once."""
    arn = world.role("cli", trusting(ACCOUNT_ITSELF))
    provider = world.provider()
    web = world.role("cli-web", trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity"))
    keys = world.user("cli", allow("sts:AssumeRole"))
    own = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
    env = world.server.env | own | {"AWS_PAGER": ""}

    def aws(*words: str) -> Any:
        return json.loads(run(["aws", "sts", *words], env))

    token = world.issuer.token()
    assumed = aws("assume-role", "--role-arn", arn, "--role-session-name", "job")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/cli/job"
    words = ("--role-arn", web, "--role-session-name", "job", "--web-identity-token", token)
    assert aws("assume-role-with-web-identity", *words)["Provider"] == provider
    assert aws("get-session-token", "--duration-seconds", "900")["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert aws("get-access-key-info", "--access-key-id", keys["AccessKeyId"]) == {"Account": ACCOUNT}
    assert aws("get-caller-identity")["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/cli"


def test_a_token_in_a_file(world: World, tmp_path: Path) -> None:
    """The aws command line takes a pod's token from the file that Kubernetes writes (IRSA), and pulls with it."""
    provider = world.provider()
    arn = world.role(
        "irsa", trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity"), allow("ecr:GetAuthorizationToken")
    )
    (tmp_path / "token").write_text(world.issuer.token(sub="system:serviceaccount:default:web"))
    gone = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    env = {name: value for name, value in world.server.env.items() if name not in gone}
    env |= {"AWS_ROLE_ARN": arn, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_PAGER": ""}
    who = json.loads(run(["aws", "sts", "get-caller-identity"], env))
    assert who["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/irsa/")
    assert len(run(["aws", "ecr", "get-login-password"], env)) > 100


def within_a_second(work: Any) -> None:
    """Try until the block is refused, for a second at most."""
    end = time.monotonic() + 1.0
    while True:
        try:
            with refused("InvalidClientTokenId"):
                work()
        except BaseException:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def test_the_role_is_deleted(world: World, admin: Any) -> None:
    """A26: with the role its sessions end, also when another role gets its name."""
    arn = world.role("gone", trusting(ACCOUNT_ITSELF))
    sts = world.client("sts", admin.assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"])
    sts.get_caller_identity()
    world.client("iam").delete_role(RoleName="gone")
    within_a_second(sts.get_caller_identity)
    assert world.role("gone", trusting(ACCOUNT_ITSELF)) == arn
    with refused("InvalidClientTokenId"):
        sts.get_caller_identity()


def test_sessions_are_revoked(world: World, admin: Any) -> None:
    """A26: a deny by aws:TokenIssueTime, as the console's button writes it, ends the sessions that are out."""
    arn = world.role("revoked", trusting(ACCOUNT_ITSELF), allow("ecr:*"))
    old = world.client("ecr", admin.assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"])
    old.describe_repositories()
    time.sleep(1.1)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    older = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    older["Condition"] = {"DateLessThan": {"aws:TokenIssueTime": now}}  # type: ignore[assignment]
    iam = world.client("iam")
    iam.put_role_policy(RoleName="revoked", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(older))
    time.sleep(1.0)
    with refused("AccessDeniedException", "with an explicit deny in an identity-based policy"):
        old.describe_repositories()
    world.client("ecr", admin.assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]).describe_repositories()


def test_source_identity(world: World, admin: Any) -> None:
    """It needs sts:SetSourceIdentity, is told, and stays with what is assumed from there."""
    plain = world.role("unsourced", trusting(ACCOUNT_ITSELF))
    with refused("AccessDenied", "is not authorized to perform: sts:SetSourceIdentity on resource"):
        admin.assume_role(RoleArn=plain, RoleSessionName="job", SourceIdentity="alice")
    arn = world.role("sourced", trusting(ACCOUNT_ITSELF, ["sts:AssumeRole", "sts:SetSourceIdentity"]), allow("sts:*"))
    first = admin.assume_role(RoleArn=arn, RoleSessionName="job", SourceIdentity="alice")
    assert first["SourceIdentity"] == "alice"
    chained = world.client("sts", first["Credentials"])
    assert chained.assume_role(RoleArn=arn, RoleSessionName="next")["SourceIdentity"] == "alice"
    with refused("AccessDenied"):
        chained.assume_role(RoleArn=arn, RoleSessionName="next", SourceIdentity="bob")


def test_what_is_asked_wrongly(world: World, admin: Any) -> None:
    """Names, ARNs, tags and policies that cannot be."""
    arn = world.role("asked", trusting(ACCOUNT_ITSELF, ["sts:AssumeRole", "sts:TagSession"]))
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    wrong: list[dict[str, Any]] = [
        {"RoleSessionName": "a b"},
        {"RoleSessionName": "x"},
        {"RoleArn": "arn:aws:iam::123456789012:user/admin"},
        {"RoleArn": "nonsense nonsense nonsense"},
        {"Tags": twice},
        {"Tags": [{"Key": "aws:x", "Value": "1"}]},
        {"Tags": twice[:1], "TransitiveTagKeys": ["b"]},
        {"PolicyArns": [{"arn": "arn:aws:iam::210987654321:policy/theirs"}]},
        {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/p{number}"} for number in range(11)]},
        {"SerialNumber": "arn:aws:iam::123456789012:mfa/x", "TokenCode": "123456"},
    ]
    for changes in wrong:
        with refused("ValidationError", status=400):
            admin.assume_role(**{"RoleArn": arn, "RoleSessionName": "job", **changes})
    large = document(
        allow("ecr:*", [f"arn:aws:ecr:*:*:repository/{n * 7919 % 104729:x}{n**7 % 1299709:x}" for n in range(700)])
    )
    with refused("PackedPolicyTooLarge", "please use smaller policy"):
        admin.assume_role(RoleArn=arn, RoleSessionName="job", Policy=large)


def test_a_refusal_is_decoded(world: World, admin: Any) -> None:
    """A refusal of either door has a header that DecodeAuthorizationMessage opens, for who may call it."""
    may = (allow("sts:DecodeAuthorizationMessage"), allow("ecr:GetAuthorizationToken"))
    keys = world.user("decoding", *may, {**allow("ecr:Put*"), "Effect": "Deny"})
    sts, ecr = world.client("sts", keys), world.client("ecr", keys)
    with pytest.raises(ClientError) as caught:
        ecr.put_image(repositoryName="team/app", imageManifest="{}")
    encoded = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-entrepot-authorization-message"]
    found = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (found["allowed"], found["explicitDeny"], found["context"]["action"]) == (False, True, "ecr:PutImage")
    login = base64.b64encode(f"{keys['AccessKeyId']}:{keys['SecretAccessKey']}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=10)
    try:
        connection.request("GET", "/v2/team/app/tags/list", headers={"Authorization": f"Basic {login}"})
        answer = connection.getresponse()
        assert (answer.status, b"ecr:ListImages" in answer.read()) == (403, True)
        encoded = answer.headers["x-entrepot-authorization-message"]
    finally:
        connection.close()
    told = run(
        ["aws", "sts", "decode-authorization-message", "--encoded-message", encoded, "--output", "json"],
        world.server.env | {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]},
    )
    found = json.loads(json.loads(told)["DecodedMessage"])
    assert (found["explicitDeny"], found["context"]["principal"]["name"]) == (False, "decoding")
    with refused("InvalidAuthorizationMessageException", "Message is not valid", 400):
        sts.decode_authorization_message(EncodedMessage=encoded[:-8])
    nobody = world.client("sts", world.user("not-decoding"))
    with refused("AccessDenied", "is not authorized to perform: sts:DecodeAuthorizationMessage", 403):
        nobody.decode_authorization_message(EncodedMessage=encoded)
    assert admin.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]


def test_who_is_made_anew(world: World) -> None:
    """A role that a user was let assume is not for another user of the same name; its policy shows the old one's id."""
    iam = world.client("iam")
    keys = world.user("passing")
    arn = world.role("kept", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/passing"}))
    assert world.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]
    unique_id = iam.get_user(UserName="passing")["User"]["UserId"]
    iam.delete_access_key(UserName="passing", AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName="passing")
    new = world.user("passing")
    with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {arn}", 403):
        world.client("sts", new).assume_role(RoleArn=arn, RoleSessionName="job")
    shown = iam.get_role(RoleName="kept")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"AWS": unique_id}
    gone = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody-at-all"})
    with refused("MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"arn:aws:iam', 400):
        iam.update_assume_role_policy(RoleName="kept", PolicyDocument=document(gone))
