"""Who is calling: the identity behind a request and the circumstances that a decision or an audit row needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Facts = Mapping[str, tuple[str, ...]]
"""Condition keys and their values; the keys are in lower case, as IAM compares them."""

NO_FACTS: Facts = MappingProxyType({})

ROOT, USER, ROLE, FEDERATED = "root", "user", "role", "federated"


@dataclass(frozen=True, slots=True)
class Session:
    """What temporary credentials carry. `name` is the role session's; instants are microseconds UTC.

    `policies` are the texts of session policies. `context` are the condition keys that were fixed when the
    credentials were issued: session tags as `aws:principaltag/x`, claims of an OIDC provider, sts:ExternalId,
    aws:MultiFactorAuthPresent and so on, in lower case.
    """

    name: str
    issued_at: int
    expires_at: int
    policies: tuple[str, ...] = ()
    context: Facts = field(default_factory=lambda: NO_FACTS, hash=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity of an account. `user_id` is what STS calls UserId; `access_key_id` names the key that was used.

    `arn` is what AWS calls the caller: of a role's session it is the session's. `identity` is the row of the user or
    role, None for root. `name` is the user's or role's.
    """

    account: str
    arn: str
    user_id: str
    access_key_id: str
    kind: str = ROOT
    identity: int | None = None
    name: str = ""
    session: Session | None = field(default=None, hash=False)
    source_arn: str = ""
    """The role's own ARN, with its path, of a session of a role."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's caller. `action` is the IAM action, as `ecr:PutImage`; `region` the one that was called.

    `secure`: it came over TLS; `vpc_endpoint`: through the listener that stands for that endpoint. `facts` are
    condition keys that the request itself has, as aws:RequestTag.
    """

    principal: Principal
    region: str
    action: str
    request_id: str
    source_ip: str
    user_agent: str
    secure: bool = False
    vpc_endpoint: str = ""
    facts: Facts = field(default_factory=lambda: NO_FACTS, hash=False)


def root(account: str, access_key_id: str) -> Principal:
    """The root of an account (its UserId is the account number, as STS answers for root keys)."""
    return Principal(account, f"arn:aws:iam::{account}:root", account, access_key_id)


NOBODY = Principal("", "", "anonymous", "", FEDERATED)
"""Who calls what takes no signature, until something in the call says who that is."""


def service(account: str, region: str, action: str) -> Caller:
    """The registry itself, as CloudTrail names what AWS does for an account by itself."""
    return Caller(Principal(account, "", "", ""), region, action, "", "AWS Internal", "AWS Internal")
