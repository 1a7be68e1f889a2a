"""The versions of managed policies: at most five of each, one of them in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrepot.domain import aws_policies
from entrepot.domain import managed_policies as rules
from entrepot.domain.errors import DeleteConflict, LimitExceeded, NoSuchEntity
from entrepot.domain.managed_policies import AWS, ManagedPolicy, Version
from entrepot.registry import identities, managed_policies
from entrepot.registry.identities import Listing
from entrepot.store import managed_policies as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Shown:
    """A version, and whether it is the one in force."""

    version: Version
    default: bool


def create(reg: Registry, caller: Caller, arn: str, text: str, *, default: bool) -> Shown:
    """A new version of a policy, in force at once where it is to be the default.

    Raises MalformedPolicyDocument, NoSuchEntity, InvalidInput, LimitExceeded for a sixth version.
    """
    rules.check_managed(text)

    def insert(tx: Tx) -> Shown:
        policy, now = managed_policies.own(tx, caller.principal.account, arn), reg.now()
        if len(table.versions(tx, policy.id)) >= rules.VERSIONS:
            raise LimitExceeded(
                f"A managed policy can have up to {rules.VERSIONS} versions. Before you create a new version, you must "
                "delete an existing version."
            )
        number = policy.last_version + 1
        table.add_version(tx, policy.id, number, text, now)
        table.set_versions(tx, policy.id, number if default else policy.default_version, number, now)
        identities.changed(tx, caller, now, arn, policyDocument=text, setAsDefault=default)
        return Shown(Version(number, text, now), default)

    return reg.db.write(insert)


def get(reg: Registry, account: str, arn: str, version_id: str) -> Shown:
    """The version of that id, as v2. Raises NoSuchEntity, InvalidInput."""

    def read(tx: Tx) -> Shown:
        policy = managed_policies.find(tx, account, arn)
        return Shown(_version(tx, policy, version_id), version_id == f"v{policy.default_version}")

    return reg.db.read(read)


def list_page(reg: Registry, account: str, arn: str, marker: str | None, limit: int | None) -> Listing[Shown]:
    """A page of the versions of a policy, the newest first. Raises NoSuchEntity, InvalidInput, ValidationFailed."""

    def read(tx: Tx) -> list[Shown]:
        policy = managed_policies.find(tx, account, arn)
        found = [aws_policies.version(arn)] if policy.account == AWS else table.versions(tx, policy.id)
        return [Shown(version, version.number == policy.default_version) for version in found]

    return identities.listing_of((account, "versions", arn), marker, limit, reg.db.read(read))


def set_default(reg: Registry, caller: Caller, arn: str, version_id: str) -> None:
    """Put another version in force. Raises NoSuchEntity, InvalidInput."""

    def update(tx: Tx) -> None:
        policy, now = managed_policies.own(tx, caller.principal.account, arn), reg.now()
        version = _version(tx, policy, version_id)
        table.set_versions(tx, policy.id, version.number, policy.last_version, now)
        identities.changed(tx, caller, now, arn, versionId=version_id)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, arn: str, version_id: str) -> None:
    """Remove a version that is not in force. Raises NoSuchEntity, InvalidInput, DeleteConflict."""

    def remove(tx: Tx) -> None:
        policy = managed_policies.own(tx, caller.principal.account, arn)
        version = _version(tx, policy, version_id)
        if version.number == policy.default_version:
            raise DeleteConflict("Cannot delete the default version of a policy.")
        table.delete_version(tx, policy.id, version.number)
        identities.changed(tx, caller, reg.now(), arn, versionId=version_id)

    reg.db.write(remove)


def _version(tx: Tx, policy: ManagedPolicy, version_id: str) -> Version:
    number = rules.parse_version(version_id)
    if policy.account == AWS:
        found = aws_policies.version(policy.arn) if number == policy.default_version else None
    else:
        found = table.version(tx, policy.id, number)
    if found is None:
        raise NoSuchEntity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")
    return found
