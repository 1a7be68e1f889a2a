"""STS: temporary credentials for a role, for the bearer of a provider's token, for a user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from entrepot.domain import iam_names as names
from entrepot.domain import policies
from entrepot.domain.aws_policies import POLICIES as OF_AWS
from entrepot.domain.errors import (
    IdentityTokenInvalid,
    PackedPolicyTooLarge,
    Refusal,
    ValidationFailed,
)
from entrepot.domain.iam_entities import Identity
from entrepot.domain.managed_policies import parse_arn as parse_policy_arn
from entrepot.domain.policies import Kind
from entrepot.domain.principals import FEDERATED, ROLE, ROOT, Caller, Facts, Principal, Session
from entrepot.registry import access, audit, federation, sessions
from entrepot.registry.sessions import Credentials
from entrepot.store import identities as table

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.registry.federation import Vouched

HOUR: Final = 3600
DAY: Final = 24 * HOUR
POLICIES_MAX: Final = 10  # STS API, AssumeRole: PolicyArns
TAGS_MAX: Final = 50
_TRANSITIVE: Final = "sts:transitivetagkeys"
_TAG: Final = "aws:principaltag/"
_NOBODYS: Final = (
    '{"Version":"2012-10-17","Id":%s,"Statement":'
    '{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:role/-"},"Action":"sts:AssumeRole"}}'
)
_NO_MFA: Final = {"aws:multifactorauthpresent": ("false",)}
"""Temporary credentials have this key, and others do not. (IAM user guide, "AWS global condition context keys".)"""

# What a provider's token says of tags. (IAM user guide, "Passing session tags using AssumeRoleWithWebIdentity".)
_TAGS_CLAIM = "https://aws.amazon.com/tags"
_SOURCE_CLAIM = "https://aws.amazon.com/source_identity"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a session is asked to be. `seconds` None is an hour; `policy_arns` and `policy` bound what it may do."""

    role_arn: str
    name: str
    seconds: int | None = None
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    external_id: str = ""
    source_identity: str = ""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A session of a role with its credentials. `packed` is in percent, None without policies and tags."""

    credentials: Credentials
    user_id: str
    arn: str
    source_identity: str = ""
    packed: int | None = None


# --- a role ----------------------------------------------------------------------------------------------------


def assume_role(reg: Registry, caller: Caller, wish: Wish) -> Assumed:
    """A session of a role, for a caller whom its trust policy names and whose own policies let.

    Raises Refusal, the same where there is no such role; ValidationFailed, MalformedPolicyDocument,
    PackedPolicyTooLarge.
    """
    principal = caller.principal
    if principal.kind == ROOT:
        raise Refusal("Roles may not be assumed by root accounts.")
    role = _role(reg, wish.role_arn)
    wish = _inherited(principal, wish)
    context = _context(wish)
    asked = replace(caller, facts={**caller.facts, **_asked(wish)})
    for action in _actions(wish, "sts:AssumeRole"):
        asking = replace(asked, action=action)
        if not _may(reg, asking, role, wish):
            said = f"User: {principal.arn} is not authorized to perform: {action} on resource: {wish.role_arn}"
            raise Refusal(said, access.own_refusal(reg, asking, wish.role_arn))
    if role is None:  # said above
        raise Refusal("")
    if principal.kind == ROLE and (wish.seconds or HOUR) > HOUR:
        raise ValidationFailed(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    return _assumed(reg, caller, role, wish, {**context, **_NO_MFA})


def _role(reg: Registry, arn: str) -> Identity | None:
    """The role of exactly that ARN. Raises ValidationFailed for what is no ARN of a role."""
    parts = names.parse_arn(arn)
    if parts is None or parts[1] != names.ROLE:
        raise ValidationFailed(f"{arn[:200]} is invalid")
    account, _, _, name = parts
    found = reg.db.read(lambda tx: table.find(tx, account, names.ROLE, name))
    return found if found is not None and found.arn == arn else None


def _may(reg: Registry, asking: Caller, role: Identity | None, wish: Wish) -> bool:
    """Whether the caller may assume the role, with the same work where there is none: who asks cannot tell."""
    decision = access.may_assume(reg, asking, role or _stand_in(wish.role_arn))
    return role is not None and decision.allowed


def _stand_in(arn: str) -> Identity:
    """In place of a role that is not there: one that trusts somebody else.

    Its text is of this ARN alone, as a role's own is, so that it is read anew as often as that.
    """
    account, kind, path, name = names.parse_arn(arn) or ("", names.ROLE, "/", "")
    text = _NOBODYS % (json.dumps(arn), account)
    return Identity(0, account, kind, name, path, "", 0, "", text, HOUR, "", None, "")


def _actions(wish: Wish, first: str) -> tuple[str, ...]:
    """What has to be allowed. (IAM user guide, "Passing session tags", "Monitor and control actions".)"""
    tagging = ("sts:TagSession",) if wish.tags or wish.transitive else ()
    return (first, *tagging, *(("sts:SetSourceIdentity",) if wish.source_identity else ()))


def _asked(wish: Wish) -> Facts:
    """The condition keys of a request for a session."""
    found: dict[str, tuple[str, ...]] = {"sts:rolesessionname": (wish.name,)}
    found |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in wish.tags.items()}
    if wish.tags:
        found["aws:tagkeys"] = tuple(wish.tags)
    if wish.transitive:
        found[_TRANSITIVE] = wish.transitive
    if wish.external_id:
        found["sts:externalid"] = (wish.external_id,)
    if wish.source_identity:
        found["sts:sourceidentity"] = (wish.source_identity,)
    return found


def _inherited(principal: Principal, wish: Wish) -> Wish:
    """What a session that assumes a role hands on: its transitive tags and its source identity."""
    held = principal.session.context if principal.session is not None else {}
    source = held.get("aws:sourceidentity", ("",))[0]
    if source and wish.source_identity and wish.source_identity != source:
        raise Refusal("The source identity of a session cannot be changed.")
    handed = {key: held[_TAG + key.lower()][0] for key in held.get(_TRANSITIVE, ()) if _TAG + key.lower() in held}
    clash = {key.lower() for key in handed} & {key.lower() for key in wish.tags}
    if clash:
        raise ValidationFailed(
            f"One of the specified transitive tag keys can't be set because it conflicts with a "
            f"transitive tag key from the calling session: {min(clash)}"
        )
    return replace(
        wish,
        tags={**handed, **wish.tags},
        transitive=tuple(dict.fromkeys((*handed, *wish.transitive))),
        source_identity=wish.source_identity or source,
    )


# --- a provider's word -----------------------------------------------------------------------------------------


def assume_role_with_web_identity(reg: Registry, caller: Caller, wish: Wish, text: str) -> tuple[Assumed, Vouched]:
    """A session of a role for the bearer of a token, which a provider that the role's account trusts has signed.

    Raises Refusal where the role does not trust that bearer or is not there; IdentityTokenInvalid,
    IdentityTokenExpired, IdentityProviderSilent and what `assume_role` raises.
    """
    role = _role(reg, wish.role_arn)
    account = wish.role_arn.split(":")[4]
    found = federation.vouched(reg, account, text)
    wish = _claimed(wish, found.token.claims)
    bearer = Principal(account, found.provider.arn, found.token.subject, "", FEDERATED)
    asked = replace(caller, principal=bearer, facts={**found.facts, **_asked(wish)})
    for action in _actions(wish, "sts:AssumeRoleWithWebIdentity"):
        if not _may(reg, replace(asked, action=action), role, wish):
            raise Refusal(f"Not authorized to perform {action}")
    if role is None:  # said above
        raise Refusal("")
    return _assumed(reg, asked, role, wish, {**found.facts, **_context(wish)}), found


def _claimed(wish: Wish, claims: Mapping[str, Any]) -> Wish:
    """The tags and the source identity that a token asks for. Raises IdentityTokenInvalid."""
    said = claims.get(_TAGS_CLAIM, {})
    tags = said if isinstance(said, dict) else {"principal_tags": said}
    given, transitive = tags.get("principal_tags", {}), tags.get("transitive_tag_keys", [])
    source = claims.get(_SOURCE_CLAIM, "")
    if not isinstance(given, dict) or not isinstance(transitive, list) or not isinstance(source, str):
        raise IdentityTokenInvalid("The token's tags are not valid.")
    values = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in given.items()}
    texts = (*values.values(), *transitive)
    if not all(isinstance(text, str) and len(text) <= 256 for text in texts) or len(source) > 64:  # noqa: PLR2004
        raise IdentityTokenInvalid("The token's tags are not valid.")
    return replace(wish, tags=values, transitive=tuple(transitive), source_identity=source)


# --- a user ----------------------------------------------------------------------------------------------------


def session_token(reg: Registry, caller: Caller, seconds: int | None) -> Credentials:
    """Temporary credentials of the user or root that calls: 12 hours or as asked; of root an hour at most.

    Raises Refusal for a caller that has temporary credentials.
    """
    principal, now = caller.principal, reg.now()
    if principal.session is not None:
        raise Refusal("Cannot call GetSessionToken with session credentials")
    lasting = min(seconds or HOUR, HOUR) if principal.kind == ROOT else seconds or 12 * HOUR
    holder = None
    if principal.identity is not None:
        identity = principal.identity
        holder = reg.db.read(lambda tx: table.get(tx, identity))
        if holder is None:
            raise Refusal("The user is gone.")
    session = Session("", now, now + lasting * 1_000_000, (), _NO_MFA)
    return sessions.issue(reg, principal.account, holder, session)


# --- what sessions have in common ------------------------------------------------------------------------------


def _context(wish: Wish) -> dict[str, tuple[str, ...]]:
    """The condition keys that a session keeps. Raises ValidationFailed."""
    if len(wish.tags) > TAGS_MAX or len({key.lower() for key in wish.tags}) != len(wish.tags):
        raise ValidationFailed("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in wish.tags):
        raise ValidationFailed("System tags cannot be passed in session tags.")
    if not {key.lower() for key in wish.transitive} <= {key.lower() for key in wish.tags}:
        raise ValidationFailed("The specified transitive tag key must be included in the requested tags.")
    found: dict[str, tuple[str, ...]] = {_TAG + key.lower(): (value,) for key, value in wish.tags.items()}
    if wish.transitive:
        found[_TRANSITIVE] = wish.transitive
    if wish.source_identity:
        found["aws:sourceidentity"] = (wish.source_identity,)
    return found


def _assumed(
    reg: Registry, caller: Caller, role: Identity, wish: Wish, context: Mapping[str, tuple[str, ...]]
) -> Assumed:
    seconds, now = wish.seconds or HOUR, reg.now()
    if seconds > role.max_session:
        raise ValidationFailed("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    bounds = _bounds(role, wish)
    percent = sessions.packed(bounds, context)
    if percent > 100:  # noqa: PLR2004
        raise PackedPolicyTooLarge(percent)
    session = Session(wish.name, now, now + seconds * 1_000_000, bounds, context)
    made = sessions.issue(reg, role.account, role, session)
    arn = sessions.session_arn(role, wish.name)
    audit.seen(reg, caller, role.arn, roleSessionName=wish.name, accessKeyId=made.access_key_id)
    told = percent if bounds or wish.tags else None
    return Assumed(made, f"{role.unique_id}:{wish.name}", arn, wish.source_identity, told)


def _bounds(role: Identity, wish: Wish) -> tuple[str, ...]:
    """The session policies: texts, and ARNs of managed policies. Raises MalformedPolicyDocument, ValidationFailed."""
    if len(wish.policy_arns) > POLICIES_MAX:
        raise ValidationFailed(f"PolicyArns must have at most {POLICIES_MAX} entries.")
    for arn in wish.policy_arns:
        parts = parse_policy_arn(arn)
        if arn not in OF_AWS and (parts is None or parts[0] != role.account):
            raise ValidationFailed(f"ARN {arn[:200]} is not a policy of the role's account.")
    if wish.policy:
        policies.parse(wish.policy, Kind.IDENTITY)
    return (*wish.policy_arns, *((wish.policy,) if wish.policy else ()))
