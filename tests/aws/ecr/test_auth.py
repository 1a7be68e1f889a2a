"""GetAuthorizationToken, asked by boto3."""

from __future__ import annotations

import base64
import http.client
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, invalid, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.serving import Server


def password_of(token: str) -> str:
    """The password in an authorizationToken, as `aws ecr get-login-password` takes it out."""
    user, password = base64.b64decode(token, validate=True).decode().split(":")
    assert user == "AWS"
    return password


def login(server: Server, token: str, path: str = "/v2/") -> int:
    """The status that `/v2` gives to the bearer of a token."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"Basic {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_token(ecr: Any, server: Server) -> None:
    """The token is user and password for /v2, for twelve hours, and looks like ECR's."""
    before = datetime.now(UTC)
    answer = plain(ecr.get_authorization_token())
    [data] = answer.pop("authorizationData")
    assert answer == {}
    assert set(data) == {"authorizationToken", "expiresAt", "proxyEndpoint"}
    assert data["proxyEndpoint"] == f"http://{server.host}"
    life = data["expiresAt"] - before
    assert timedelta(hours=12, seconds=-1) <= life <= timedelta(hours=12, seconds=30)
    inside = json.loads(base64.b64decode(password_of(data["authorizationToken"]), validate=True))
    assert set(inside) == {"payload", "datakey", "version", "type", "expiration"}
    assert (inside["version"], inside["type"]) == ("2", "DATA_KEY")
    assert inside["expiration"] == data["expiresAt"].timestamp()
    assert login(server, data["authorizationToken"]) == 200
    assert login(server, base64.b64encode(b"AWS:wrong").decode()) == 403


def test_tokens_differ(ecr: Any) -> None:
    """No two tokens are the same."""
    tokens = {ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"] for _ in range(3)}
    assert len(tokens) == 3


def test_region(ecr: Any, elsewhere: Callable[[str], Any], server: Server, repository: str) -> None:
    """A token is for the region that it was fetched in."""
    [data] = elsewhere("eu-central-1").get_authorization_token()["authorizationData"]
    assert login(server, data["authorizationToken"]) == 200
    assert login(server, data["authorizationToken"], f"/v2/{repository}/tags/list") == 404
    [data] = ecr.get_authorization_token()["authorizationData"]
    assert login(server, data["authorizationToken"], f"/v2/{repository}/tags/list") == 200


def test_registries(raw: Any, server: Server, repository: str) -> None:
    """One token for each registry that is named, 1 to 10; one of another account opens nothing there."""
    own, theirs = raw.get_authorization_token(registryIds=[ACCOUNT, OTHER_ACCOUNT])["authorizationData"]
    path = f"/v2/{repository}/tags/list"
    assert login(server, own["authorizationToken"], path) == 200
    assert login(server, theirs["authorizationToken"], path) == 403
    assert len(raw.get_authorization_token(registryIds=[ACCOUNT] * 10)["authorizationData"]) == 10
    with invalid("registryIds", "Member must have length less than or equal to 10"):
        raw.get_authorization_token(registryIds=[ACCOUNT] * 11)
    with invalid("registryIds", "Member must have length greater than or equal to 1"):
        raw.get_authorization_token(registryIds=[])


@pytest.mark.parametrize("registry", ["", "1234", "abcdefghijkl"])
def test_registry_id_outside_the_grammar(raw: Any, registry: str) -> None:
    """A registry id in the list is 12 digits."""
    text = "Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]"
    with invalid("registryIds", text):
        raw.get_authorization_token(registryIds=[registry])
