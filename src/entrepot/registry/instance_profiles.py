"""Instance profiles: what holds a role for machines, and holds at most one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entrepot.domain import iam_names as names
from entrepot.domain.errors import DeleteConflict
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import PROFILE, ROLE
from entrepot.registry import bindings, identities
from entrepot.registry.identities import Listing
from entrepot.store import iam_tags, memberships

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

ROLES = 1  # IAM user guide, "IAM and AWS STS quotas"


@dataclass(frozen=True, slots=True)
class Profile:
    """An instance profile with the roles in it and its tags."""

    identity: Identity
    roles: tuple[Identity, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def create(reg: Registry, caller: Caller, name: str, path: str, tags: Mapping[str, str]) -> Profile:
    """A new profile of the caller's account. Raises EntityAlreadyExists, LimitExceeded."""

    def insert(tx: Tx) -> Identity:
        return identities.add(tx, caller, reg.now(), PROFILE, name, path, tags=tags)

    return Profile(reg.db.write(insert), tags=tags)


def get(reg: Registry, account: str, name: str) -> Profile:
    """The profile of that name. Raises NoSuchEntity."""
    return reg.db.read(lambda tx: _with_roles(tx, identities.find(tx, account, PROFILE, name)))


def list_page(
    reg: Registry, account: str, prefix: str | None, marker: str | None, limit: int | None
) -> Listing[Profile]:
    """A page of the profiles whose path begins with `prefix`, by name. Raises ValidationFailed."""
    page = identities.list_page(reg, account, PROFILE, prefix, marker, limit)
    found = reg.db.read(lambda tx: [_with_roles(tx, profile) for profile in page.items])
    return Listing(tuple(found), page.marker)


def of_role(reg: Registry, account: str, name: str, marker: str | None, limit: int | None) -> Listing[Profile]:
    """A page of the profiles that a role is in, by name. Raises NoSuchEntity, ValidationFailed."""

    def read(tx: Tx) -> Listing[Profile]:
        role = identities.find(tx, account, ROLE, name)
        page = identities.listing(
            (account, "profiles", role.unique_id),
            marker,
            limit,
            lambda after, most: memberships.containers(tx, role.id, after, most),
            lambda profile: names.fold(profile.name),
        )
        return Listing(tuple(_with_roles(tx, profile) for profile in page.items), page.marker)

    return reg.db.read(read)


def add_role(reg: Registry, caller: Caller, name: str, role_name: str) -> None:
    """Put a role into an empty profile. Raises NoSuchEntity, LimitExceeded where there is one."""

    def update(tx: Tx) -> None:
        profile, role = _both(tx, caller, name, role_name)
        if memberships.members(tx, profile.id, limit=1):
            raise names.over("InstanceSessionsPerInstanceProfile", ROLES)
        memberships.add(tx, profile.id, role.id)
        identities.changed(tx, caller, reg.now(), profile.arn, roleName=role_name)

    reg.db.write(update)


def remove_role(reg: Registry, caller: Caller, name: str, role_name: str) -> None:
    """Take a role out of a profile. Raises NoSuchEntity, also where it is not in it."""

    def update(tx: Tx) -> None:
        profile, role = _both(tx, caller, name, role_name)
        if not memberships.remove(tx, profile.id, role.id):
            raise names.missing(ROLE, role_name)
        identities.changed(tx, caller, reg.now(), profile.arn, roleName=role_name)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, name: str) -> None:
    """Remove a profile without a role. Raises NoSuchEntity, DeleteConflict."""

    def remove(tx: Tx) -> None:
        profile = identities.find(tx, caller.principal.account, PROFILE, name)
        if memberships.members(tx, profile.id, limit=1):
            raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
        identities.remove(tx, caller, reg.now(), profile)

    reg.db.write(remove)


def _with_roles(tx: Tx, profile: Identity) -> Profile:
    return Profile(
        profile,
        tuple(bindings.role(tx, one) for one in memberships.members(tx, profile.id)),
        iam_tags.of(tx, profile.arn),
    )


def _both(tx: Tx, caller: Caller, name: str, role_name: str) -> tuple[Identity, Identity]:
    account = caller.principal.account
    profile = identities.find(tx, account, PROFILE, name)
    return profile, identities.find(tx, account, ROLE, role_name)
