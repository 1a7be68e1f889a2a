"""What would be decided: policies tried on actions and resources, with the condition keys that one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from entrepot.domain import condition_keys, evaluation, policy_places
from entrepot.domain import iam_names as names
from entrepot.domain import policies as rules
from entrepot.domain.errors import InvalidInput, MalformedPolicyDocument, PolicyInvalid
from entrepot.domain.evaluation import Decision, Found, Policies, Policy, Request
from entrepot.domain.policies import Document, Kind
from entrepot.domain.principals import NO_FACTS, ROLE, ROOT, USER, Facts, Principal
from entrepot.registry import directory, identities
from entrepot.store import attachments, inline_policies, memberships

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.domain.policy_places import Place
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

PolicyType = Literal["user", "group", "role", "aws-managed", "user-managed", "resource", "none"]
RESOURCE_POLICY: Final = "ResourcePolicy"
_KINDS: Final[Mapping[str, PolicyType]] = {names.USER: "user", names.GROUP: "group", names.ROLE: "role"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried. `boundary` None: none. `caller` and `owner` are ARNs, empty where they are not told.

    `context` holds condition keys in lower case.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    policies: tuple[str, ...] = ()
    boundary: tuple[str, ...] | None = None
    resource_policy: str = ""
    caller: str = ""
    owner: str = ""
    context: Facts = field(default_factory=lambda: NO_FACTS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided of one action on one resource.

    `missing` are the keys that the policies name and that were not given; `bounded`: whether the boundary allows it,
    None where there is none; `sources` are the policies by the name that a decision tells.
    """

    action: str
    resource: str
    decision: Decision
    missing: tuple[str, ...]
    bounded: bool | None
    sources: Mapping[str, Written]


@dataclass(frozen=True, slots=True)
class Written:
    """A policy: its name in answers, its kind in the words of IAM's PolicySourceType, and its text."""

    name: str
    kind: PolicyType
    text: str


def custom(account: str, trial: Trial) -> list[Outcome]:
    """Try policies that nobody has, in an account. Raises InvalidInput."""
    return _tried(
        account, [_input(number, text) for number, text in enumerate(trial.policies, 1)], trial.boundary, trial
    )


def principal(reg: Registry, caller: Caller, arn: str, trial: Trial) -> list[Outcome]:
    """Try the policies of a user, group or role, and more. Raises NoSuchEntity, InvalidInput."""
    holder, written, boundary = reg.db.read(lambda tx: _held(tx, _find(tx, caller, arn)))
    more = [_input(number, text) for number, text in enumerate(trial.policies, 1)]
    bound = trial.boundary if trial.boundary is not None else boundary
    return _tried(holder.account, [*written, *more], bound, trial, trial.caller or holder.arn)


def keys_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The condition keys that identity policies name. Raises InvalidInput."""
    return condition_keys.of(_parsed(text, Kind.IDENTITY) for text in texts)


def keys_of_principal(reg: Registry, caller: Caller, arn: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The same of the policies of a user, group or role, and of more. Raises NoSuchEntity, InvalidInput."""
    _, written, boundary = reg.db.read(lambda tx: _held(tx, _find(tx, caller, arn)))
    return keys_of([*(one.text for one in written), *(boundary or ()), *texts])


# --- whose policies --------------------------------------------------------------------------------------------


def _find(tx: Tx, caller: Caller, arn: str) -> Identity:
    parts = names.parse_arn(arn)
    if parts is None or parts[1] not in _KINDS:
        raise InvalidInput(f"Invalid Entity Arn: {arn[:200]} does not clearly define entity type and name.")
    account, kind, _, name = parts
    if account != caller.principal.account:
        raise names.missing(kind, name)
    found = identities.find(tx, account, kind, name)
    if found.arn != arn:  # of another path, or in another case
        raise names.missing(kind, name)
    return found


def _held(tx: Tx, holder: Identity) -> tuple[Identity, list[Written], tuple[str, ...] | None]:
    """The policies of a user with those of its groups, of a group or of a role, and its boundary."""
    holders = [holder, *(memberships.containers(tx, holder.id) if holder.kind == names.USER else [])]
    written: list[Written] = []
    for one in holders:
        for name, text in inline_policies.of(tx, one.id).items():
            written.append(Written(f"{one.kind}_{one.name}_{name}", _KINDS[one.kind], text))
        for arn in attachments.of(tx, one.id):
            kind: PolicyType = "aws-managed" if ":iam::aws:" in arn else "user-managed"
            written += [Written(arn, kind, text) for text in directory.managed_text(tx, arn)]
    return holder, written, directory.managed_text(tx, holder.boundary) if holder.boundary else None


def _input(number: int, text: str) -> Written:
    return Written(f"PolicyInputList.{number}", "none", text)


def _bound(number: int, text: str) -> Written:
    return Written(f"PermissionsBoundaryPolicyInputList.{number}", "none", text)


# --- trying ----------------------------------------------------------------------------------------------------


def _tried(
    account: str, written: Sequence[Written], boundary: tuple[str, ...] | None, trial: Trial, arn: str = ""
) -> list[Outcome]:
    who = _who(account, arn or trial.caller)
    if trial.resource_policy and not who.arn:
        raise InvalidInput("CallerArn is required when a ResourcePolicy is given.")
    bounds = None if boundary is None else [_bound(number, text) for number, text in enumerate(boundary, 1)]
    granting = [Written(RESOURCE_POLICY, "resource", trial.resource_policy)] if trial.resource_policy else []
    documents = {one.name: _parsed(one.text, Kind.IDENTITY) for one in (*written, *(bounds or ()))}
    documents |= {one.name: _parsed(one.text, Kind.REPOSITORY) for one in granting}

    def ready(group: Sequence[Written]) -> tuple[Policy, ...]:
        return tuple(Policy(one.name, evaluation.ready(documents[one.name])) for one in group)

    bearing = Policies(
        identity=ready(written),
        boundary=None if bounds is None else ready(bounds),
        resource=ready(granting),
    )
    wanted = condition_keys.of(documents.values())
    missing = tuple(key for key in wanted if key.lower() not in trial.context)
    sources = {one.name: one for one in (*written, *(bounds or ()), *granting)}
    owner = trial.owner.split(":")[4] if trial.owner.count(":") >= 5 else who.account  # noqa: PLR2004  # an ARN
    found = []
    for action in trial.actions:
        _check_action(action)
        for resource in trial.resources:
            request = Request(who, action, resource, owner, trial.context.get)
            bounded = None if bearing.boundary is None else evaluation.allows(request, bearing.boundary)
            found.append(Outcome(action, resource, evaluation.decide(request, bearing), missing, bounded, sources))
    return found


def _check_action(action: str) -> None:
    service, colon, name = action.partition(":")
    if not service or not colon or not name:
        raise InvalidInput(f"Provided list contains an invalid action: {action[:128]}")


def _who(account: str, arn: str) -> Principal:
    """Who calls: the principal of an ARN, else somebody of the account."""
    parts = arn.split(":", 5)
    if len(parts) != 6:  # noqa: PLR2004  # an ARN
        return Principal(account, "", "", "", USER)
    kind = {"root": ROOT, "role": ROLE, "assumed-role": ROLE}.get(parts[5].partition("/")[0], USER)
    return Principal(parts[4] or account, arn, "", "", kind, source_arn=arn if ":role/" in arn else "")


def _parsed(text: str, kind: Kind) -> Document:
    try:
        return rules.parse(text, kind)
    except (MalformedPolicyDocument, PolicyInvalid) as error:
        raise InvalidInput(f"Invalid policy: {error}"[:1000]) from error


def place(found: Found, source: Written) -> tuple[Place, Place]:
    """Where in its policy the statement that decided begins and ends."""
    return policy_places.statements(source.text)[found.number - 1]
