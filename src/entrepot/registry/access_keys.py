"""Access keys of users and of an account's root: made, listed, turned off, deleted, and when they were last used."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from entrepot.domain import iam_names as names
from entrepot.domain.errors import AccessDenied, InvalidInput, NoSuchEntity, ValidationFailed
from entrepot.domain.iam_entities import ACTIVE, INACTIVE, AccessKey, Identity
from entrepot.domain.iam_names import USER
from entrepot.domain.principals import ROLE as AS_ROLE
from entrepot.domain.principals import ROOT, Caller, Principal
from entrepot.domain.principals import USER as AS_USER
from entrepot.registry import identities, sealing
from entrepot.registry.identities import Listing
from entrepot.store import access_keys as table
from entrepot.store import identities as identity_table

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

KEYS_PER_USER: Final = 2  # IAM user guide, "IAM and AWS STS quotas"
_SECRET_BYTES = 30  # 40 characters
_TRIES = 4  # ids hold 39 random bits


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, which is never shown again. `user` is empty for the account's root."""

    key: AccessKey
    secret: str
    user: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.id!r}, …)"


# --- secrets ---------------------------------------------------------------------------------------------------


def seal_secret(reg: Registry, key_id: str, secret: str) -> bytes:
    """A secret as the row of that key holds it: of no use in another row, or without the installation's key."""
    return sealing.seal(reg.keys, _purpose(key_id), secret.encode())


def secret_of(reg: Registry, key: AccessKey) -> str:
    """The secret of a key in clear. Raises what `sealing.unseal` raises where it was sealed elsewhere."""
    return sealing.unseal(reg.keys, _purpose(key.id), key.secret).decode()


def _purpose(key_id: str) -> str:
    return f"access key {key_id}"


def insert(tx: Tx, reg: Registry, account: str, identity: int | None, now: int) -> tuple[AccessKey, str]:
    """A new key of a user, or of the account's root where `identity` is None, and its secret in clear."""
    secret = base64.b64encode(os.urandom(_SECRET_BYTES)).decode()
    for _ in range(_TRIES):
        key_id = names.access_key_id(account, os.urandom(5))
        if table.insert(tx, key_id, account, identity, seal_secret(reg, key_id, secret), now):
            found = table.find(tx, key_id)
            if found is not None:
                return found, secret
    raise RuntimeError("no free access key id was found")


def account_of(reg: Registry, key_id: str) -> str | None:
    """The account of an access key id, whether there is such a key or not; None for what can be none.

    It stands in the id, except of a key that was given in the settings.
    """
    return reg.naming.account if key_id == reg.keys.access_key_id else names.account_of_key(key_id)


# --- use cases -------------------------------------------------------------------------------------------------


def owner_name(caller: Caller, name: str | None) -> str | None:
    """Whose keys a call is about: the user it names, or the caller; None for the account's root.

    Raises ValidationFailed for a role's session that names nobody.
    """
    principal = caller.principal
    if name is not None:
        return name
    if principal.kind == ROOT:
        return None
    if principal.kind == AS_USER:
        return principal.name
    raise ValidationFailed("Must specify userName when calling with non-User credentials")


def create(reg: Registry, caller: Caller, name: str | None) -> NewKey:
    """A new active key of a user. Raises NoSuchEntity, LimitExceeded for a third key, ValidationFailed."""
    user = owner_name(caller, name)

    def add(tx: Tx) -> NewKey:
        owner, account = _owner(tx, caller, user), caller.principal.account
        if len(_keys(tx, reg, account, owner)) >= KEYS_PER_USER:
            raise names.over("AccessKeysPerUser", KEYS_PER_USER)
        key, secret = insert(tx, reg, account, owner.id if owner else None, reg.now())
        identities.changed(tx, caller, reg.now(), _arn(account, owner), accessKeyId=key.id)
        return NewKey(key, secret, owner.name if owner else "")

    return reg.db.write(add)


def list_page(
    reg: Registry, caller: Caller, name: str | None, marker: str | None, limit: int | None
) -> tuple[str, Listing[AccessKey]]:
    """The name of a user, empty for root, and a page of its keys. Raises NoSuchEntity, ValidationFailed."""
    user, account = owner_name(caller, name), caller.principal.account

    def read(tx: Tx) -> tuple[str, Listing[AccessKey]]:
        owner = _owner(tx, caller, user)
        keys = _keys(tx, reg, account, owner)
        name = owner.name if owner else ""
        return name, identities.listing_of((account, "keys", name), marker, limit, keys)

    return reg.db.read(read)


def set_status(reg: Registry, caller: Caller, name: str | None, key_id: str, status: str) -> None:
    """Turn a user's key on or off. Raises NoSuchEntity, InvalidInput, ValidationFailed."""
    if status not in {ACTIVE, INACTIVE}:
        raise InvalidInput(f"The status of an access key can be set to {ACTIVE} or {INACTIVE}.")
    user = owner_name(caller, name)

    def update(tx: Tx) -> None:
        owner, key = _key(tx, reg, caller, user, key_id)
        table.set_status(tx, key.id, status)
        identities.changed(tx, caller, reg.now(), _arn(key.account, owner), accessKeyId=key_id, status=status)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, name: str | None, key_id: str) -> None:
    """Remove a user's key, which ends at once what was signed with it. Raises NoSuchEntity, ValidationFailed."""
    user = owner_name(caller, name)

    def remove(tx: Tx) -> None:
        owner, key = _key(tx, reg, caller, user, key_id)
        table.delete(tx, key.id)
        identities.changed(tx, caller, reg.now(), _arn(key.account, owner), accessKeyId=key_id)

    reg.db.write(remove)


def last_used(reg: Registry, caller: Caller, key_id: str) -> tuple[Identity | None, AccessKey]:
    """A key of the caller's account and its user, None for root.

    Raises AccessDenied for a key that the account does not have, be it another's or nobody's, as AWS does.
    """

    def read(tx: Tx) -> tuple[Identity | None, AccessKey] | None:
        key = _settings_key(reg, caller.principal.account, key_id) or table.find(tx, key_id)
        if key is None or key.account != caller.principal.account:
            return None
        return (identity_table.get(tx, key.identity) if key.identity is not None else None), key

    found = reg.db.read(read)
    if found is None:
        reason = f"no identity-based policy allows the {caller.action} action"
        raise AccessDenied(caller.principal.arn, caller.action, f"access key {key_id}", reason)
    return found


def used(reg: Registry, principal: Principal, region: str, service: str) -> None:
    """Note that somebody used a key, or a role, for a service (`ecr`); it is written within a second or so."""
    if principal.kind in {ROOT, AS_USER} and principal.session is None:
        reg.trail.use(principal.access_key_id, reg.now(), region, service)
    elif principal.kind == AS_ROLE and principal.identity is not None:
        reg.trail.use(principal.identity, reg.now(), region, service)


# --- whose keys ------------------------------------------------------------------------------------------------


def _owner(tx: Tx, caller: Caller, name: str | None) -> Identity | None:
    return None if name is None else identities.find(tx, caller.principal.account, USER, name)


def _arn(account: str, owner: Identity | None) -> str:
    return owner.arn if owner is not None else f"arn:aws:iam::{account}:root"


def _keys(tx: Tx, reg: Registry, account: str, owner: Identity | None) -> list[AccessKey]:
    if owner is not None:
        return table.of_identity(tx, owner.id)
    set_here = _settings_key(reg, account, reg.keys.access_key_id)
    return [*([set_here] if set_here else []), *table.of_root(tx, account)]


def _settings_key(reg: Registry, account: str, key_id: str) -> AccessKey | None:
    """The root key of the installation's account, which stands in its settings and not in the database."""
    if account != reg.naming.account or key_id != reg.keys.access_key_id:
        return None
    return AccessKey(key_id, account, None, b"", ACTIVE, 0, None, "", "")


def _key(tx: Tx, reg: Registry, caller: Caller, user: str | None, key_id: str) -> tuple[Identity | None, AccessKey]:
    owner, account = _owner(tx, caller, user), caller.principal.account
    if owner is None and _settings_key(reg, account, key_id):
        raise ValidationFailed(
            f"The access key {key_id} is set where this server is configured and can only be changed there."
        )
    key = table.find(tx, key_id)
    if key is None or key.account != account or key.identity != (owner.id if owner else None):
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    return owner, key
