"""Permissions boundaries: the managed policy beyond which a user or role has no rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entrepot.domain.errors import NoSuchEntity
from entrepot.registry import identities, managed_policies
from entrepot.store import identities as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


def check(tx: Tx, account: str, arn: str) -> None:
    """May the policy of that ARN bound an identity of `account`? Raises NoSuchEntity, InvalidInput for no ARN."""
    if managed_policies.look(tx, account, arn) is None:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")


def put(reg: Registry, caller: Caller, kind: str, name: str, arn: str) -> None:
    """Bound a user or role, in place of the boundary it has. Raises NoSuchEntity, InvalidInput."""

    def update(tx: Tx) -> None:
        identity = identities.find(tx, caller.principal.account, kind, name)
        check(tx, identity.account, arn)
        table.set_boundary(tx, identity.id, arn)
        identities.changed(tx, caller, reg.now(), identity.arn, permissionsBoundary=arn)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, kind: str, name: str) -> None:
    """Take the boundary from a user or role. Raises NoSuchEntity, also where it has none."""

    def update(tx: Tx) -> None:
        identity = identities.find(tx, caller.principal.account, kind, name)
        if not identity.boundary:
            raise NoSuchEntity(f"No permissions boundary is attached to the {kind} {name}.")
        table.set_boundary(tx, identity.id, "")
        identities.changed(tx, caller, reg.now(), identity.arn)

    reg.db.write(update)
