"""Tags of users, roles, instance profiles, managed policies and OIDC providers: one set of functions for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from entrepot.domain import iam_names as names
from entrepot.domain.errors import NoSuchEntity
from entrepot.registry import identities, managed_policies
from entrepot.registry.identities import Listing
from entrepot.store import iam_tags as table
from entrepot.store import oidc_providers
from entrepot.store.db import Tx

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry

Find = Callable[[Tx], str]
"""Finds what is tagged, in the transaction that tags it, and gives its ARN. Raises NoSuchEntity."""


def named(caller: Caller, kind: str, name: str) -> Find:
    """Finds the identity of a kind that has that name in the caller's account."""
    return lambda tx: identities.find(tx, caller.principal.account, kind, name).arn


def policy(caller: Caller, arn: str) -> Find:
    """Finds the managed policy of that ARN in the caller's account; AWS's own policies cannot be tagged."""
    return lambda tx: managed_policies.own(tx, caller.principal.account, arn).arn


def provider(caller: Caller, arn: str) -> Find:
    """Finds the OIDC provider of that ARN in the caller's account."""

    def find(tx: Tx) -> str:
        found = oidc_providers.find(tx, arn)
        if found is None or found.account != caller.principal.account:
            raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {arn}")
        return arn

    return find


def put(reg: Registry, caller: Caller, find: Find, tags: Mapping[str, str]) -> None:
    """Put tags that `tag_map` has checked on something. Raises NoSuchEntity, LimitExceeded above 50."""

    def update(tx: Tx) -> None:
        owner = find(tx)
        names.merged(table.of(tx, owner), tags)
        for key, value in tags.items():
            table.put(tx, caller.principal.account, owner, key, value)
        identities.changed(tx, caller, reg.now(), owner, tags=dict(tags))

    reg.db.write(update)


def remove(reg: Registry, caller: Caller, find: Find, keys: Sequence[str]) -> None:
    """Take tags off something; keys that it does not have are passed over. Raises NoSuchEntity."""

    def update(tx: Tx) -> None:
        owner = find(tx)
        for key in keys:
            table.remove(tx, owner, key)
        identities.changed(tx, caller, reg.now(), owner, tagKeys=list(keys))

    reg.db.write(update)


def list_page(reg: Registry, find: Find, marker: str | None, limit: int | None) -> Listing[tuple[str, str]]:
    """A page of the tags of something, by key. Raises NoSuchEntity, ValidationFailed."""

    def read(tx: Tx) -> Listing[tuple[str, str]]:
        owner = find(tx)
        return identities.listing_of((owner, "tags"), marker, limit, tuple(table.of(tx, owner).items()))

    return reg.db.read(read)
