"""A26, A27: temporary credentials and login tokens are good whole, for their bearer, and until they end."""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.attacks.conftest import Reply, Target, basic
from tests.aws.sts_world import ACCOUNT, ACCOUNT_ITSELF, World, a_world, allow, document, refused, trusting
from tests.clients.processes import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INVALID = "The security token included in the request is invalid."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), workers=2, ENTREPOT_LIMITS__FAILED_ATTEMPTS="0") as found:
        found.client("ecr").create_repository(repositoryName="team/app")
        yield found


def session(world: World, name: str) -> dict[str, Any]:
    """A session of a new role that may read, assumed by a new user."""
    arn = world.role(name, trusting({"AWS": "*"}), allow("ecr:*"))
    keys = world.user(name, allow("sts:AssumeRole"))
    found: dict[str, Any] = world.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]
    return found


def login(world: World, keys: dict[str, Any]) -> str:
    """The password that GetAuthorizationToken gives."""
    token = world.client("ecr", keys).get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().removeprefix("AWS:")


def v2(world: World, user: str, password: str, path: str = "team/app/tags/list") -> Reply:
    return Target(world.server, basic(user, password), None).v2("GET", path)


def soon(check: Callable[[], bool]) -> None:
    """It is so within a second, on every worker."""
    end = time.monotonic() + 1.0
    while not all(check() for _ in range(4)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_parts_of_credentials(world: World) -> None:
    """A26: without the token, with another's, an altered one, or another's secret, nobody is anybody."""
    one, two = session(world, "one"), session(world, "two")
    token = one["SessionToken"]
    altered = [token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :] for at in range(0, len(token), 9)]
    for wrong in [None, two["SessionToken"], token[:-4], token + "AAAA", "x", "A" * 20_000, *altered]:
        with refused("InvalidClientTokenId", INVALID, 403):
            world.client("sts", {**one, "SessionToken": wrong}).get_caller_identity()
    with refused("SignatureDoesNotMatch", status=403):
        world.client("sts", {**one, "SecretAccessKey": two["SecretAccessKey"]}).get_caller_identity()
    with refused("InvalidClientTokenId", INVALID, 403):
        world.client("sts", {**one, "AccessKeyId": two["AccessKeyId"]}).get_caller_identity()
    keys = world.user("permanent")
    with refused("InvalidClientTokenId", INVALID, 403):
        world.client("sts", {**keys, "SessionToken": token}).get_caller_identity()


def test_a_password_of_temporary_credentials(world: World) -> None:
    """`docker login` takes them with the token behind the secret, and nothing less."""
    keys = session(world, "docker")
    user, secret, token = keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
    assert v2(world, user, f"{secret}:{token}").status == 200
    for wrong in (secret, token, f"{secret}:", f":{token}", f"{token}:{secret}", f"{secret}x:{token}"):
        reply = v2(world, user, wrong)
        assert (reply.status, reply.code) == (403, "DENIED")


def test_a_revoked_key(world: World) -> None:
    """A26, A27: a key that is turned off or deleted ends with its logins; turned on again, they are good."""
    iam, keys = world.client("iam"), world.user("leaving", allow("ecr:*"))
    password = login(world, keys)
    user, secret = keys["AccessKeyId"], keys["SecretAccessKey"]
    assert v2(world, "AWS", password).status == v2(world, user, secret).status == 200
    iam.update_access_key(UserName="leaving", AccessKeyId=user, Status="Inactive")
    soon(lambda: v2(world, "AWS", password).status == v2(world, user, secret).status == 403)
    iam.update_access_key(UserName="leaving", AccessKeyId=user, Status="Active")
    soon(lambda: v2(world, "AWS", password).status == v2(world, user, secret).status == 200)
    iam.delete_access_key(UserName="leaving", AccessKeyId=user)
    soon(lambda: v2(world, "AWS", password).status == v2(world, user, secret).status == 403)
    with refused("InvalidClientTokenId", INVALID):
        world.client("sts", keys).get_caller_identity()


def test_a_deleted_user(world: World) -> None:
    """A26: with a user end their temporary credentials."""
    iam, keys = world.client("iam"), world.user("going", allow("ecr:*"))
    temporary = world.client("sts", keys).get_session_token()["Credentials"]
    password = login(world, temporary)
    assert v2(world, "AWS", password).status == 200
    iam.delete_access_key(UserName="going", AccessKeyId=keys["AccessKeyId"])
    iam.delete_user_policy(UserName="going", PolicyName="p")
    iam.delete_user(UserName="going")
    soon(lambda: v2(world, "AWS", password).status == 403)
    sts = world.client("sts", temporary)
    soon(lambda: _code(sts.get_caller_identity) == "InvalidClientTokenId")


def test_a_deleted_role(world: World) -> None:
    """A27: with a role end the logins that its sessions fetched."""
    keys = session(world, "short")
    password = login(world, keys)
    assert v2(world, "AWS", password).status == 200
    iam = world.client("iam")
    iam.delete_role_policy(RoleName="short", PolicyName="p")
    iam.delete_role(RoleName="short")
    soon(lambda: v2(world, "AWS", password).status == 403)


def test_a_login_of_a_session(world: World) -> None:
    """A27: a login that a session fetched ends with it, and can do what the session can."""
    keys = world.user("bounded", allow("*"))
    role = world.role("bounding", trusting(ACCOUNT_ITSELF), allow("ecr:*"))
    narrow = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}}'
    )
    sts = world.client("sts", keys)
    answer = sts.assume_role(RoleArn=role, RoleSessionName="job", DurationSeconds=900, Policy=narrow)["Credentials"]
    told = world.client("ecr", answer).get_authorization_token()["authorizationData"][0]
    assert told["expiresAt"] == answer["Expiration"]
    reply = v2(world, "AWS", login(world, answer))
    assert (reply.status, reply.code) == (403, "DENIED")
    assert b"because no session policy allows the ecr:ListImages action" in reply.body
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/bounding/job".encode() in reply.body


def test_a_role_of_another_account(world: World) -> None:
    """A33: it takes the trust of the role and the caller's own policy, and the external id; the login is the role's."""
    own = {name: value for name, value in world.server.env.items() if not name.startswith("AWS_")}
    made = json.loads(run([sys.executable, "-m", "entrepot", "account", "create", "customer", "--json"], own))
    theirs = {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}
    iam = world.client("iam", theirs)
    policy = document(allow("sts:AssumeRole"))
    keys = {}
    for name in ("vendor", "other"):
        iam.create_user(UserName=name)
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
    iam.put_user_policy(UserName="vendor", PolicyName="p", PolicyDocument=policy)
    account = {"AWS": f"arn:aws:iam::{made['account']}:root"}
    asked = {"StringEquals": {"sts:ExternalId": "42"}}
    arn = world.role("lent", trusting(account, Condition=asked), allow("ecr:*"))
    closed = world.role("closed", trusting(ACCOUNT_ITSELF), allow("ecr:*"))
    vendor, other = (world.client("sts", keys[name]) for name in ("vendor", "other"))
    for sts, role, more in ((vendor, arn, {}), (vendor, closed, {}), (other, arn, {"ExternalId": "42"})):
        with refused("AccessDenied", "is not authorized to perform: sts:AssumeRole on resource: " + role, 403):
            sts.assume_role(RoleArn=role, RoleSessionName="job", **more)
    found = vendor.assume_role(RoleArn=arn, RoleSessionName="job", ExternalId="42")["Credentials"]
    assert v2(world, "AWS", login(world, found)).status == 200
    iam.delete_user_policy(UserName="vendor", PolicyName="p")
    time.sleep(1)
    with refused("AccessDenied"):
        vendor.assume_role(RoleArn=arn, RoleSessionName="job", ExternalId="42")


def test_a_login_is_altered(world: World) -> None:
    """A27: each altered login of a session is refused."""
    good = login(world, session(world, "altered"))
    for at in range(0, len(good), 11):
        wrong = good[:at] + ("B" if good[at] == "A" else "A") + good[at + 1 :]
        assert v2(world, "AWS", wrong).status == 403


def _code(work: Callable[[], object]) -> str:
    try:
        work()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
