"""Does a repository's policy keep its author from setting another one?"""

from __future__ import annotations

import re

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.identities import identity
from entrepot.domain.policies import EVERYONE, Document, Principal, Statement

SETTING = "ecr:SetRepositoryPolicy"


def check(document: Document, arn: str, account: str, resource: str, user_id: str = "") -> None:
    """Refuse a repository policy that denies setting it to the principal `arn` who sets it now, and has that UserId.

    Only a Deny without conditions counts: whether conditions will hold the next time cannot be known. The root of an
    account is kept out like anybody else. Raises InvalidParameter. (ECR API, SetRepositoryPolicy, `force`.)
    """
    ids = {user_id, user_id.partition(":")[0]} - {""}
    for statement in document.statements:
        if statement.effect == "Deny" and not statement.conditions and _denies(statement, arn, account, resource, ids):
            raise InvalidParameter(
                "PolicyText",
                "The policy would prevent you from setting another policy in the future. Use force to set it anyway",
            )


def _denies(statement: Statement, arn: str, account: str, resource: str, ids: set[str]) -> bool:
    """Whether a Deny takes SetRepositoryPolicy from a principal, its conditions aside."""
    who = statement.principals or statement.not_principals
    what = statement.actions or statement.not_actions
    named = any(_names(principal, arn, account) or principal.value in ids for principal in who)
    acted = any(_like(action.lower(), SETTING.lower()) for action in what)
    where = statement.resources or statement.not_resources or (EVERYONE,)
    placed = any(_like(pattern, resource) for pattern in where)
    return (
        named is bool(statement.principals)
        and acted is bool(statement.actions)
        and placed is not bool(statement.not_resources)
    )


def _names(principal: Principal, arn: str, account: str) -> bool:
    """Whether a principal is the one of `arn`, its role, its whole account, or everybody."""
    if principal.kind != "AWS":
        return False
    whole = re.fullmatch(rf"arn:[^:]+:iam::{account}:root", principal.value)
    return principal.value == EVERYONE or whole is not None or identity(principal.value) == identity(arn)


def _like(pattern: str, text: str) -> bool:
    """Whether a text is of the form of a pattern with `*` and `?`; time grows with the product of their lengths."""
    at = here = 0
    star, mark = -1, 0
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, here, at + 1
        elif at < len(pattern) and pattern[at] in {text[here], "?"}:
            at, here = at + 1, here + 1
        elif star >= 0:  # let the last star take one character more
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")
