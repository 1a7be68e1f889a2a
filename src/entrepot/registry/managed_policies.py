"""Managed policies: create, look up, list, delete; their versions are in `policy_versions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrepot.domain import aws_policies
from entrepot.domain import iam_names as names
from entrepot.domain import managed_policies as rules
from entrepot.domain.errors import DeleteConflict, EntityAlreadyExists, InvalidInput, NoSuchEntity
from entrepot.domain.iam_names import POLICY
from entrepot.domain.managed_policies import AWS, ManagedPolicy
from entrepot.registry import identities
from entrepot.registry.identities import Listing
from entrepot.store import attachments, iam_tags
from entrepot.store import identities as identity_table
from entrepot.store import managed_policies as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

ALL, LOCAL = "All", "Local"  # of IAM's policyScopeType; the third is AWS
BOUNDARY = "PermissionsBoundary"  # of PolicyUsageType


@dataclass(frozen=True, slots=True)
class Known:
    """A policy, how many identities of the account have it or are bounded by it, and its tags."""

    policy: ManagedPolicy
    attached: int = 0
    bounds: int = 0
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which policies a list is of. `scope` is ALL, LOCAL or `AWS`; `usage` BOUNDARY, another or None."""

    scope: str = ALL
    only_attached: bool = False
    prefix: str = "/"
    usage: str | None = None


def create(
    reg: Registry, caller: Caller, name: str, path: str, description: str, text: str, tags: Mapping[str, str]
) -> Known:
    """A new policy of the caller's account, whose v1 is in force.

    Raises MalformedPolicyDocument, EntityAlreadyExists for a name that differs at most in case, LimitExceeded.
    """
    rules.check_managed(text)

    def insert(tx: Tx) -> Known:
        now, account = reg.now(), caller.principal.account
        id_ = table.insert(tx, account, name, path, identities.unique_id(POLICY), description, now)
        if id_ is None:
            raise EntityAlreadyExists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        if table.count(tx, account) > rules.POLICIES_PER_ACCOUNT:
            raise names.over("PoliciesPerAccount", rules.POLICIES_PER_ACCOUNT)
        table.add_version(tx, id_, 1, text, now)
        policy = find(tx, account, names.arn(account, POLICY, path, name))
        for key, value in names.merged({}, tags).items():
            iam_tags.put(tx, account, policy.arn, key, value)
        identities.changed(tx, caller, now, policy.arn, policyDocument=text)
        return Known(policy, tags=tags)

    return reg.db.write(insert)


def find(tx: Tx, account: str, arn: str) -> ManagedPolicy:
    """The policy of that ARN, which is the account's own or AWS's. Raises NoSuchEntity, InvalidInput for no ARN."""
    policy = look(tx, account, arn)
    if policy is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def look(tx: Tx, account: str, arn: str) -> ManagedPolicy | None:
    """The policy that an account may attach under that ARN. Raises InvalidInput for what is no ARN."""
    parts = rules.parse_arn(arn)
    if parts is None or parts[0] not in {account, AWS}:
        return None
    return aws_policies.POLICIES.get(arn) if parts[0] == AWS else table.find(tx, *parts)


def own(tx: Tx, account: str, arn: str) -> ManagedPolicy:
    """The account's own policy of that ARN. Raises NoSuchEntity, InvalidInput for AWS's, which nobody changes."""
    policy = find(tx, account, arn)
    if policy.account == AWS:
        raise InvalidInput(f"Policy arn {arn} is not valid for this operation: policies of AWS cannot be changed.")
    return policy


def text_of(tx: Tx, arn: str) -> str | None:
    """The document in force of the policy of that ARN, whosever it is; None where it is gone."""
    if arn in aws_policies.POLICIES:
        return aws_policies.version(arn).text
    parts = rules.parse_arn(arn)
    policy = table.find(tx, *parts) if parts else None
    version = table.version(tx, policy.id, policy.default_version) if policy else None
    return version.text if version else None


def get(reg: Registry, account: str, arn: str) -> Known:
    """The policy of that ARN. Raises NoSuchEntity, InvalidInput."""

    def read(tx: Tx) -> Known:
        policy = find(tx, account, arn)
        attached = len(attachments.holders(tx, account, arn))
        bounds = len(identity_table.bounded(tx, account, arn))
        return Known(policy, attached, bounds, iam_tags.of(tx, arn))

    return reg.db.read(read)


def list_page(reg: Registry, account: str, wanted: Wanted, marker: str | None, limit: int | None) -> Listing[Known]:
    """A page of the policies that are wanted, by name, the account's own before AWS's. Raises ValidationFailed."""

    def read(tx: Tx) -> list[Known]:
        attached, bounds = attachments.counts(tx, account), identity_table.bounds(tx, account)
        found = [
            *(table.of_account(tx, account) if wanted.scope in {ALL, LOCAL} else ()),
            *(aws_policies.POLICIES.values() if wanted.scope != LOCAL else ()),
        ]
        return [
            Known(policy, attached.get(policy.arn, 0), bounds.get(policy.arn, 0))
            for policy in found
            if policy.path.startswith(wanted.prefix) and _counts(wanted, policy.arn, attached, bounds)
        ]

    scope = (account, POLICY, wanted.scope, str(wanted.only_attached), wanted.prefix, str(wanted.usage))
    return identities.listing(scope, marker, limit, _after(reg.db.read(read)), _key)


def delete(reg: Registry, caller: Caller, arn: str) -> None:
    """Remove a policy that nothing has and that has one version. Raises NoSuchEntity, InvalidInput, DeleteConflict."""

    def remove(tx: Tx) -> None:
        account = caller.principal.account
        policy = own(tx, account, arn)
        if attachments.holders(tx, account, arn) or identity_table.bounded(tx, account, arn):
            raise DeleteConflict("Cannot delete a policy attached to entities.")
        if len(table.versions(tx, policy.id)) > 1:
            raise DeleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        table.delete(tx, policy.id)
        iam_tags.remove_all(tx, arn)
        identities.changed(tx, caller, reg.now(), arn)

    reg.db.write(remove)


def _counts(wanted: Wanted, arn: str, attached: Mapping[str, int], bounds: Mapping[str, int]) -> bool:
    if wanted.usage == BOUNDARY:
        return arn in bounds
    if wanted.usage is not None:
        return arn in attached
    return not wanted.only_attached or arn in attached or arn in bounds


def _key(known: Known) -> str:
    return f"{known.policy.account == AWS:d}{names.fold(known.policy.name)}"


def _after(found: list[Known]) -> Callable[[str, int], list[Known]]:
    return lambda after, most: [known for known in found if _key(known) > after][:most]
