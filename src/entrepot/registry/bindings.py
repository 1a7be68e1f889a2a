"""Principals of policies are bound to the users and roles that they name, and shown by the names these have now.

Of other accounts a policy shows nothing but what was written, and takes every name: who is there is theirs to tell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from entrepot.domain import bindings as rules
from entrepot.domain.iam_names import ROLE
from entrepot.registry import sessions
from entrepot.store import identities

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.domain.policies import Document, Kind
    from entrepot.store.db import Tx


def bind(tx: Tx, account: str, document: Document, kind: Kind) -> str:
    """The unique ids of the users and roles that a policy of `account` names, as they are kept beside it.

    Who is not there stays the ARN that it is where it is of another account. Raises PolicyInvalid, for a trust policy
    MalformedPolicyDocument, where the account itself has no such user or role.
    """
    found: dict[str, str] = {}
    for name in rules.named(document):
        by_id = rules.unique_id(name)
        bound = _of_id(tx, account, name, *by_id) if by_id else _of_arn(tx, name)
        if bound:
            found[name] = bound
        elif by_id or rules.parts(name)[0] == account:
            raise rules.not_found(kind, name)
    return rules.to_text(found)


def _of_arn(tx: Tx, arn: str) -> str:
    """The unique id of whom an ARN names, empty where that is nobody."""
    account, kind, name, session = rules.parts(arn)
    identity = identities.find(tx, account, kind, name)
    if identity is None or (sessions.session_arn(identity, session) if session else identity.arn) != arn:
        return ""
    return f"{identity.unique_id}:{session}" if session else identity.unique_id


def _of_id(tx: Tx, account: str, name: str, unique_id: str, session: str) -> str:
    """A unique id that a policy gives itself, empty where the account has nobody with it."""
    holder = identities.of_unique_id(tx, unique_id)
    fits = holder is not None and holder.account == account and (not session or holder.kind == ROLE)
    return name if fits else ""


def shown(tx: Tx, account: str, text: str, principals: str) -> str:
    """A policy of `account` as it is read: its text, with the new ARN of who was renamed, the unique id of who is gone.

    Principals of other accounts stand as they were written.
    """
    names = {}
    for written, unique_id in rules.read(principals).items():
        by_id = rules.unique_id(written)
        if by_id is None and rules.parts(written)[0] != account:
            continue
        now = _name(tx, unique_id)
        if now != written:
            names[written] = now
    return rules.renamed(text, names)


def _name(tx: Tx, unique_id: str) -> str:
    """The ARN of whom a policy has bound, the id where they are gone."""
    id_, _, session = unique_id.partition(":")
    holder = identities.of_unique_id(tx, id_)
    if holder is None:
        return unique_id
    return sessions.session_arn(holder, session) if session else holder.arn


def role(tx: Tx, identity: Identity) -> Identity:
    """A role with its trust policy as it is read; anything else as it is."""
    if not identity.trust_principals:
        return identity
    return replace(identity, trust=shown(tx, identity.account, identity.trust, identity.trust_principals))
