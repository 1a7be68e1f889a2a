"""Who may do what: policies made ready for questions, and the decision over all that bear on a request.

(IAM user guide, "Policy evaluation logic", "Cross-account policy evaluation logic".)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from entrepot.domain import bindings, condition_tests, policies
from entrepot.domain.condition_tests import Test
from entrepot.domain.patterns import Look, Matcher, Reach, read
from entrepot.domain.policies import Document, Kind, Statement
from entrepot.domain.principals import FEDERATED, ROOT, Principal
from entrepot.domain.subjects import Naming, Subjects

_REMEMBERED = 4096  # answers of one statement, and compiled texts
_UNBOUND: Mapping[str, str] = MappingProxyType({})


class Source(Enum):
    """What kind of policy a statement stands in, as AWS names it in its refusals."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement, ready. `number` counts from 1; `keys` are the condition keys that it looks at, in lower case.

    `written` are those of its conditions as they stand in the text.
    """

    allows: bool
    number: int
    sid: str
    subjects: Subjects
    actions: Matcher
    actions_meant: bool
    resources: Matcher | None
    resources_meant: bool
    tests: tuple[Test, ...]
    keys: frozenset[str]
    written: tuple[str, ...] = ()
    _answers: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    def covers(self, action: str, resource: str, look: Look) -> bool:
        """Whether action and resource are what the statement is about; `action` in lower case."""
        if self.resources is not None and self.resources.keys:
            return self._covers(action, resource, look)
        known = self._answers.get((action, resource))
        if known is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            known = self._answers[action, resource] = self._covers(action, resource, look)
        return known

    def _covers(self, action: str, resource: str, look: Look) -> bool:
        if self.actions.matches(action, look) is not self.actions_meant:
            return False
        return self.resources is None or self.resources.matches(resource, look) is self.resources_meant


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with the name under which a decision tells of it: its own, or its ARN."""

    name: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """All that bear on a request. `boundary` and `session` are None where there is none, unlike one that is empty.

    `resource` are the policies of the repository, of its registry, or the trust policy of a role.
    """

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    resource: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """`account` is the one that the resource belongs to; `look` gives the request's condition keys."""

    principal: Principal
    action: str
    resource: str
    account: str
    look: Look


@dataclass(frozen=True, slots=True)
class Found:
    """The statement that decided."""

    source: Source
    policy: str
    number: int
    sid: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`found` is the statement that allowed or denied; None for root, and where no statement allows.

    `missing` is then the kind of policy that would have to. `looked` are the keys of which conditions or variables may
    have asked, in lower case: with other values of these the decision may be another.
    """

    allowed: bool
    found: Found | None = None
    missing: Source | None = None
    looked: frozenset[str] = frozenset()

    def reason(self, action: str) -> str:
        """The end of AWS's sentence about a refusal, `because` left out."""
        if self.missing is not None:
            return f"no {self.missing.value} allows the {action} action"
        source = (self.found.source if self.found else Source.IDENTITY).value
        return f"with an explicit deny in {'an' if source[0] == 'i' else 'a'} {source}"


# --- making ready ----------------------------------------------------------------------------------------------


@lru_cache(_REMEMBERED)
def compiled(text: str, kind: Kind, principals: str = "") -> tuple[Rule, ...]:
    """The rules of a policy's text, with the ids of whom it names, as `bindings` keeps them.

    Raises what `policies.parse` raises.
    """
    return ready(policies.parse(text, kind), bindings.read(principals))


def ready(document: Document, bound: Mapping[str, str] = _UNBOUND) -> tuple[Rule, ...]:
    """The rules of a document, its principals bound to ids; only in 2012-10-17 are `${…}` variables."""
    variables = document.version == "2012-10-17"
    return tuple(_rule(one, number, bound, variables=variables) for number, one in enumerate(document.statements, 1))


def _rule(statement: Statement, number: int, bound: Mapping[str, str], *, variables: bool) -> Rule:
    actions = statement.actions or statement.not_actions
    resources = statement.resources or statement.not_resources
    tests = [condition_tests.compiled(one, variables=variables) for one in statement.conditions]
    places = Matcher((read(one, variables=variables, wildcards=True) for one in resources), Reach.RESOURCE)
    return Rule(
        allows=statement.effect == "Allow",
        number=number,
        sid=statement.sid,
        subjects=Subjects.of(statement, bound),
        actions=Matcher((read(one.lower(), variables=False, wildcards=True) for one in actions), Reach.TEXT),
        actions_meant=bool(statement.actions),
        resources=places if resources else None,
        resources_meant=bool(statement.resources),
        tests=tuple(test for test, _ in tests),
        keys=frozenset(places.keys.union(*(keys for _, keys in tests))),
        written=tuple(one.key for one in statement.conditions),
    )


def spellings(bearing: Policies) -> tuple[str, ...]:
    """The condition keys of all policies, as their texts have them."""
    groups = (bearing.identity, bearing.boundary or (), bearing.session or (), bearing.resource)
    return tuple(key for group in groups for policy in group for rule in policy.rules for key in rule.written)


def narrowed(bearing: Policies, principal: Principal, action: str, resource: str) -> Policies:
    """Of all policies what can matter to requests that differ only in their conditions: a decision is the same."""
    action = action.lower()

    def narrow(group: tuple[Policy, ...], *, named: bool) -> tuple[Policy, ...]:
        kept = ((policy, tuple(rule for rule in policy.rules if _matters(rule, named=named))) for policy in group)
        return tuple(Policy(policy.name, rules) for policy, rules in kept if rules)

    def _matters(rule: Rule, *, named: bool) -> bool:
        if named and not (rule.subjects.named(principal) if rule.allows else rule.subjects.denies(principal)):
            return False
        open_ended = rule.resources is not None and bool(rule.resources.keys)
        return open_ended or rule.covers(action, resource, _nothing)

    return Policies(
        identity=narrow(bearing.identity, named=False),
        boundary=None if bearing.boundary is None else narrow(bearing.boundary, named=False),
        session=None if bearing.session is None else narrow(bearing.session, named=False),
        resource=narrow(bearing.resource, named=True),
    )


def _nothing(_: str) -> tuple[str, ...] | None:
    return None


# --- deciding --------------------------------------------------------------------------------------------------


class _Asked:
    """A request while it is decided: its action in lower case, and the keys that may have been looked at."""

    __slots__ = ("action", "looked", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.action = request.action.lower()
        self.looked: frozenset[str] = frozenset()

    def applies(self, rule: Rule) -> bool:
        """Whether a statement is about this request, its principals aside."""
        look = self.request.look
        if rule.resources is not None and rule.resources.keys:
            self.looked |= rule.keys
        if not rule.covers(self.action, self.request.resource, look):
            return False
        if rule.tests:
            self.looked |= rule.keys
        return all(test(look) for test in rule.tests)


def decide(request: Request, bearing: Policies) -> Decision:
    """Whether a request is allowed, and by what.

    A Deny anywhere refuses. Of one's own account's resource it takes an identity-based policy, or a resource-based one
    that names the caller (naming the account only lets its identity policies decide); of another account's resource it
    takes both. A permissions boundary and session policies have to allow it too, except what a resource-based policy
    of the same account grants to this user, to this very session or to everybody.
    """
    asked = _Asked(request)
    denied = _denied(asked, bearing)
    if denied is not None:
        return Decision(False, denied, None, asked.looked)
    found, missing = _allowed(asked, bearing)
    return Decision(missing is None, found, missing, asked.looked)


def allows(request: Request, group: tuple[Policy, ...]) -> bool:
    """Whether policies without principals, as a permissions boundary, allow a request among themselves."""
    asked = _Asked(request)
    denied = _denied(asked, Policies(boundary=group))
    return denied is None and _allowing(asked, Source.BOUNDARY, group) is not None


def _denied(asked: _Asked, bearing: Policies) -> Found | None:
    groups = (
        (Source.IDENTITY, bearing.identity),
        (Source.RESOURCE, bearing.resource),
        (Source.BOUNDARY, bearing.boundary),
        (Source.SESSION, bearing.session),
    )
    for source, group in groups:
        for policy in group or ():
            for rule in policy.rules:
                if rule.allows or (source is Source.RESOURCE and not rule.subjects.denies(asked.request.principal)):
                    continue
                if asked.applies(rule):
                    return Found(source, policy.name, rule.number, rule.sid)
    return None


def _allowed(asked: _Asked, bearing: Policies) -> tuple[Found | None, Source | None]:
    """The statement that allows a request that nothing denies, or what kind of policy is missing for it."""
    principal = asked.request.principal
    own = asked.request.account == principal.account
    granted, naming = _granted(asked, bearing.resource)
    if principal.kind == FEDERATED:
        return granted, None if granted else Source.RESOURCE
    if own and (naming is Naming.SELF or principal.kind == ROOT):
        return granted, None
    found = None if principal.kind == ROOT else _allowing(asked, Source.IDENTITY, bearing.identity)
    if found is None and principal.kind != ROOT and not (own and naming is Naming.ROLE):
        return None, Source.IDENTITY
    if not own and granted is None:
        return None, Source.RESOURCE
    for source, group in ((Source.BOUNDARY, bearing.boundary), (Source.SESSION, bearing.session)):
        if group is not None and _allowing(asked, source, group) is None:
            return None, source
    return found or granted, None


def _allowing(asked: _Asked, source: Source, group: Iterable[Policy]) -> Found | None:
    for policy in group:
        for rule in policy.rules:
            if rule.allows and asked.applies(rule):
                return Found(source, policy.name, rule.number, rule.sid)
    return None


def _granted(asked: _Asked, group: Iterable[Policy]) -> tuple[Found | None, Naming]:
    """The statement of a resource-based policy that allows the request, naming the caller as closely as any does."""
    best: Found | None = None
    closest = Naming.NOT
    for policy in group:
        for rule in policy.rules:
            naming = rule.subjects.named(asked.request.principal) if rule.allows else Naming.NOT
            if naming > closest and asked.applies(rule):
                best, closest = Found(Source.RESOURCE, policy.name, rule.number, rule.sid), naming
    return best, closest
