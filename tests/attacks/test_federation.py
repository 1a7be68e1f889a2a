"""A28, A29: roles for the bearers of a provider's tokens, and for nobody else."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.aws.sts_world import ACCOUNT, World, a_world, allow, refused, trusting
from tests.issuing import encoded, jwk, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = "sts:AssumeRoleWithWebIdentity"
MAIN = "repo:acme/app:ref:refs/heads/main"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), ENTREPOT_LIMITS__FAILED_ATTEMPTS="0") as found:
        found.issuer.add_key("curve", ec.generate_private_key(ec.SECP256R1()))
        found.provider()
        yield found


@pytest.fixture(scope="module")
def role(world: World) -> str:
    """The role of a GitHub job: this audience, this branch."""
    host = world.issuer.host
    condition = {"StringEquals": {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": MAIN}}
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"}
    return world.role("ci", trusting(federated, WEB, Condition=condition), allow("ecr:DescribeRepositories"))


def ask(world: World, role: str, token: str, **more: Any) -> Any:
    sts = world.client("sts", unsigned=True)
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="job", WebIdentityToken=token, **more)


def tagged(tags: Any) -> dict[str, Any]:
    return {"https://aws.amazon.com/tags": tags}


# --- what is allowed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kid", ["one", "curve"])
def test_a_job(world: World, role: str, kid: str) -> None:
    """RS256 and ES256: the bearer of a token gets a session of the role, without any signature of AWS's."""
    answer = ask(world, role, world.issuer.token(kid))
    assert answer["SubjectFromWebIdentityToken"] == MAIN
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{world.issuer.host}"
    told = world.client("sts", answer["Credentials"]).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/job"
    world.client("ecr", answer["Credentials"]).describe_repositories()


def test_the_claims_of_github(world: World) -> None:
    """Every claim of a job's token can be asked for, at the door and later."""
    host = world.issuer.host
    claims: dict[str, Any] = {
        "actor": "octocat",
        "actor_id": "12",
        "aud": "sts.amazonaws.com",
        "base_ref": "",
        "event_name": "workflow_dispatch",
        "job_workflow_ref": "acme/app/.github/workflows/ci.yml@refs/heads/main",
        "jti": "6f4762ed-0758-4ccb-808d-ee3af5d723a8",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "repository": "acme/app",
        "repository_id": "1",
        "repository_owner": "acme",
        "repository_visibility": "private",
        "run_id": "8",
        "runner_environment": "github-hosted",
        "sub": MAIN,
        "workflow": "ci",
    }
    asked = {f"{host}:{name}": value for name, value in claims.items() if value}
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"}
    owner = {"StringEquals": {f"{host}:repository_owner": "acme"}}
    arn = world.role(
        "github",
        trusting(federated, WEB, Condition={"StringEquals": asked}),
        allow("ecr:DescribeRepositories", Condition=owner),
    )
    answer = ask(world, arn, world.issuer.token(**claims))
    world.client("ecr", answer["Credentials"]).describe_repositories()
    for name in ("repository", "job_workflow_ref", "actor", "ref"):
        with refused("AccessDenied", f"Not authorized to perform {WEB}", 403):
            ask(world, arn, world.issuer.token(**{**claims, name: "other"}))


def test_a_party_and_several_audiences(world: World, role: str) -> None:
    """Of several audiences a known one counts; `azp`, where there is one, alone."""
    assert ask(world, role, world.issuer.token(aud=["nobody", "sts.amazonaws.com"]))["Credentials"]
    assert ask(world, role, world.issuer.token(aud="whoever", azp="sts.amazonaws.com"))["Credentials"]
    with refused("InvalidIdentityToken", "Incorrect token audience", 400):
        ask(world, role, world.issuer.token(azp="nobody"))


def test_tags_in_the_token(world: World) -> None:
    """Tags come from the provider, where the role lets them."""
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{world.issuer.host}"}
    blue = {"StringEquals": {"aws:PrincipalTag/Team": "Blue"}}
    arn = world.role(
        "tagging",
        trusting(federated, [WEB, "sts:TagSession"]),
        allow("ecr:DescribeRepositories", Condition=blue),
    )
    tags: Any = {"principal_tags": {"Team": ["Blue"]}, "transitive_tag_keys": ["Team"]}
    answer = ask(world, arn, world.issuer.token(**tagged(tags)))
    world.client("ecr", answer["Credentials"]).describe_repositories()
    with refused("InvalidIdentityToken"):
        ask(world, arn, world.issuer.token(**tagged({"principal_tags": {"a": 1}})))


# --- whom the role does not trust ------------------------------------------------------------------------------


def test_others(world: World, role: str) -> None:
    """A29: another subject, audience or role is refused, and a role that is not there no differently."""
    others: list[dict[str, Any]] = [{"sub": MAIN + "x"}, {"sub": MAIN.upper()}, {"sub": "repo:acme/app:*"}]
    for changes in (*others, {"aud": "other"}):
        with refused("AccessDenied", f"Not authorized to perform {WEB}", 403):
            ask(world, role, world.issuer.token(**changes))
    for arn in (f"arn:aws:iam::{ACCOUNT}:role/missing", role.replace("/ci", "/x/ci"), role.replace("/ci", "/CI")):
        with refused("AccessDenied", f"Not authorized to perform {WEB}", 403):
            ask(world, arn, world.issuer.token())
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        ask(world, role.replace(ACCOUNT, "210987654321"), world.issuer.token())


def test_a_role_for_users(world: World) -> None:
    """A role that trusts its account trusts no token."""
    arn = world.role("users", trusting({"AWS": "*"}))
    with refused("AccessDenied"):
        ask(world, arn, world.issuer.token())


def test_audience_and_issuer(world: World, role: str) -> None:
    """A29: tokens for others, and of others."""
    with refused("InvalidIdentityToken", "Incorrect token audience", 400):
        ask(world, role, world.issuer.token(aud="https://github.com/acme"))
    for issuer in ("https://token.actions.githubusercontent.com", "http" + world.issuer.url[5:], "nonsense"):
        with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
            ask(world, role, world.issuer.token(iss=issuer))


def test_times(world: World, role: str) -> None:
    """A28: a token that is over, not yet good, or says not when."""
    now = int(time.time())
    with refused("ExpiredTokenException", "Token expired: current date/time", 400):
        ask(world, role, world.issuer.token(exp=now - 1))
    for changes in ({"nbf": now + 900}, {"iat": now + 900}, {"exp": None}, {"iat": None}, {"sub": None}):
        with refused("InvalidIdentityToken"):
            ask(world, role, world.issuer.token(**changes))
    for wrong in ("never", True, -1, 1e400, [now + 60]):
        with refused("InvalidIdentityToken"):
            ask(world, role, world.issuer.token(exp=wrong))


# --- forged tokens ---------------------------------------------------------------------------------------------


def forgeries(world: World) -> dict[str, str]:
    """Tokens that say the right things and that the provider did not sign."""
    good = world.issuer.token()
    header, claims, signature = good.split(".")
    own = rsa.generate_private_key(65537, 2048)
    public = world.issuer.private["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    none = encoded(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    hashed = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode())
    mac = hmac.digest(public, f"{hashed}.{claims}".encode(), "sha256")
    said = world.issuer.claims()
    other, twice = said | {"sub": "repo:acme/app:ref:refs/heads/x"}, json.dumps(said)[:-1].encode() + b', "sub": "x"}'
    found = {
        "alg none": f"{none}.{claims}.",
        "alg none, signed": f"{none}.{claims}.{signature}",
        "public key as secret": f"{hashed}.{claims}.{encoded(mac)}",
        "key of mine": signed({"alg": "RS256", "kid": "one"}, said, own),
        "kid of mine": signed({"alg": "RS256", "kid": "mine"}, said, own),
        "no signature": f"{header}.{claims}.",
        "two parts": f"{header}.{claims}",
        "five parts": f"{header}.{claims}.{signature}.x.y",
        "other claims": f"{header}.{encoded(json.dumps(other).encode())}.{signature}",
        "padded": good + "==",
        "a space": good + " ",
        "signature in another spelling": good[:-1] + chr(ord(good[-1]) + 1),
        "truncated": good[:-20],
        "twice": f"{header}.{encoded(twice)}.{signature}",
        "empty": "....",
        "not JSON": f"{encoded(b'x')}.{encoded(b'y')}.{signature}",
        "deep": f"{encoded(b'[' * 9000)}.{claims}.{signature}",
        "an array": f"{header}.{encoded(b'[]')}.{signature}",
    }
    for name, value in {
        "jwk": jwk(own, "one"),
        "jku": "https://localhost:1/keys",
        "x5u": "https://localhost:1/cert",
        "x5c": [base64.b64encode(b"x").decode()],
        "crit": ["exp"],
        "b64": False,
        "kid": "../../../../etc/passwd",
    }.items():
        found[f"header {name}"] = signed({"alg": "RS256", "kid": "one", name: value}, said, own)
        if name != "kid":
            found[f"header {name}, well signed"] = world.issuer.token(header={name: value})
    for algorithm in ("ES256", "RS384", "PS256", "rs256", "RS256 ", "", None, ["RS256"], "EdDSA"):
        found[f"alg {algorithm}"] = world.issuer.token(header={"alg": algorithm})
    kids: list[Any] = ["' OR 1=1 --", "\0", "x" * 5000, 1, None, {}]
    for kid in kids:
        found[f"kid {str(kid)[:9]!r}"] = signed({"alg": "RS256", "kid": kid}, said, own)
    return found


def test_forged(world: World, role: str) -> None:
    """A28: each is refused as a token that is not valid, and none has anything fetched but the provider's keys."""
    ask(world, role, world.issuer.token())
    before = list(world.issuer.asked)
    for name, token in forgeries(world).items():
        try:
            with refused("InvalidIdentityToken", status=400):
                ask(world, role, token)
        except BaseException as error:
            raise AssertionError(name) from error
    assert set(world.issuer.asked[len(before) :]) <= {"/.well-known/openid-configuration", "/keys"}


def test_huge(world: World, role: str) -> None:
    """A28: a token larger than the model allows is a ValidationError."""
    with refused("ValidationError"):
        ask(world, role, "a." * 20_000)


# --- the provider's keys ---------------------------------------------------------------------------------------


def test_a_flood_of_key_names(world: World, role: str) -> None:
    """A29: tokens that name keys that are not there have the provider asked hardly ever."""
    ask(world, role, world.issuer.token())
    before = len(world.issuer.asked)
    own = rsa.generate_private_key(65537, 2048)
    for number in range(40):
        with refused("InvalidIdentityToken"):
            ask(world, role, signed({"alg": "RS256", "kid": f"new-{number}"}, world.issuer.claims(), own))
    assert len(world.issuer.asked) - before <= 4


def test_inside_the_network(tmp_path: Path) -> None:
    """A29: a provider at an address inside is not asked unless that is chosen; the operator is told."""
    with a_world(tmp_path, ENTREPOT_OIDC__ALLOW_PRIVATE="false") as world:
        arn = world.role("ci", trusting({"Federated": world.provider()}, WEB))
        with refused("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider", 400):
            ask(world, arn, world.issuer.token())
        assert world.issuer.asked == []
        told = (tmp_path / "serve.log").read_text()
        assert "which is inside the network (loopback): see allow_private" in told


def test_nothing_is_asked_in_vain(world: World, role: str) -> None:
    """A28: a token that is refused for what it says has nothing fetched."""
    before = len(world.issuer.asked)
    for changes in ({"aud": "x"}, {"exp": 1}, {"iss": "https://localhost:1"}):
        with refused("ExpiredTokenException" if "exp" in changes else "InvalidIdentityToken"):
            ask(world, role, world.issuer.token("one", **changes))
    assert len(world.issuer.asked) == before
