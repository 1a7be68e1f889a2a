"""Whom the statements of resource-based policies name: accounts, users, roles with their sessions, everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from entrepot.domain.identities import identity
from entrepot.domain.policies import EVERYONE, Principal, Statement
from entrepot.domain.principals import FEDERATED, ROLE
from entrepot.domain.principals import Principal as Who

_ACCOUNT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root")


class Naming(IntEnum):
    """How closely a statement names a caller, which decides what else it takes to be allowed.

    ACCOUNT: by the whole account. ROLE: by the role whose session the caller is. SELF: by the user, the root, the very
    session, or as everybody.
    """

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    SELF = 3


@dataclass(frozen=True, slots=True)
class Subjects:
    """The principals of a statement; `inverse` where it is NotPrincipal.

    `ids` are the unique ids of those who were bound when the policy was set; `arns` and `roles` are the others.
    """

    inverse: bool
    everybody: bool
    accounts: frozenset[str]
    ids: frozenset[str]
    arns: frozenset[str]
    roles: frozenset[str]
    federated: frozenset[str]

    @classmethod
    def of(cls, statement: Statement, bound: Mapping[str, str]) -> Subjects:
        """`bound` are the unique ids of principals, by their ARNs."""
        named = statement.principals or statement.not_principals
        every = {one.value for one in named if one.kind == "AWS"}
        people = every - bound.keys()
        return cls(
            inverse=bool(statement.not_principals),
            everybody=Principal("AWS", EVERYONE) in named,
            accounts=frozenset(match[1] for match in map(_ACCOUNT.fullmatch, people) if match),
            ids=frozenset(bound[one] for one in every & bound.keys()),
            arns=frozenset(people),
            roles=frozenset(identity(one) for one in people if ":role/" in one),
            federated=frozenset(one.value for one in named if one.kind == "Federated"),
        )

    def named(self, who: Who) -> Naming:
        """How a statement with Principal names somebody."""
        if who.kind == FEDERATED:
            return Naming.SELF if self.everybody or who.arn in self.federated else Naming.NOT
        if self.everybody or self._has_self(who):
            return Naming.SELF
        if who.kind == ROLE and self._has_role(who):
            return Naming.ROLE
        return Naming.ACCOUNT if who.account in self.accounts else Naming.NOT

    def denies(self, who: Who) -> bool:
        """Whether a Deny is about somebody.

        NotPrincipal spares only those who are named whole: the account and the user; the account, the role and the
        session. (IAM user guide, "NotPrincipal".)
        """
        if not self.inverse:
            return self.named(who) is not Naming.NOT
        if self.everybody or who.kind == FEDERATED:
            return not self.everybody and who.arn not in self.federated
        spared = who.account in self.accounts and self._has_self(who) and (who.kind != ROLE or self._has_role(who))
        return not spared

    def _has_self(self, who: Who) -> bool:
        return who.arn in self.arns or who.user_id in self.ids

    def _has_role(self, who: Who) -> bool:
        if who.user_id.partition(":")[0] in self.ids:
            return True
        return who.source_arn in self.arns if who.source_arn else identity(who.arn) in self.roles
