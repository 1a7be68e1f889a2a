"""OpenID Connect providers, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, plain, refused

PRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def test_a_provider(iam: Any, fresh: str) -> None:
    """A provider is made, listed, changed in its client ids and thumbprints, and deleted, however often."""
    url, tags = f"https://{fresh}.example/id/ABC", [{"Key": "Team", "Value": "a"}]
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{fresh}.example/id/ABC"
    made = plain(iam.create_open_id_connect_provider(Url=url, ClientIDList=["a"], ThumbprintList=[PRINT], Tags=tags))
    assert made == {"OpenIDConnectProviderArn": arn, "Tags": tags}
    one = {"OpenIDConnectProviderArn": arn}
    shown = plain(iam.get_open_id_connect_provider(**one))
    kept = {"Url": f"{fresh}.example/id/ABC", "ClientIDList": ["a"], "ThumbprintList": [PRINT], "Tags": tags}
    assert shown == {**kept, "CreateDate": shown["CreateDate"]}
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    for _ in range(2):
        assert plain(iam.add_client_id_to_open_id_connect_provider(**one, ClientID="b")) == {}
    for _ in range(2):
        assert plain(iam.remove_client_id_from_open_id_connect_provider(**one, ClientID="a")) == {}
    assert plain(iam.update_open_id_connect_provider_thumbprint(**one, ThumbprintList=["ab" * 20])) == {}
    shown = iam.get_open_id_connect_provider(**one)
    assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["b"], ["ab" * 20])
    with refused("EntityAlreadyExists", f"Provider with url {url} already exists."):
        iam.create_open_id_connect_provider(Url=url)
    for _ in range(2):
        assert plain(iam.delete_open_id_connect_provider(**one)) == {}
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}"):
        iam.get_open_id_connect_provider(**one)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "https://",
        "a.example",
        "https://a.example?x=1",
        "https://a.example/#",
        "https://u@a.example",
    ],
)
def test_no_issuer(iam: Any, url: str) -> None:
    """An issuer is an https URL without query, fragment and user."""
    with refused("ValidationError", "Invalid Open ID Connect Provider URL"):
        iam.create_open_id_connect_provider(Url=url)


def test_limits(iam: Any, fresh: str) -> None:
    """Five thumbprints, 100 client ids, and ARNs of providers only."""
    message = "Thumbprint list must contain fewer than 5 entries."
    with refused("InvalidInput", message):
        iam.create_open_id_connect_provider(
            Url=f"https://{fresh}.example", ThumbprintList=[f"{number:040x}" for number in range(6)]
        )
    message = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    with refused("LimitExceeded", message):
        iam.create_open_id_connect_provider(Url=f"https://{fresh}.example", ClientIDList=list(map(str, range(101))))
    text = f"arn:aws:iam::{ACCOUNT}:user/{fresh}"
    with refused("InvalidInput", f"ARN {text} is not valid."):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=text)
