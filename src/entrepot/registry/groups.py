"""Groups and who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from entrepot.domain import iam_names as names
from entrepot.domain.errors import DeleteConflict
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import GROUP, USER
from entrepot.domain.principals import Caller
from entrepot.registry import identities
from entrepot.registry.identities import Listing
from entrepot.store import memberships

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

GROUPS_PER_USER: Final = 10  # IAM user guide, "IAM and AWS STS quotas"


@dataclass(frozen=True, slots=True)
class Members:
    """A group and a page of its users."""

    group: Identity
    users: Listing[Identity]


def create(reg: Registry, caller: Caller, name: str, path: str) -> Identity:
    """A new group of the caller's account. Raises EntityAlreadyExists, LimitExceeded."""
    return reg.db.write(lambda tx: identities.add(tx, caller, reg.now(), GROUP, name, path))


def get(reg: Registry, account: str, name: str, marker: str | None, limit: int | None) -> Members:
    """A group and a page of its users by name. Raises NoSuchEntity, ValidationFailed."""

    def read(tx: Tx) -> Members:
        group = identities.find(tx, account, GROUP, name)
        page = identities.listing(
            (account, "users", group.unique_id),
            marker,
            limit,
            lambda after, most: memberships.members(tx, group.id, after, most),
            _key,
        )
        return Members(group, page)

    return reg.db.read(read)


def of_user(reg: Registry, account: str, name: str, marker: str | None, limit: int | None) -> Listing[Identity]:
    """A page of the groups that a user is in, by name. Raises NoSuchEntity, ValidationFailed."""

    def read(tx: Tx) -> Listing[Identity]:
        user = identities.find(tx, account, USER, name)
        return identities.listing(
            (account, "groups", user.unique_id),
            marker,
            limit,
            lambda after, most: memberships.containers(tx, user.id, after, most),
            _key,
        )

    return reg.db.read(read)


def add_user(reg: Registry, caller: Caller, name: str, user_name: str) -> None:
    """Put a user into a group, where it may be already. Raises NoSuchEntity, LimitExceeded for an eleventh group."""

    def update(tx: Tx) -> None:
        group, user = _both(tx, caller, name, user_name)
        memberships.add(tx, group.id, user.id)
        if len(memberships.containers(tx, user.id)) > GROUPS_PER_USER:
            raise names.over("GroupsPerUser", GROUPS_PER_USER)
        identities.changed(tx, caller, reg.now(), group.arn, userName=user_name)

    reg.db.write(update)


def remove_user(reg: Registry, caller: Caller, name: str, user_name: str) -> None:
    """Take a user out of a group, where it may not be. Raises NoSuchEntity."""

    def update(tx: Tx) -> None:
        group, user = _both(tx, caller, name, user_name)
        memberships.remove(tx, group.id, user.id)
        identities.changed(tx, caller, reg.now(), group.arn, userName=user_name)

    reg.db.write(update)


def rename(reg: Registry, caller: Caller, name: str, new_name: str | None, new_path: str | None) -> None:
    """Give a group another name or path. Raises NoSuchEntity, EntityAlreadyExists."""

    def update(tx: Tx) -> None:
        group = identities.find(tx, caller.principal.account, GROUP, name)
        identities.rename(tx, caller, reg.now(), group, new_name, new_path)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, name: str) -> None:
    """Remove an empty group without policies. Raises NoSuchEntity, DeleteConflict. (IAM API, DeleteGroup.)"""

    def remove(tx: Tx) -> None:
        group = identities.find(tx, caller.principal.account, GROUP, name)
        if memberships.members(tx, group.id, limit=1):
            raise DeleteConflict("Cannot delete entity, must remove users from group first.")
        identities.check_no_policies(tx, group)
        identities.remove(tx, caller, reg.now(), group)

    reg.db.write(remove)


def _both(tx: Tx, caller: Caller, name: str, user_name: str) -> tuple[Identity, Identity]:
    account = caller.principal.account
    group = identities.find(tx, account, GROUP, name)
    return group, identities.find(tx, account, USER, user_name)


def _key(identity: Identity) -> str:
    return names.fold(identity.name)
