"""Who gets in at `/v2`, and into which registry."""

from __future__ import annotations

import base64
import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories import ACCOUNT, KEY, REGION, Clock, a_caller, a_registry
from tests.oci.conftest import Client, basic, token
from tests.registry.iam import HERE, a_user, accounts

from entrepot.domain.iam_entities import Identity
from entrepot.domain.principals import Session
from entrepot.oci import auth
from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.registry import access, access_keys, credentials, identities, repositories, sessions, users
from entrepot.registry.attempts import Attempts
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Login
from entrepot.registry.sealing import Ring
from entrepot.store import inline_policies
from entrepot.store.sqlite import SqliteDatabase

EXPIRED = (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")


@pytest.mark.parametrize(
    "path", ["", "_catalog", "team/app/tags/list", "team/app/manifests/1", "nope/x/tags/list", "x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
def test_nothing_is_open(client: Client, anonymous: Client, method: str, path: str) -> None:
    """Without a login every path, known or not, is 401 with ECR's challenge."""
    answer = anonymous(method, path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="http://localhost:5000/",service="ecr.amazonaws.com"'


def test_a_login(client: Client) -> None:
    """A token opens `/v2/`."""
    assert client("GET", "").status == 200
    assert client("HEAD", "").body == b""


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Basic QVdTOg==",
        "basic QVdTOng=",
        "Basic w6k=",
    ],
)
def test_bad_credentials(anonymous: Client, authorization: str) -> None:
    """Credentials that are none of ours get ECR's one text for all of them."""
    assert anonymous.errors("GET", "", authorization=authorization) == EXPIRED


@pytest.mark.parametrize("authorization", ["Bearer x", "Negotiate", "", "AWS4-HMAC-SHA256 Credential=x"])
def test_other_schemes(anonymous: Client, authorization: str) -> None:
    """A scheme that is not Basic is asked to log in."""
    assert anonymous("GET", "", authorization=authorization).status == 401


def test_expired(reg: Registry, client: Client, clock: Clock) -> None:
    """A token of yesterday is refused."""
    clock.forward(12 * 3600 + 1)
    assert client.errors("GET", "") == EXPIRED


def test_access_keys(reg: Registry, anonymous: Client) -> None:
    """An access key and its secret are a login; a wrong secret and an unknown key are the same refusal."""
    keys = reg.keys
    assert anonymous("GET", "", **basic(keys.access_key_id, keys.secret_access_key)).status == 200
    for user, password in ((keys.access_key_id, "wrong"), ("AKIAUNKNOWN", keys.secret_access_key), ("AKIAUNKNOWN", "")):
        assert anonymous.errors("GET", "", **basic(user, password)) == EXPIRED


def test_last_use(reg: Registry, anonymous: Client, clock: Clock) -> None:
    """A key that is a password is used, for ECR in the region of the Host; it is noted once a minute."""
    noted: list[str] = []
    for _ in range(3):
        assert anonymous("GET", "", **direct(reg), host="123456789012.dkr.ecr.eu-west-1.localhost:5000").status == 200
        noted += [f"{use.service} {use.region} {use.at}" for use in reg.trail._uses.values()]
        reg.trail.flush(reg.db)
    assert noted == [f"ecr eu-west-1 {reg.now()}"]
    clock.forward(61)
    assert anonymous("GET", "", **direct(reg)).status == 200
    assert [use.region for use in reg.trail._uses.values()] == ["us-east-1"]
    assert anonymous("GET", "", **token(reg)).status == 200


def direct(reg: Registry) -> dict[str, str]:
    return basic(reg.keys.access_key_id, reg.keys.secret_access_key)


def test_refused_logins_are_on_record(reg: Registry, anonymous: Client) -> None:
    """Wrong secrets, unknown keys and tokens that are over: a row for each key and no secret in it."""
    anonymous("GET", "")
    tries = (reg.keys.access_key_id, "AKIAUNKNOWN000000000", "AWS", "hunter2")
    for user in tries * 50:
        anonymous("GET", "", **basic(user, "wrong-password"))
    anonymous("GET", "", **token(reg, hours=-1))
    reg.trail.flush(reg.db)
    rows = reg.db.read(lambda tx: tx.all("SELECT account, access_key_id, action, error, parameters FROM audit"))
    said = ("ecr:GetAuthorizationToken", "TokenRefused", '{"failures": 1}')
    assert [tuple(row) for row in rows] == [
        ("123456789012", reg.keys.access_key_id, *said),
        ("", "AKIAUNKNOWN000000000", *said),
        ("", "AWS", *said),
        ("", "", *said),
    ]
    assert "wrong-password" not in str(reg.db.read(lambda tx: tx.all("SELECT * FROM audit")))


def test_regions(reg: Registry, client: Client, anonymous: Client) -> None:
    """A token is good where its Host names its region, and for no other region."""
    here = token(reg, "eu-west-1")
    assert anonymous("GET", "", host="123456789012.dkr.ecr.eu-west-1.localhost:5000", **here).status == 200
    assert anonymous.errors("GET", "", host="123456789012.dkr.ecr.us-east-1.localhost", **here) == EXPIRED
    assert anonymous("GET", "team/app/tags/list", **here).status == 404
    assert anonymous("GET", "team/app/tags/list", **token(reg)).status == 200


def test_other_accounts(client: Client) -> None:
    """A registry of another account is denied in ECR's sentence, whatever it holds."""
    status, code, message = client.errors("GET", "team/app/tags/list", host="999999999999.dkr.ecr.us-east-1.x")
    assert (status, code) == (403, "DENIED")
    assert message == (
        "User: arn:aws:iam::123456789012:root is not authorized to perform: ecr:ListImages on resource: "
        "arn:aws:ecr:us-east-1:999999999999:repository/team/app "
        "because no resource-based policy allows the ecr:ListImages action"
    )


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
        ("123456789012.dkr-ecr-fips.eu-west-1.on.aws:443", "eu-west-1"),
        ("123456789012.dkr.ecr.us-east-1.localhost:5000", "us-east-1"),
        ("123456789012.DKR.ECR.US-EAST-1.Example.com", "us-east-1"),
        ("localhost:5000", None),
        ("12345678901.dkr.ecr.us-east-1.x", None),
        ("x123456789012.dkr.ecr.us-east-1.x", None),
        ("[::1]:5000", None),
        (None, None),
    ],
)
def test_hosts(host: str | None, region: str | None) -> None:
    """The names of ECR's endpoints choose a registry; others leave it to the credentials."""
    found = auth.host_registry(host)
    assert (found.region if found else None) == region
    assert found is None or found.account == "123456789012"


def test_a_strange_host_is_not_repeated(anonymous: Client) -> None:
    """A Host that could break out of the challenge is not put into it."""
    answer = anonymous("GET", "", host='x",error="y')
    assert answer.headers["www-authenticate"] == 'Basic realm="http://localhost/",service="ecr.amazonaws.com"'


def test_a_repository_made_again(reg: Registry, client: Client) -> None:
    """A login is of a principal, so that it outlives a repository."""
    repositories.delete(reg, a_caller(), KEY, "team/app", force=True)
    assert client("GET", "team/app/tags/list").status == 404


# --- logins that are remembered --------------------------------------------------------------------------------


ALLOWED = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}'


@pytest.fixture
def alice(reg: Registry) -> tuple[Identity, dict[str, str], str]:
    """A user who may do everything, a login with her access key, and the key's id."""
    accounts(reg)
    user, key = a_user(reg), access_keys.create(reg, HERE, "alice")
    reg.db.write(lambda tx: inline_policies.put(tx, user.id, "all", ALLOWED))
    reg.db.write(identities.touch)
    access.changed(reg)
    return user, basic(key.key.id, key.secret), key.key.id


def of_alice(reg: Registry, user: Identity, key: str) -> dict[str, str]:
    """A login token that her key fetched."""
    expires = int(reg.now() / 1_000_000 + 12 * 3600)
    return basic("AWS", credentials.issue(reg.keys, Login(key, user.account, REGION, expires)))


@pytest.mark.parametrize("ending", ["turned off", "deleted", "user deleted"])
def test_a_remembered_login_ends_with_its_key(
    reg: Registry, client: Client, anonymous: Client, alice: tuple[Identity, dict[str, str], str], ending: str
) -> None:
    """A key that is turned off or gone is no login from then on, nor is a token that it fetched."""
    user, login, key = alice
    logins = (login, of_alice(reg, user, key))
    for each in (*logins, *logins):
        assert anonymous("GET", "team/app/tags/list", **each).status == 200
    if ending == "turned off":
        access_keys.set_status(reg, HERE, "alice", key, "Inactive")
    else:
        access_keys.delete(reg, HERE, "alice", key)
    if ending == "user deleted":
        reg.db.write(lambda tx: inline_policies.remove(tx, user.id, "all"))
        users.delete(reg, HERE, "alice")
    access.changed(reg)
    for each in logins:
        assert anonymous.errors("GET", "team/app/tags/list", **each) == EXPIRED


def test_what_another_process_changes(
    reg: Registry,
    client: Client,
    anonymous: Client,
    alice: tuple[Identity, dict[str, str], str],
    clock: Clock,
    tmp_path: Path,
) -> None:
    """A policy that is taken away in one process is gone in the others within a second."""
    user, login, _ = alice
    assert anonymous("GET", "team/app/tags/list", **login).status == 200
    other = a_registry(SqliteDatabase(tmp_path / "entrepot.db"), tmp_path, clock)
    with closing(other.db):
        other.db.write(lambda tx: inline_policies.remove(tx, user.id, "all"))
        other.db.write(identities.touch)
    time.sleep(0.3)
    assert anonymous("GET", "team/app/tags/list", **login).status == 403


def test_a_remembered_login_ends_with_its_session(
    reg: Registry, client: Client, anonymous: Client, clock: Clock
) -> None:
    """Temporary credentials, and the token that they fetched, are good until the session is over."""
    session = Session("run", reg.now(), reg.now() + 900_000_000)
    given = sessions.issue(reg, ACCOUNT, None, session)
    principal, _ = sessions.read(reg, given.access_key_id, given.token)
    expires = reg.now() // 1_000_000 + 12 * 3600
    said = sessions.to_text(reg, principal)
    fetched = credentials.issue(reg.keys, Login(given.access_key_id, ACCOUNT, REGION, expires, said))
    logins = (basic(given.access_key_id, f"{given.secret}:{given.token}"), basic("AWS", fetched))
    for seconds, status in ((0, 200), (0, 200), (899, 200), (1, 403)):
        clock.forward(seconds)
        for each in logins:
            assert anonymous("GET", "", **each).status == status


def test_a_remembered_login_ends_with_its_sealing_key(reg: Registry) -> None:
    """Whoever forgets the keys that sealed logins ends these, remembered or not; a new key in front ends none."""
    ring = Ring((b"o" * 32,))
    reg = replace(reg, keys=replace(reg.keys, sealing=ring))
    app = Client(OciDoor(reg, Options(sparse_manifests=False, body_bytes=2**40)))
    login = token(reg)
    assert app("GET", "", **login).status == 200
    ring.keys = (b"n" * 32, b"o" * 32)
    assert app("GET", "", **login).status == 200
    ring.keys = (b"n" * 32,)
    assert app("GET", "", **login).status == 403


def test_a_remembered_login_is_of_one_host(reg: Registry, client: Client, anonymous: Client) -> None:
    """The same token is asked again at another name: another region refuses it, another account has its own rights."""
    good = token(reg)
    for _ in range(2):
        assert anonymous("GET", "team/app/tags/list", **good).status == 200
        assert anonymous.errors("GET", "", host="123456789012.dkr.ecr.eu-west-1.x", **good) == EXPIRED
        answer = anonymous("GET", "team/app/tags/list", host="999999999999.dkr.ecr.us-east-1.x", **good)
        assert answer.status == 403


def test_a_remembered_login_and_failed_attempts(reg: Registry, client: Client) -> None:
    """An address that guessed too often has to wait even with a login that is remembered."""
    reg = replace(reg, attempts=Attempts(2))
    app = Client(OciDoor(reg, Options(sparse_manifests=False, body_bytes=2**40)))
    good = basic(reg.keys.access_key_id, reg.keys.secret_access_key)
    assert app("GET", "", **good).status == 200
    for _ in range(2):
        assert app("GET", "", **basic(reg.keys.access_key_id, "wrong")).status == 403
    assert app("GET", "", **good).status == 429


def test_refused_logins_are_not_remembered(reg: Registry, anonymous: Client) -> None:
    """Only what was good takes memory, and of that no more than a bound however it is spelt."""
    anonymous("GET", "", **basic("AKIAUNKNOWN", "x"))
    logins = reg.memory.now(reg.db).facts["logins"]
    assert logins == {}
    for number in range(1_010):
        assert anonymous("GET", "", host=f"h{number}", **token(reg)).status == 200
    assert 0 < len(logins) <= 1_000


# --- a key as a login ------------------------------------------------------------------------------------------


def let(reg: Registry, user: Identity, *statements: dict[str, object]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    reg.db.write(lambda tx: inline_policies.put(tx, user.id, "all", text))
    reg.db.write(identities.touch)
    access.changed(reg)


LISTS: dict[str, object] = {"Effect": "Allow", "Action": "ecr:ListImages", "Resource": "*"}
LOGS_IN: dict[str, object] = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}


@pytest.mark.parametrize("way", ["key", "temporary"])
def test_a_key_as_a_login_takes_the_right_to_log_in(
    reg: Registry, client: Client, anonymous: Client, alice: tuple[Identity, dict[str, str], str], way: str
) -> None:
    """Without ecr:GetAuthorizationToken every request with a key is refused and on record; with a token none is."""
    user, login, key = alice
    if way == "temporary":
        given = sessions.issue(reg, ACCOUNT, user, Session("", reg.now(), reg.now() + 900_000_000))
        login = basic(given.access_key_id, f"{given.secret}:{given.token}")
    elsewhere = {**LOGS_IN, "Resource": f"arn:aws:ecr:*:{ACCOUNT}:repository/*"}
    for statements in ((LISTS,), (LISTS, elsewhere)):
        let(reg, user, *statements)
        for path in ("", "team/app/tags/list", "team/app/tags/list", "none/x/tags/list"):
            status, code, message = anonymous.errors("GET", path, **login)
            assert (status, code) == (403, "DENIED")
            assert message == (
                f"User: {user.arn} is not authorized to perform: ecr:GetAuthorizationToken on resource: * "
                "because no identity-based policy allows the ecr:GetAuthorizationToken action"
            )
        assert anonymous("GET", "team/app/tags/list", **of_alice(reg, user, key)).status == 200
    reg.trail.flush(reg.db)
    rows = reg.db.read(lambda tx: tx.all("SELECT action, resource, error FROM audit WHERE error <> ''"))
    assert {tuple(row) for row in rows} == {("ecr:GetAuthorizationToken", "*", "AccessDenied")}
    assert len(rows) == 8
    let(reg, user, LISTS, LOGS_IN)
    assert [anonymous("GET", path, **login).status for path in ("", "team/app/tags/list")] == [200, 200]
    let(reg, user, LOGS_IN)
    assert anonymous("GET", "", **login).status == 200
    assert "perform: ecr:ListImages on" in anonymous.errors("GET", "team/app/tags/list", **login)[2]


def test_the_right_to_log_in_is_remembered(
    reg: Registry, client: Client, anonymous: Client, alice: tuple[Identity, dict[str, str], str]
) -> None:
    """It is decided once for a login from one place, and each time where a condition may say something else."""
    user, login, _ = alice
    let(reg, user, LISTS, {**LOGS_IN, "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}})
    known = []
    for _ in range(3):
        assert anonymous("GET", "team/app/tags/list", **login).status == 200
        facts = reg.memory.now(reg.db).facts
        known.append(sum(isinstance(key, tuple) and isinstance(key[0], auth.Admitted) for key in facts))
    assert known == [1, 1, 1]
    let(reg, user, LISTS, {**LOGS_IN, "Condition": {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}})
    assert anonymous("GET", "team/app/tags/list", **login).status == 200
    assert not any(isinstance(key, tuple) and isinstance(key[0], auth.Admitted) for key in reg.memory.now(reg.db).facts)
