"""Nobody gets in without an identity, and nothing altered is one."""

from __future__ import annotations

import base64

import pytest
from tests.attacks.conftest import Target, basic

PATHS = [
    "",
    "_catalog",
    "team/app/tags/list",
    "team/app/manifests/x",
    "nope/x/tags/list",
    f"team/app/blobs/sha256:{'a' * 64}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
def test_without_a_login(target: Target, method: str, path: str) -> None:
    """A17: known and unknown things are the same 401."""
    assert target.request(method, "/v2/" + path).status == 401


def password(target: Target) -> str:
    return base64.b64decode(target.login.removeprefix("Basic ")).decode().removeprefix("AWS:")


def test_altered_tokens(target: Target) -> None:
    """A27: a token cut short, lengthened, or with any character changed is 403 DENIED."""
    good = password(target)
    assert target.v2("GET", "", headers={"Authorization": basic("AWS", good)}).status == 200
    altered = [good[:at] + ("B" if good[at] == "A" else "A") + good[at + 1 :] for at in range(0, len(good), 7)]
    altered += [good[:-1], good[:10], good + "A", good + "=", "", "A" * 10_000, good.swapcase()]
    for wrong in altered:
        reply = target.v2("GET", "", headers={"Authorization": basic("AWS", wrong)})
        assert (reply.status, reply.code) == (403, "DENIED")
        assert b"Your authorization token has expired" in reply.body


@pytest.mark.parametrize("user", ["", "aws", "AWS ", "root", "AKIAIOSFODNN7EXAMPLE", "AWS\0"])
def test_other_users(target: Target, user: str) -> None:
    """A27: a token is the password of AWS and of nobody else."""
    reply = target.v2("GET", "", headers={"Authorization": basic(user, password(target))})
    assert (reply.status, reply.code) == (403, "DENIED")


def test_another_region_and_account(target: Target) -> None:
    """A17, A27: a token is not good for another region's registry, and another account's is denied."""
    for host in ("123456789012.dkr.ecr.eu-west-1.localhost", "999999999999.dkr.ecr.us-east-1.localhost"):
        reply = target.v2("GET", "team/app/tags/list", headers={"Host": host})
        assert (reply.status, reply.code) == (403, "DENIED")


@pytest.mark.parametrize(
    "path", ["/layers/1/sha256:" + "a" * 64, "/layers/", "/layers/1/x?expires=99999999999&signature=" + "0" * 64]
)
def test_download_urls(target: Target, path: str) -> None:
    """A25: a URL that was not given out opens nothing."""
    assert target.request("GET", path).status == 403


@pytest.mark.parametrize(
    "path", ["/", "/x", "/console/", "/v3/", "/.env", "/service/x/operation/y", "/%00", "/v2x", "/metricsx"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_other_paths(target: Target, method: str, path: str) -> None:
    """What is nowhere is a 4xx for everybody."""
    assert 400 <= target.request(method, path).status < 500
