"""Policy documents and the ARNs of managed policies on IAM's wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from entrepot.aws.operation import Call, about
from entrepot.domain.managed_policies import parse_arn


def document(text: str) -> str:
    """A policy as IAM's answers have it: percent-encoded. (IAM API, "PolicyVersion", by RFC 3986.)"""
    return quote(text, safe="")


@about("policy")
def policy_arn(_: Call, req: Any) -> str:
    """The resource of what is about one managed policy. Raises InvalidInput for a text that is no ARN."""
    arn: str = req["PolicyArn"]
    parse_arn(arn)
    return arn
