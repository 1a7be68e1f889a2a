"""Everything about who may do what in an account, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from entrepot.domain import aws_policies
from entrepot.domain import iam_names as names
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import GROUP, ROLE, USER
from entrepot.domain.managed_policies import AWS, Version
from entrepot.registry import bindings, identities
from entrepot.registry.identities import Listing
from entrepot.registry.instance_profiles import Profile
from entrepot.registry.managed_policies import Known
from entrepot.store import attachments, iam_tags, inline_policies, managed_policies, memberships
from entrepot.store import identities as table

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

LOCAL_POLICY, AWS_POLICY = "local policy", "policy of AWS"
ORDER: Final = (USER, GROUP, ROLE, LOCAL_POLICY, AWS_POLICY)


@dataclass(frozen=True, slots=True)
class Rights:
    """A user, group or role with its inline policies by name, the ARNs of its managed ones, and what it is in."""

    identity: Identity
    inline: Mapping[str, str]
    attached: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[str] = ()
    profiles: Sequence[Profile] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """A managed policy with all its versions, the newest first."""

    known: Known
    versions: Sequence[Version]


Detail = Rights | Versions


def list_page(
    reg: Registry, account: str, kinds: Collection[str], marker: str | None, limit: int | None
) -> Listing[Detail]:
    """A page of what there is of these kinds of ORDER, or of all where none is named; of AWS's policies those in use.

    Raises ValidationFailed.
    """
    wanted = [kind for kind in ORDER if kind in kinds or not kinds]

    def read(tx: Tx) -> Listing[Detail]:
        return identities.listing(
            (account, "details", *wanted),
            marker,
            limit,
            lambda after, most: _read(tx, account, wanted, after, most),
            _key,
        )

    return reg.db.read(read)


def _read(tx: Tx, account: str, kinds: Sequence[str], after: str, most: int) -> list[Detail]:
    found: list[Detail] = []
    for kind in kinds:
        place = str(ORDER.index(kind))
        if place >= after[:1] and len(found) < most:
            start, room = after[1:] if place == after[:1] else "", most - len(found)
            found += _of_kind(tx, account, kind, start, room)
    return found


def _of_kind(tx: Tx, account: str, kind: str, after: str, most: int) -> Sequence[Detail]:
    if kind in {LOCAL_POLICY, AWS_POLICY}:
        return _policies(tx, account, kind, after, most)
    return [_rights(tx, identity) for identity in table.page(tx, account, kind, "/", after, most)]


def _rights(tx: Tx, identity: Identity) -> Rights:
    containers = memberships.containers(tx, identity.id)
    return Rights(
        bindings.role(tx, identity),
        inline_policies.of(tx, identity.id),
        attachments.of(tx, identity.id),
        iam_tags.of(tx, identity.arn),
        [group.name for group in containers if identity.kind == USER],
        [
            Profile(profile, tuple(bindings.role(tx, one) for one in memberships.members(tx, profile.id)))
            for profile in containers
            if identity.kind == ROLE
        ],
    )


def _policies(tx: Tx, account: str, kind: str, after: str, most: int) -> list[Versions]:
    attached, bounds = attachments.counts(tx, account), table.bounds(tx, account)
    every = managed_policies.of_account(tx, account) if kind == LOCAL_POLICY else aws_policies.POLICIES.values()
    used = [policy for policy in every if kind == LOCAL_POLICY or policy.arn in attached or policy.arn in bounds]
    wanted = sorted((each for each in used if names.fold(each.name) > after), key=lambda each: names.fold(each.name))
    return [
        Versions(
            Known(policy, attached.get(policy.arn, 0), bounds.get(policy.arn, 0)),
            managed_policies.versions(tx, policy.id) if policy.account != AWS else [aws_policies.version(policy.arn)],
        )
        for policy in wanted[:most]
    ]


def _key(detail: Detail) -> str:
    if isinstance(detail, Rights):
        return f"{ORDER.index(detail.identity.kind)}{names.fold(detail.identity.name)}"
    policy = detail.known.policy
    return f"{ORDER.index(AWS_POLICY if policy.account == AWS else LOCAL_POLICY)}{names.fold(policy.name)}"
