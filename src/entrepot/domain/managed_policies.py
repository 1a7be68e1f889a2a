"""Managed and inline policies: what a managed one is, its ARN, and how large each kind of document may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entrepot.domain import policies
from entrepot.domain.errors import InvalidInput, LimitExceeded
from entrepot.domain.iam_names import GROUP, POLICY, ROLE, USER, arn
from entrepot.domain.policies import Document, Kind

AWS = "aws"
"""In place of an account, in the ARNs of AWS's own policies."""

# IAM user guide, "IAM and AWS STS quotas"; white space is not counted.
MANAGED_CHARACTERS = 6144
TRUST_CHARACTERS = 2048
INLINE_CHARACTERS = {USER: 2048, GROUP: 5120, ROLE: 10_240}  # of all inline policies of one identity together
VERSIONS = 5
POLICIES_PER_ACCOUNT = 1500
ATTACHED = {USER: ("PoliciesPerUser", 10), GROUP: ("PoliciesPerGroup", 10), ROLE: ("PoliciesPerRole", 10)}

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:\S+")
_POLICY_ARN = re.compile(r"arn:aws:iam::([0-9]{12}|aws):policy(/(?:[!-~]+/)?)([\w+=,.@-]{1,128})", re.ASCII)
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy, without its documents. Instants are microseconds UTC; `id` is 0 for those of AWS."""

    id: int
    account: str
    name: str
    path: str
    unique_id: str
    description: str
    default_version: int
    last_version: int
    created_at: int
    updated_at: int

    @property
    def arn(self) -> str:
        return arn(self.account, POLICY, self.path, self.name)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a managed policy: v1, v2 …, its document as it was submitted, and when it was made."""

    number: int
    text: str
    created_at: int


def parse_arn(text: str) -> tuple[str, str, str] | None:
    """Account (or AWS), path and name of a managed policy's ARN, None for another ARN.

    Raises InvalidInput for what is no ARN at all.
    """
    found = _POLICY_ARN.fullmatch(text)
    if found is not None:
        return found[1], found[2], found[3]
    if _ARN.fullmatch(text) is None:
        raise InvalidInput(f"ARN {text[:200]} is not valid.")
    return None


def parse_version(text: str) -> int:
    """The number of a version's id, which the model has checked: 2 of `v2`; 0 where there is no such version."""
    digits = text.removeprefix("v")
    return int(digits) if digits.isdecimal() and len(digits) <= 9 else 0  # noqa: PLR2004  # far above any


def characters(text: str) -> int:
    """How long a document is as IAM counts."""
    return len(_BLANK.sub("", text))


def check_managed(text: str) -> None:
    """Raises MalformedPolicyDocument, and LimitExceeded above 6,144 characters."""
    policies.parse(text, Kind.IDENTITY)
    if characters(text) > MANAGED_CHARACTERS:
        raise LimitExceeded(f"Cannot exceed quota for PolicySize: {MANAGED_CHARACTERS}")


def check_trust(text: str) -> Document:
    """The document of a trust policy. Raises MalformedPolicyDocument, and LimitExceeded above 2,048 characters."""
    document = policies.parse(text, Kind.TRUST)
    if characters(text) > TRUST_CHARACTERS:
        raise LimitExceeded(f"Cannot exceed quota for ACLSizePerRole: {TRUST_CHARACTERS}")
    return document


def check_inline(kind: str, name: str, text: str, others: int) -> None:
    """Is `text` a policy that the identity `name` may have beside `others` characters of inline policies?

    Raises MalformedPolicyDocument, and LimitExceeded above 2,048 characters of a user, 5,120 of a group, 10,240 of a
    role.
    """
    policies.parse(text, Kind.IDENTITY)
    limit = INLINE_CHARACTERS[kind]
    if others + characters(text) > limit:
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {kind} {name}")
