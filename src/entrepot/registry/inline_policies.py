"""Inline policies of users, groups and roles: put, read, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entrepot.domain import managed_policies as rules
from entrepot.domain.errors import NoSuchEntity
from entrepot.registry import identities
from entrepot.registry.identities import Listing
from entrepot.store import inline_policies as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


def put(reg: Registry, caller: Caller, kind: str, name: str, policy: str, text: str) -> None:
    """Give an identity a policy, in place of the one of that name; the text is kept as it is.

    Raises NoSuchEntity, MalformedPolicyDocument, LimitExceeded.
    """

    def update(tx: Tx) -> None:
        identity = identities.find(tx, caller.principal.account, kind, name)
        others = sum(rules.characters(each) for key, each in table.of(tx, identity.id).items() if key != policy)
        rules.check_inline(kind, name, text, others)
        table.put(tx, identity.id, policy, text)
        identities.changed(tx, caller, reg.now(), identity.arn, policyName=policy, policyDocument=text)

    reg.db.write(update)


def get(reg: Registry, account: str, kind: str, name: str, policy: str) -> str:
    """The policy of that name, as it was submitted. Raises NoSuchEntity."""

    def read(tx: Tx) -> str | None:
        return table.find(tx, identities.find(tx, account, kind, name).id, policy)

    text = reg.db.read(read)
    if text is None:
        raise _missing(kind, policy)
    return text


def list_page(reg: Registry, account: str, kind: str, name: str, marker: str | None, limit: int | None) -> Listing[str]:
    """A page of the names of an identity's policies. Raises NoSuchEntity, ValidationFailed."""

    def read(tx: Tx) -> list[str]:
        return list(table.of(tx, identities.find(tx, account, kind, name).id))

    return identities.listing_of((account, "inline", kind, name), marker, limit, reg.db.read(read))


def delete(reg: Registry, caller: Caller, kind: str, name: str, policy: str) -> None:
    """Take a policy from an identity. Raises NoSuchEntity, also where it does not have it."""

    def remove(tx: Tx) -> None:
        identity = identities.find(tx, caller.principal.account, kind, name)
        if not table.remove(tx, identity.id, policy):
            raise _missing(kind, policy)
        identities.changed(tx, caller, reg.now(), identity.arn, policyName=policy)

    reg.db.write(remove)


def _missing(kind: str, policy: str) -> NoSuchEntity:
    return NoSuchEntity(f"The {kind} policy with name {policy} cannot be found.")
