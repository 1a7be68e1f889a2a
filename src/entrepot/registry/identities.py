"""What users, groups, roles and instance profiles have in common: names, ids, pages, the record of changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from entrepot.domain import iam_names as names
from entrepot.domain import pages
from entrepot.domain.errors import DeleteConflict, InvalidParameter, ValidationFailed
from entrepot.domain.iam_entities import Identity
from entrepot.registry import audit
from entrepot.store import counters, iam_tags
from entrepot.store import identities as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

COUNTER: Final = "identity"
"""The counter that moves with every change of who there is and what they may do."""

DEFAULT_ITEMS: Final = 100  # IAM's MaxItems

# IAM user guide, "IAM and AWS STS quotas": the defaults, or what one can have without asking.
QUOTAS: Final[Mapping[str, tuple[str, int]]] = {
    names.USER: ("UsersPerAccount", 5_000),
    names.GROUP: ("GroupsPerAccount", 300),
    names.ROLE: ("RolesPerAccount", 1_000),
    names.PROFILE: ("InstanceProfilesPerAccount", 1_000),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Entries of one page; `marker` is where the next one begins, None where there is none."""

    items: tuple[T, ...]
    marker: str | None = None


# --- changes ---------------------------------------------------------------------------------------------------


def changed(tx: Tx, caller: Caller, now: int, arn: str, **parameters: object) -> None:
    """Record a change of who there is or what they may do, and have every process look again."""
    audit.changed(tx, caller, now, arn, **parameters)
    touch(tx)


def touch(tx: Tx) -> None:
    """Have every process look again at who there is and what they may do."""
    counters.add(tx, COUNTER, 1)


# --- identities ------------------------------------------------------------------------------------------------


def find(tx: Tx, account: str, kind: str, name: str) -> Identity:
    """The user, group, role or profile of that name, in whatever case. Raises NoSuchEntity."""
    identity = table.named(tx, account, kind, name)
    if identity is None:
        raise names.missing(kind, name)
    return identity


def arn_of(reg: Registry, account: str, kind: str, name: str) -> str:
    """The ARN of an identity; of one that is not there the ARN that it would have without a path."""
    found = reg.db.read(lambda tx: table.named(tx, account, kind, name))
    return found.arn if found is not None else names.arn(account, kind, "/", name)


def unique_id(kind: str) -> str:
    """A new id as AIDA…, which is never used again."""
    return names.unique_id(kind, os.urandom(11))


def add(
    tx: Tx,
    caller: Caller,
    now: int,
    kind: str,
    name: str,
    path: str,
    *,
    description: str = "",
    trust: str = "",
    trust_principals: str = "",
    max_session: int = 0,
    boundary: str = "",
    tags: Mapping[str, str] | None = None,
) -> Identity:
    """A new identity of the caller's account, with tags that `tag_map` has checked, and the record of it.

    Raises EntityAlreadyExists for a name that differs at most in case, LimitExceeded.
    """
    account = caller.principal.account
    id_ = table.insert(
        tx,
        account,
        kind,
        name,
        path,
        unique_id(kind),
        now,
        description=description,
        trust=trust,
        trust_principals=trust_principals,
        max_session=max_session,
        boundary=boundary,
    )
    if id_ is None:
        raise names.taken(kind, name)
    _check_quota(tx, account, kind)
    identity = find(tx, account, kind, name)
    for key, value in names.merged({}, tags or {}).items():
        iam_tags.put(tx, account, identity.arn, key, value)
    changed(tx, caller, now, identity.arn, name=name, path=path)
    return identity


def _check_quota(tx: Tx, account: str, kind: str) -> None:
    quota, limit = QUOTAS[kind]
    if table.counts(tx, account)[kind] > limit:
        raise names.over(quota, limit)


def rename(tx: Tx, caller: Caller, now: int, identity: Identity, name: str | None, path: str | None) -> Identity:
    """Give an identity another name or path; its id, its tags and what hangs on it stay. Raises EntityAlreadyExists."""
    new_name, new_path = name or identity.name, path or identity.path
    holder = table.named(tx, identity.account, identity.kind, new_name)
    if holder is not None and holder.id != identity.id:
        raise names.taken(identity.kind, new_name)
    table.rename(tx, identity.id, new_name, new_path)
    renamed = find(tx, identity.account, identity.kind, new_name)
    if renamed.arn != identity.arn:
        iam_tags.move(tx, identity.arn, renamed.arn)
    changed(tx, caller, now, identity.arn, newArn=renamed.arn)
    return renamed


def check_no_policies(tx: Tx, identity: Identity) -> None:
    """Refuse to delete an identity that has policies. Raises DeleteConflict, the attached ones told first."""
    if table.attached(tx, identity.id):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if table.inline(tx, identity.id):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")


def remove(tx: Tx, caller: Caller, now: int, identity: Identity) -> None:
    """Remove an identity with all that hangs on it, and record that."""
    table.delete(tx, identity.id)
    iam_tags.remove_all(tx, identity.arn)
    changed(tx, caller, now, identity.arn, name=identity.name)


# --- pages -----------------------------------------------------------------------------------------------------


def list_page(
    reg: Registry, account: str, kind: str, prefix: str | None, marker: str | None, limit: int | None
) -> Listing[Identity]:
    """A page of the identities of a kind whose path begins with `prefix`, by name. Raises ValidationFailed."""
    return listing(
        (account, kind, prefix or "/"),
        marker,
        limit,
        lambda after, most: reg.db.read(lambda tx: table.page(tx, account, kind, prefix or "/", after, most)),
        lambda identity: names.fold(identity.name),
    )


def listing(
    scope: Sequence[str],
    marker: str | None,
    limit: int | None,
    read: Callable[[str, int], Sequence[T]],
    key: Callable[[T], str],
) -> Listing[T]:
    """The page of a list that begins after `marker`, None for the first one.

    `read(after, most)` gives up to `most` entries, sorted by their `key`, from the one after that key; keys are at most
    200 ASCII characters, because a marker is at most 320. `scope` tells this list from all others.
    Raises ValidationFailed for a marker of another list.
    """
    most = limit or DEFAULT_ITEMS
    label = hashlib.sha256(repr(tuple(scope)).encode()).hexdigest()[:16]
    try:
        (after,) = pages.start(label, marker, 1)
    except InvalidParameter as error:
        raise ValidationFailed("Invalid Marker.") from error
    rows = tuple(read(after, most + 1))
    return Listing(rows[:most], pages.token(label, (key(rows[most - 1]),)) if len(rows) > most else None)


def listing_of(scope: Sequence[str], marker: str | None, limit: int | None, rows: Sequence[T]) -> Listing[T]:
    """The page of a short list that is read as a whole, as tags; its marker is the place. Raises ValidationFailed."""
    return _places(listing(scope, marker, limit, _from(tuple(enumerate(rows, 1))), lambda row: f"{row[0]:08}"))


def _from(rows: tuple[tuple[int, T], ...]) -> Callable[[str, int], tuple[tuple[int, T], ...]]:
    return lambda after, most: rows[int(after or "0") :][:most]


def _places(found: Listing[tuple[int, T]]) -> Listing[T]:
    return Listing(tuple(row for _, row in found.items), found.marker)
