"""Whom the statements of resource-based policies name: accounts, users, roles with their sessions, everybody."""

from __future__ import annotations

import re
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
    """The principals of a statement; `inverse` where it is NotPrincipal."""

    inverse: bool
    everybody: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    roles: frozenset[str]
    federated: frozenset[str]

    @classmethod
    def of(cls, statement: Statement) -> Subjects:
        named = statement.principals or statement.not_principals
        people = {one.value for one in named if one.kind == "AWS"}
        return cls(
            inverse=bool(statement.not_principals),
            everybody=Principal("AWS", EVERYONE) in named,
            accounts=frozenset(match[1] for match in map(_ACCOUNT.fullmatch, people) if match),
            arns=frozenset(people),
            roles=frozenset(identity(one) for one in people if ":role/" in one),
            federated=frozenset(one.value for one in named if one.kind == "Federated"),
        )

    def named(self, who: Who) -> Naming:
        """How a statement with Principal names somebody."""
        if who.kind == FEDERATED:
            return Naming.SELF if self.everybody or who.arn in self.federated else Naming.NOT
        if self.everybody or who.arn in self.arns:
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
        spared = who.account in self.accounts and who.arn in self.arns and (who.kind != ROLE or self._has_role(who))
        return not spared

    def _has_role(self, who: Who) -> bool:
        return who.source_arn in self.arns if who.source_arn else identity(who.arn) in self.roles
