"""Put…Policy, Get…Policy, List…Policies and Delete…Policy of users, groups and roles, asked by boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.aws.ecr.asking import plain, refused
from tests.aws.iam.documents import allow

LIMITS = {"user": 2048, "group": 5120, "role": 10_240}


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_policies(iam: Any, request: pytest.FixtureRequest, kind: str) -> None:
    """A policy is put, read as it was submitted, replaced, listed and deleted."""
    name = request.getfixturevalue(kind)
    named = {f"{kind.capitalize()}Name": name}
    put, get = getattr(iam, f"put_{kind}_policy"), getattr(iam, f"get_{kind}_policy")
    delete = getattr(iam, f"delete_{kind}_policy")
    for policy, text in (("b", allow("ecr:*")), ("a", allow("ecr:*")), ("b", allow("ecr:BatchGetImage"))):
        assert plain(put(**named, PolicyName=policy, PolicyDocument=text)) == {}
    shown = plain(get(**named, PolicyName="b"))
    assert shown == {**named, "PolicyName": "b", "PolicyDocument": json.loads(allow("ecr:BatchGetImage"))}
    listed = plain(getattr(iam, f"list_{kind}_policies")(**named))
    assert listed == {"PolicyNames": ["a", "b"], "IsTruncated": False}
    paginator = iam.get_paginator(f"list_{kind}_policies")
    pages = paginator.paginate(**named, PaginationConfig={"PageSize": 1})
    assert [page["PolicyNames"] for page in pages] == [["a"], ["b"]]
    message = f"Maximum policy size of {LIMITS[kind]} bytes exceeded for {kind} {name}"
    with refused("LimitExceeded", message):
        put(**named, PolicyName="c", PolicyDocument=allow(f"ecr:{'x' * LIMITS[kind]}"))
    message = "Policy document should not specify a principal."
    with refused("MalformedPolicyDocument", message):
        put(**named, PolicyName="c", PolicyDocument=allow("ecr:*", Principal="*"))
    assert plain(delete(**named, PolicyName="b")) == {}
    message = f"The {kind} policy with name b cannot be found."
    with refused("NoSuchEntity", message):
        get(**named, PolicyName="b")
    with refused("NoSuchEntity", message):
        delete(**named, PolicyName="b")
