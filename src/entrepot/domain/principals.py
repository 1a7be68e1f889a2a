"""Who is calling: the identity behind a request and the circumstances that a decision or an audit row needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity of an account. `user_id` is what STS calls UserId; `access_key_id` names the key that was used."""

    account: str
    arn: str
    user_id: str
    access_key_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's caller. `action` is the IAM action, as `ecr:PutImage`; `region` the one that was called."""

    principal: Principal
    region: str
    action: str
    request_id: str
    source_ip: str
    user_agent: str


def root(account: str, access_key_id: str) -> Principal:
    """The root of an account (its UserId is the account number, as STS answers for root keys)."""
    return Principal(account, f"arn:aws:iam::{account}:root", account, access_key_id)


def service(account: str, region: str, action: str) -> Caller:
    """The registry itself, as CloudTrail names what AWS does for an account by itself."""
    return Caller(Principal(account, "", "", ""), region, action, "", "AWS Internal", "AWS Internal")
