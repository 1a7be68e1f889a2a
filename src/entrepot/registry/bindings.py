"""Principals of policies are bound to the users and roles that they name, and shown by the names these have now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from entrepot.domain import bindings as rules
from entrepot.store import accounts, identities

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.domain.policies import Document, Kind
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


def bind(tx: Tx, reg: Registry, document: Document, kind: Kind) -> str:
    """The unique ids of the users and roles that a policy names, as they are kept beside it.

    What is of an account that this installation does not have stays the ARN that it is. Raises PolicyInvalid, for a
    trust policy MalformedPolicyDocument, where an account that is here has no such user or role.
    """
    here: dict[str, bool] = {}
    found: dict[str, str] = {}
    for arn in rules.named(document):
        account, kind_of, name, session = rules.parts(arn)
        if account not in here:
            here[account] = account == reg.naming.account or accounts.find(tx, account) is not None
        if not here[account]:
            continue
        identity = identities.find(tx, account, kind_of, name)
        if identity is None or (identity.arn != arn and not session):
            raise rules.not_found(kind, arn)
        found[arn] = f"{identity.unique_id}:{session}" if session else identity.unique_id
    return rules.to_text(found)


def shown(tx: Tx, text: str, principals: str) -> str:
    """A policy as it is read: its text, with the new ARN of who was renamed, the unique id of who is gone."""
    names = {}
    for arn, unique_id in rules.read(principals).items():
        id_, session, _ = unique_id.partition(":")
        holder = identities.of_unique_id(tx, id_)
        now = unique_id if holder is None else arn if session else holder.arn
        if now != arn:
            names[arn] = now
    return rules.renamed(text, names)


def role(tx: Tx, identity: Identity) -> Identity:
    """A role with its trust policy as it is read; anything else as it is."""
    if not identity.trust_principals:
        return identity
    return replace(identity, trust=shown(tx, identity.trust, identity.trust_principals))
