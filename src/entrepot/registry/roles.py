"""Roles: create, look up, change, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from entrepot.domain import managed_policies as rules
from entrepot.domain.errors import DeleteConflict
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import ROLE
from entrepot.domain.policies import Kind
from entrepot.registry import bindings, boundaries, identities
from entrepot.registry.identities import Listing
from entrepot.registry.users import Tagged
from entrepot.store import iam_tags, memberships
from entrepot.store import identities as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

MAX_SESSION = 3600
"""Seconds that a session of a role lasts at most, unless the role says otherwise."""


@dataclass(frozen=True, slots=True)
class New:
    """What a role is made of. `max_session` is in seconds; `boundary` is empty for none."""

    name: str
    path: str
    trust: str
    description: str = ""
    max_session: int = MAX_SESSION
    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def create(reg: Registry, caller: Caller, new: New) -> Tagged:
    """A new role of the caller's account; the text of its trust policy is kept as it is, its principals are bound.

    Raises MalformedPolicyDocument, also where the trust policy names a user or role that is not there;
    EntityAlreadyExists, LimitExceeded, NoSuchEntity and InvalidInput for its boundary.
    """
    document = rules.check_trust(new.trust)

    def insert(tx: Tx) -> Tagged:
        if new.boundary:
            boundaries.check(tx, caller.principal.account, new.boundary)
        role = identities.add(
            tx,
            caller,
            reg.now(),
            ROLE,
            new.name,
            new.path,
            description=new.description,
            trust=new.trust,
            trust_principals=bindings.bind(tx, caller.principal.account, document, Kind.TRUST),
            max_session=new.max_session,
            boundary=new.boundary,
            tags=new.tags,
        )
        return Tagged(role, new.tags)

    return reg.db.write(insert)


def get(reg: Registry, account: str, name: str) -> Tagged:
    """The role of that name with its tags; in place of those who are gone, their ids stand in its trust policy.

    Raises NoSuchEntity.
    """

    def read(tx: Tx) -> Tagged:
        role = identities.find(tx, account, ROLE, name)
        return Tagged(bindings.role(tx, role), iam_tags.of(tx, role.arn))

    return reg.db.read(read)


def list_page(
    reg: Registry, account: str, prefix: str | None, marker: str | None, limit: int | None
) -> Listing[Identity]:
    """A page of the roles whose path begins with `prefix`, by name, as `get` gives them. Raises ValidationFailed."""
    page = identities.list_page(reg, account, ROLE, prefix, marker, limit)
    return replace(page, items=reg.db.read(lambda tx: tuple(bindings.role(tx, role) for role in page.items)))


def set_trust(reg: Registry, caller: Caller, name: str, text: str) -> None:
    """Give a role another trust policy. Raises MalformedPolicyDocument, NoSuchEntity, LimitExceeded."""
    document = rules.check_trust(text)

    def write(tx: Tx, role: Identity) -> None:
        table.set_trust(tx, role.id, text, bindings.bind(tx, caller.principal.account, document, Kind.TRUST))

    _change(reg, caller, name, {"policyDocument": text}, write)


def update(reg: Registry, caller: Caller, name: str, description: str | None, max_session: int | None) -> Identity:
    """Give a role another description or longest session (seconds); None leaves one as it is. Raises NoSuchEntity."""

    def write(tx: Tx, role: Identity) -> None:
        if description is not None:
            table.set_description(tx, role.id, description)
        if max_session is not None:
            table.set_max_session(tx, role.id, max_session)

    told = {"description": description, "maxSessionDuration": max_session}
    return _change(reg, caller, name, told, write)


def delete(reg: Registry, caller: Caller, name: str) -> None:
    """Remove a role that has nothing left. Raises NoSuchEntity, DeleteConflict. (IAM API, DeleteRole.)"""

    def remove(tx: Tx) -> None:
        role = identities.find(tx, caller.principal.account, ROLE, name)
        if memberships.containers(tx, role.id, limit=1):
            raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
        identities.check_no_policies(tx, role)
        identities.remove(tx, caller, reg.now(), role)

    reg.db.write(remove)


def _change(
    reg: Registry, caller: Caller, name: str, told: Mapping[str, object], write: Callable[[Tx, Identity], None]
) -> Identity:
    def change(tx: Tx) -> Identity:
        role = identities.find(tx, caller.principal.account, ROLE, name)
        write(tx, role)
        identities.changed(tx, caller, reg.now(), role.arn, **told)
        return bindings.role(tx, identities.find(tx, caller.principal.account, ROLE, name))

    return reg.db.write(change)
