"""Managed policies of users, groups and roles: attach, detach, list, and which entities have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrepot.domain import iam_names as names
from entrepot.domain.errors import NoSuchEntity
from entrepot.domain.iam_entities import Identity
from entrepot.domain.managed_policies import ATTACHED, parse_arn
from entrepot.registry import identities, managed_policies
from entrepot.registry.identities import Listing
from entrepot.store import attachments as table
from entrepot.store import identities as identity_table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

AS_POLICY, AS_BOUNDARY = "PermissionsPolicy", "PermissionsBoundary"  # of IAM's PolicyUsageType


@dataclass(frozen=True, slots=True)
class Holders:
    """Which entities that have a policy are wanted: kinds, or None for all; path; AS_POLICY, AS_BOUNDARY or None."""

    kind: str | None = None
    prefix: str = "/"
    usage: str | None = None


def attach(reg: Registry, caller: Caller, kind: str, name: str, arn: str) -> None:
    """Give an identity a policy, which it may have already. Raises NoSuchEntity, InvalidInput, LimitExceeded."""

    def update(tx: Tx) -> None:
        account = caller.principal.account
        identity = identities.find(tx, account, kind, name)
        if managed_policies.look(tx, account, arn) is None:
            raise NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")
        if table.add(tx, identity.id, arn):
            quota, limit = ATTACHED[kind]
            if len(table.of(tx, identity.id)) > limit:
                raise names.over(quota, limit)
        identities.changed(tx, caller, reg.now(), identity.arn, policyArn=arn)

    reg.db.write(update)


def detach(reg: Registry, caller: Caller, kind: str, name: str, arn: str) -> None:
    """Take a policy from an identity. Raises NoSuchEntity, also where it does not have it, and InvalidInput."""

    def update(tx: Tx) -> None:
        identity = identities.find(tx, caller.principal.account, kind, name)
        parse_arn(arn)
        if not table.remove(tx, identity.id, arn):
            raise NoSuchEntity(f"Policy {arn} was not found.")
        identities.changed(tx, caller, reg.now(), identity.arn, policyArn=arn)

    reg.db.write(update)


def of(
    reg: Registry, account: str, kind: str, name: str, prefix: str, marker: str | None, limit: int | None
) -> Listing[tuple[str, str]]:
    """A page of names and ARNs of the policies of an identity whose path begins with `prefix`, by ARN.

    Raises NoSuchEntity, ValidationFailed.
    """

    def read(tx: Tx) -> list[tuple[str, str]]:
        identity = identities.find(tx, account, kind, name)
        parts = [(parse_arn(arn), arn) for arn in table.of(tx, identity.id)]
        return [(each[2], arn) for each, arn in parts if each is not None and each[1].startswith(prefix)]

    return identities.listing_of((account, "attached", kind, name, prefix), marker, limit, reg.db.read(read))


def holders(
    reg: Registry, account: str, arn: str, wanted: Holders, marker: str | None, limit: int | None
) -> Listing[Identity]:
    """A page of the account's identities that have a policy or are bounded by it, by kind and name.

    Raises NoSuchEntity, InvalidInput, ValidationFailed.
    """

    def read(tx: Tx) -> list[Identity]:
        managed_policies.find(tx, account, arn)
        found: dict[int, Identity] = {}
        if wanted.usage != AS_BOUNDARY:
            attached = (identity_table.get(tx, id_) for id_ in table.holders(tx, account, arn))
            found |= {each.id: each for each in attached if each is not None}
        if wanted.usage != AS_POLICY:
            found |= {each.id: each for each in identity_table.bounded(tx, account, arn)}
        return [
            each
            for each in sorted(found.values(), key=_key)
            if wanted.kind in {None, each.kind} and each.path.startswith(wanted.prefix)
        ]

    scope = (account, "holders", arn, str(wanted.kind), wanted.prefix, str(wanted.usage))
    return identities.listing_of(scope, marker, limit, reg.db.read(read))


def _key(identity: Identity) -> tuple[str, str]:
    return identity.kind, names.fold(identity.name)
