"""Who is calling, and may they do this to that: one answer for both doors."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from entrepot.domain import condition_keys, evaluation
from entrepot.domain import iam_names as names
from entrepot.domain.errors import AccessDenied, TokenRefused, ValidationFailed
from entrepot.domain.evaluation import Decision, Policies, Policy, Request
from entrepot.domain.policies import Kind
from entrepot.domain.principals import FEDERATED, NO_FACTS, ROOT
from entrepot.registry import authorization_messages, directory, sessions
from entrepot.registry.circumstances import STEADY, Circumstances
from entrepot.store import identities

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.domain.patterns import Look
    from entrepot.domain.principals import Caller, Facts, Principal
    from entrepot.registry.context import Registry
    from entrepot.registry.credentials import Login
    from entrepot.registry.known import Known
    from entrepot.store.db import Tx

ANY: Final = "*"
LOGIN: Final = "ecr:GetAuthorizationToken"
_ASSUMING: Final = {"sts:assumerole", "sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity"}
_NOBODY: Final = "no such key"
_EVERYTHING: Final = (
    Policy(
        "",
        evaluation.compiled(
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """What requests of one principal for one action on one resource have in common: all but their conditions."""

    bearing: Policies
    account: str
    tags: Facts


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and the condition keys of the statements that it looked at, which the request does not have.

    `never` says why, where no policy can allow it.
    """

    decision: Decision
    absent: tuple[str, ...]
    never: str = ""


# --- who -------------------------------------------------------------------------------------------------------


def secret_of(reg: Registry, access_key_id: str) -> str | None:
    """The secret of an access key, None where there is no such key or it is turned off."""
    key = directory.key(reg, access_key_id)
    return key.secret if key is not None and key.active else None


def principal_of(reg: Registry, access_key_id: str) -> Principal:
    """The identity that an access key stands for. Raises TokenRefused for a key that is gone or turned off."""
    key = directory.key(reg, access_key_id)
    found = directory.principal(reg, key) if key is not None and key.active else None
    if found is None:
        raise TokenRefused
    return found


def principal_of_password(reg: Registry, access_key_id: str, secret: str) -> Principal:
    """The identity of an access key and its secret, as `/v2` takes them for a login.

    Of temporary credentials the session token stands behind the secret, after a colon.
    Raises TokenRefused, after the same work for an unknown key as for a wrong secret; SessionExpired.
    """
    if sessions.is_temporary(access_key_id):
        return _of_temporary(reg, access_key_id, secret)
    known = secret_of(reg, access_key_id)
    if not hmac.compare_digest((known or _NOBODY).encode(), secret.encode()) or known is None:
        raise TokenRefused
    return principal_of(reg, access_key_id)


def _of_temporary(reg: Registry, access_key_id: str, password: str) -> Principal:
    secret, _, token = password.partition(":")
    principal, known = sessions.read(reg, access_key_id, token)
    if not hmac.compare_digest(known.encode(), secret.encode()):
        raise TokenRefused
    return principal


def signer(reg: Registry, access_key_id: str, token: str) -> tuple[Principal, str]:
    """Who signs with an access key, and its secret; `token` is the session token of temporary credentials, or empty.

    Raises TokenRefused for a key that is unknown, gone or turned off, or without its token; SessionExpired.
    """
    if token or sessions.is_temporary(access_key_id):
        if not sessions.is_temporary(access_key_id):  # refused, and on record with the account of the key
            directory.key(reg, access_key_id)
        return sessions.read(reg, access_key_id, token)
    principal, secret = principal_of(reg, access_key_id), secret_of(reg, access_key_id)
    if secret is None:
        raise TokenRefused
    return principal, secret


def principal_of_login(reg: Registry, login: Login) -> Principal:
    """The identity that fetched a login token. Raises TokenRefused, SessionExpired where it is gone or over."""
    return sessions.of_text(reg, login.session) if login.session else principal_of(reg, login.access_key_id)


# --- may they --------------------------------------------------------------------------------------------------


def authorise(reg: Registry, caller: Caller, resource: str, *, tx: Tx | None = None) -> None:
    """Refuse what `caller` may not do to `resource`, an ARN or ANY. Raises AccessDenied with AWS's sentence."""
    decision = decide(reg, caller, resource, tx=tx)
    if not decision.allowed:
        raise _denied(reg, caller, resource, decision)


def refusal(
    reg: Registry,
    caller: Caller,
    permissions: tuple[str, ...],
    resource: str,
    login: object = None,
    *,
    by_key: bool = False,
) -> AccessDenied | None:
    """Why `caller` has none of these permissions, in terms of the first; None where one is enough, or none is needed.

    `login`, compared by identity, stands for a principal in a region: what it was granted is remembered where that
    depends on nothing but what is in `entry`. `by_key`: it is an access key itself and no token, so that LOGIN is asked
    with every request, as the API does when a token is fetched.
    """
    known = reg.memory.now(reg.db)
    entry = (login, permissions, resource, caller.source_ip, caller.user_agent, caller.secure, caller.vpc_endpoint)
    if login is not None and entry in known.facts:
        return None
    looked: frozenset[str] = frozenset()
    for several, what in (((LOGIN,) if by_key else (), ANY), (permissions, resource)):
        if several:
            asking, decision = _closest(reg, caller, several, what)
            if not decision.allowed:
                return _denied(reg, asking, what, decision)
            looked |= decision.looked
    if login is not None and looked <= STEADY:
        known.keep(entry, found=True)
    return None


def _closest(reg: Registry, caller: Caller, permissions: tuple[str, ...], resource: str) -> tuple[Caller, Decision]:
    """The first permission that is had, else the first one; with the decision about it."""
    first: tuple[Caller, Decision] | None = None
    for action in permissions:
        asking = caller if action == caller.action else replace(caller, action=action)
        decision = decide(reg, asking, resource)
        if decision.allowed:
            return asking, decision
        first = first or (asking, decision)
    if first is None:
        raise ValueError("no permission is asked for")
    return first


def _denied(reg: Registry, caller: Caller, resource: str, decision: Decision) -> AccessDenied:
    """A refusal with its encoded message, which is made of what is refused only: it takes a seal."""
    message = authorization_messages.encoded(reg, caller, resource, decision)
    return AccessDenied(caller.principal.arn, caller.action, resource, decision.reason(caller.action), message)


def allowed(reg: Registry, caller: Caller, action: str, resource: str, *, tx: Tx | None = None) -> bool:
    """Whether `caller` may do `action` to `resource`, an ARN or ANY. Inside a transaction, give it."""
    return decide(reg, replace(caller, action=action), resource, tx=tx).allowed


def changed(reg: Registry) -> None:
    """Look again, before the next decision of this process, whether who may do what has changed."""
    reg.memory.doubt()


def decide(reg: Registry, caller: Caller, resource: str, *, tx: Tx | None = None) -> Decision:
    """The decision about `caller.action`, not older than 250 ms; a refusal is of this moment.

    It is kept where no condition and no variable took part, until the counter of changes moves.
    """
    known = reg.memory.now(reg.db, tx)
    key = (caller.principal, caller.action, resource)
    decision = known.decisions.get(key)
    if decision is None:
        decision = _decided(reg, known, caller, resource, tx)
    if not decision.allowed:
        fresh = reg.memory.fresh(reg.db, tx)
        if fresh is not known:
            known, decision = fresh, _decided(reg, fresh, caller, resource, tx)
    if not decision.looked and tx is None:
        known.decided(key, decision)
    return decision


def may_assume(reg: Registry, caller: Caller, role: Identity) -> Decision:
    """Whether `caller` may do `caller.action`, as sts:AssumeRole, to a role, as of now.

    The role's trust policy is what a repository's policy is elsewhere. The caller of a web identity is the provider: a
    FEDERATED principal with its ARN, the claims in `caller.facts`.
    """
    known = reg.memory.fresh(reg.db)
    return _may_assume(reg, known, caller, role, _look(reg, known, caller, role.arn, None))


def _may_assume(reg: Registry, known: Known, caller: Caller, role: Identity, look: Look) -> Decision:
    trust = _trust(role)
    bearing = replace(_bearing(reg, known, caller, role.arn, None), resource=(trust,))
    request = Request(caller.principal, caller.action, role.arn, role.account, look)
    # Unlike a repository's policy a trust policy is always needed, so it is asked as another account's would be.
    named = evaluation.decide(replace(request, account=""), Policies(identity=_EVERYTHING, resource=(trust,)))
    return evaluation.decide(request, bearing) if named.allowed else named


def _trust(role: Identity) -> Policy:
    rules = evaluation.compiled(role.trust, Kind.TRUST, role.trust_principals)
    return Policy(f"trust policy of {role.arn}", rules)


def own_refusal(reg: Registry, caller: Caller, arn: str) -> str:
    """The encoded message of a refused sts:AssumeRole where the caller's own policies do not allow it; else empty.

    What the role says, or whether it is there, makes no difference to it, nor do the tags of another account's role.
    """
    known = reg.memory.fresh(reg.db)
    look = _look(reg, known, caller, arn, None)
    own = _account(caller, arn) == caller.principal.account

    def told(key: str) -> tuple[str, ...] | None:
        return look(key) if own or "resourcetag/" not in key else None

    bearing = replace(_bearing(reg, known, caller, arn, None), resource=())
    decision = evaluation.decide(Request(caller.principal, caller.action, arn, caller.principal.account, told), bearing)
    return "" if decision.allowed else authorization_messages.encoded(reg, caller, arn, decision)


def explain(reg: Registry, caller: Caller, resource: str, given: Facts = NO_FACTS) -> Explanation:
    """The decision about `caller.action` as of now, and what its policies looked for in vain.

    `given` are condition keys, in lower case, that stand before what the request itself would have. Whether a role may
    be assumed is decided with its trust policy, as STS does. Raises ValidationFailed where that is asked of no role.
    """
    role = _assumed(reg, caller, resource)
    never = _never(caller, role) if role is not None else ""
    if never:
        return Explanation(Decision(allowed=False), (), never)
    known = reg.memory.fresh(reg.db)
    look = _look(reg, known, caller, resource, None)

    def told(key: str) -> tuple[str, ...] | None:
        return given.get(key) or look(key)

    bearing = _bearing(reg, known, caller, resource, None)
    if role is not None:
        decision = _may_assume(reg, known, caller, role, told)
        bearing = replace(bearing, resource=(_trust(role),))
    else:
        request = Request(caller.principal, caller.action, resource, _account(caller, resource), told)
        decision = evaluation.decide(request, bearing)
    absent = {key for key in decision.looked if told(key) is None}
    written = {key.lower(): key for key in evaluation.spellings(bearing)}
    return Explanation(decision, tuple(sorted(condition_keys.spelled(written.get(key, key)) for key in absent)))


def _assumed(reg: Registry, caller: Caller, resource: str) -> Identity | None:
    """The role that is to be assumed, None where the action is another. Raises ValidationFailed."""
    if caller.action.lower() not in _ASSUMING:
        return None
    parts = names.parse_arn(resource)
    found = reg.db.read(lambda tx: identities.find(tx, parts[0], names.ROLE, parts[3])) if parts else None
    if found is None or found.arn != resource:
        raise ValidationFailed(
            f"{resource} is no role that there is: {caller.action} is done to a role, told by its ARN"
        )
    return found


def _never(caller: Caller, role: Identity) -> str:
    """Why STS refuses somebody before it looks at policies; empty where it does not."""
    principal, action = caller.principal, caller.action.lower()
    bearer = principal.kind == FEDERATED
    if principal.kind == ROOT:
        return "Roles may not be assumed by root accounts."
    if action == "sts:assumerolewithwebidentity" and not bearer:
        return "It is for the bearer of a provider's token: ask it of the ARN of the OpenID Connect provider."
    if bearer and (action == "sts:assumerole" or principal.account != role.account):
        return (
            "The bearer of a provider's token calls sts:AssumeRoleWithWebIdentity for roles of the provider's account."
        )
    return ""


def _decided(reg: Registry, known: Known, caller: Caller, resource: str, tx: Tx | None) -> Decision:
    key = ("case", caller.principal, caller.action, resource)
    case: _Case | None = known.facts.get(key)
    if case is None:
        case = _case(reg, known, caller, resource, tx)
        if tx is None:
            known.keep(key, case)
    look = Circumstances(reg, caller, resource, case.tags, tx)
    return evaluation.decide(Request(caller.principal, caller.action, resource, case.account, look), case.bearing)


def _case(reg: Registry, known: Known, caller: Caller, resource: str, tx: Tx | None) -> _Case:
    id_, principal = caller.principal.identity, caller.principal
    bearing = evaluation.narrowed(_bearing(reg, known, caller, resource, tx), principal, caller.action, resource)
    tags = directory.standing(reg, known, id_, tx).tags if id_ is not None else NO_FACTS
    return _Case(bearing, _account(caller, resource), tags)


def _look(reg: Registry, known: Known, caller: Caller, resource: str, tx: Tx | None) -> Circumstances:
    id_ = caller.principal.identity
    tags = directory.standing(reg, known, id_, tx).tags if id_ is not None else {}
    return Circumstances(reg, caller, resource, tags, tx)


def _bearing(reg: Registry, known: Known, caller: Caller, resource: str, tx: Tx | None) -> Policies:
    """Every policy that bears on a request."""
    principal = caller.principal
    standing = directory.Standing()
    if principal.identity is not None:
        standing = directory.standing(reg, known, principal.identity, tx)
    session = principal.session
    texts = session.policies if session is not None else ()
    return Policies(
        identity=standing.policies,
        boundary=standing.boundary,
        session=tuple(policy for text in texts for policy in _session(reg, text)) if texts else None,
        resource=directory.resource_policies(reg, known, caller.action, resource, tx),
    )


def _session(reg: Registry, text: str) -> tuple[Policy, ...]:
    """A session policy, or the managed policy whose ARN stands in its place."""
    if text.startswith("arn:"):
        return directory.managed(reg, text)
    return (Policy("session policy", evaluation.compiled(text, Kind.IDENTITY)),)


def _account(caller: Caller, resource: str) -> str:
    """Whose a resource is; what is no ARN, and AWS's own policies, are the caller's own."""
    parts = resource.split(":", 5)
    named = parts[4] if len(parts) > 4 else ""  # noqa: PLR2004  # an ARN
    return caller.principal.account if named in {"", "aws"} else named
