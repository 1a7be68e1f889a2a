"""Policy documents of repositories, registries, identities and roles: reading them strictly, in the grammar of IAM.

A Document says what was written; who may do what because of it is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from entrepot.domain import conditions
from entrepot.domain.conditions import Condition
from entrepot.domain.errors import MalformedPolicyDocument, PolicyInvalid

MAX_CHARACTERS = 10_240  # the ECR model's RepositoryPolicyText and RegistryPolicyText
IAM_CHARACTERS = 131_072  # the IAM model's policyDocumentType; smaller limits do not count white space
EVERYONE = "*"

_VERSIONS = ("2008-10-17", "2012-10-17")
_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
}
_ECR_ACTION = re.compile(r"\*|ecr:[A-Za-z0-9*?]+", re.IGNORECASE)
_IAM_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+", re.IGNORECASE)
_STS_ACTION = re.compile(r"sts:[A-Za-z0-9*?]+", re.IGNORECASE)
_ACCOUNT = re.compile(r"[0-9]{12}")
_RESOURCE = re.compile(r"\*|arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_PART = r"(?:\$\{[^}]*\}|(?!\$\{)[^:\s])*+"  # one way to read each text: time does not double with each variable
_IAM_RESOURCE = re.compile(rf"\*|arn(:{_PART}){{4}}:[^\x00-\x1f\x7f]+|arn(:{_PART}){{1,4}}(?<=\*)")
_REPOSITORIES = re.compile(r"\*|arn:(aws[a-z-]*|\*):ecr:[a-z0-9*?-]+:[0-9*?]+:repository/\S+")
_NAME = r"[\w+=,.@-]+"
_PRINCIPALS = {
    "AWS": re.compile(
        rf"\*|arn:aws[a-z-]*:iam::[0-9]{{12}}:(root|(user|role)/({_NAME}/)*{_NAME})"
        rf"|arn:aws[a-z-]*:sts::[0-9]{{12}}:(assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME})"
        rf"|AIDA[A-Z0-9]{{16,124}}|AROA[A-Z0-9]{{16,124}}(:{_NAME})?",
        re.ASCII,
    ),
    "Service": re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?"),
    "Federated": re.compile(
        rf"[a-z0-9-]+(\.[a-z0-9-]+)+|arn:aws[a-z-]*:iam::[0-9]{{12}}:(saml-provider/{_NAME}|oidc-provider/[\w.:/-]+)",
        re.ASCII,
    ),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
}


class Kind(Enum):
    """What a policy is attached to; the value is how ECR calls it in its refusals.

    IDENTITY is every policy of a user, group or role, inline, managed, boundary or of a session; TRUST says who may
    assume a role.
    """

    REPOSITORY = "repository"
    REGISTRY = "registry"
    IDENTITY = "identity"
    TRUST = "trust"


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What differs between the kinds. `principal` and `resource`: True where one is needed, None where forbidden."""

    characters: int
    principal: bool | None
    resource: bool | None
    action: re.Pattern[str]
    no_action: str
    place: re.Pattern[str]


_NO_ECR_ACTION = "is no action of ECR, as 'ecr:BatchGetImage' or 'ecr:*'"
_NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_NOT_STS = "AssumeRole policy may only specify STS AssumeRole actions."
_GRAMMARS = {
    Kind.REPOSITORY: _Grammar(MAX_CHARACTERS, True, False, _ECR_ACTION, _NO_ECR_ACTION, _RESOURCE),
    Kind.REGISTRY: _Grammar(MAX_CHARACTERS, True, True, _ECR_ACTION, _NO_ECR_ACTION, _REPOSITORIES),
    Kind.IDENTITY: _Grammar(IAM_CHARACTERS, None, True, _IAM_ACTION, _NO_VENDOR, _IAM_RESOURCE),
    Kind.TRUST: _Grammar(IAM_CHARACTERS, True, None, _STS_ACTION, _NOT_STS, _RESOURCE),
}
_IAM = {Kind.IDENTITY, Kind.TRUST}


class _Said(ValueError):
    """A refusal in IAM's own words, where it has more to say than that the syntax is wrong."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody a statement names. `kind` is AWS, Service, Federated or CanonicalUser; everybody is AWS with `*`.

    An account's number stands as the ARN of its root, which means the same.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Of each pair, as `actions` and `not_actions`, one is empty, as it was not written.

    Both resources are empty where the policy's own repository is meant. All `conditions` have to hold.
    """

    effect: str
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A policy. `version` decides whether `${…}` are variables: in 2008-10-17 they are plain text."""

    version: str
    statements: tuple[Statement, ...]
    id: str = ""


_SID = re.compile(r"[0-9A-Za-z]*")
_SAME_SIDS = "Statement IDs (SID) in a single policy must be unique."
_MISSING = {
    (Kind.IDENTITY, "Action"): "Policy statement must contain actions.",
    (Kind.IDENTITY, "Resource"): "Policy statement must contain resources.",
    (Kind.TRUST, "Action"): "Missing required field Action",
    (Kind.TRUST, "Principal"): "Missing required field Principal",
}
_PROHIBITED = {
    Kind.IDENTITY: "Policy document should not specify a principal.",
    Kind.TRUST: "Has prohibited field Resource",
}


class _Number(str):
    """A JSON number in the digits that were written, which only conditions take."""

    __slots__ = ()


def parse(text: str, kind: Kind) -> Document:
    """Read a policy.

    Raises PolicyInvalid, for the kinds of IAM MalformedPolicyDocument, for too many characters and whatever the
    grammar does not have: broken or deep JSON, duplicate keys, unknown elements, empty lists, wildcards in principals,
    actions of other services than the kind takes, values that an operator does not take. Whether principals exist is
    not asked. (IAM user guide, "Grammar of the IAM JSON policy language"; ECR user guide, "Private registry
    permissions".)
    """
    try:
        return _document(_load(text, _GRAMMARS[kind].characters), kind)
    except (ValueError, RecursionError) as error:
        reason = "It is nested too deeply" if isinstance(error, RecursionError) else str(error)
        if kind not in _IAM:
            raise PolicyInvalid(kind.value, reason) from error
        said = reason if isinstance(error, _Said) else f"Syntax errors in policy. {reason}."
        raise MalformedPolicyDocument(said) from error


# --- documents -------------------------------------------------------------------------------------------------


def _load(text: str, characters: int) -> dict[str, Any]:
    if len(text) > characters:
        raise ValueError(f"It has more than {characters} characters")
    try:
        document = json.loads(
            text, object_pairs_hook=_unique, parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant
        )
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (json.JSONDecodeError, UnicodeEncodeError) as error:
        raise ValueError("It is not JSON") from error
    return _object(document, "The policy", _DOCUMENT)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError("An object has the same key twice")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(value: object, where: str, known: Iterable[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} has to be an object")  # noqa: TRY004  # a document is wrong, not a type
    for key in value:
        if known and key not in known:
            raise ValueError(f"{where} has the unknown element '{key[:80]}'")
    return value


def _document(value: dict[str, Any], kind: Kind) -> Document:
    version = value.get("Version", _VERSIONS[0])  # IAM takes the older one where none is given
    if version not in _VERSIONS:
        raise ValueError(f"Version has to be {' or '.join(_VERSIONS)}")
    written = value.get("Statement")
    each = written if isinstance(written, list) else [written]
    if written is None or not each:
        raise ValueError("It has no Statement")
    statements = tuple(_statement(one, f"Statement {number}", kind) for number, one in enumerate(each, 1))
    sids = [statement.sid for statement in statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise _refusal(kind, "Two statements have the same Sid", _SAME_SIDS)
    return Document(version, statements, _label(value, "Id", "The policy"))


def _statement(value: object, where: str, kind: Kind) -> Statement:
    written = _object(value, where, _STATEMENT)
    effect = written.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"{where}: Effect has to be Allow or Deny")
    grammar = _GRAMMARS[kind]
    principals, not_principals = _one_of(written, "Principal", where, kind, grammar.principal)
    if not_principals is not None and effect == "Allow":
        raise ValueError(f"{where}: NotPrincipal is only for Deny")
    actions, not_actions = _one_of(written, "Action", where, kind, needed=True)
    resources, not_resources = _one_of(written, "Resource", where, kind, grammar.resource)
    return Statement(
        effect=effect,
        principals=_principals(principals, where),
        not_principals=_principals(not_principals, where),
        actions=_actions(actions, where, kind),
        not_actions=_actions(not_actions, where, kind),
        resources=_resources(resources, where, kind),
        not_resources=_resources(not_resources, where, kind),
        conditions=tuple(_conditions(written.get("Condition", {}), where)),
        sid=_sid(written, where, kind),
    )


def _one_of(written: dict[str, Any], name: str, where: str, kind: Kind, needed: bool | None) -> tuple[Any, Any]:
    """The values of an element and of its opposite, None for the one that is not there."""
    found = [each for each in (name, f"Not{name}") if each in written]
    if len(found) > 1:
        raise ValueError(f"{where} has both {name} and Not{name}")
    if needed and not found:
        raise _refusal(kind, f"{where} has no {name}", _MISSING.get((kind, name)))
    if needed is None and found:
        raise _refusal(kind, f"{where} may not have {name}", _PROHIBITED[kind])
    if found and written[found[0]] is None:
        raise ValueError(f"{where}: {found[0]} is null")
    return written.get(name), written.get(f"Not{name}")


def _refusal(kind: Kind, ours: str, iams: str | None) -> ValueError:
    return _Said(iams) if iams and kind in _IAM else ValueError(ours)


def _sid(written: dict[str, Any], where: str, kind: Kind) -> str:
    found = _label(written, "Sid", where)
    if kind is Kind.IDENTITY and not _SID.fullmatch(found):
        raise _Said(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    return found


def _label(written: dict[str, Any], name: str, where: str) -> str:
    """A Sid or an Id: any text, in ECR also with spaces."""
    value = written.get(name, "")
    if type(value) is not str or not value.isprintable():
        raise ValueError(f"{where}: {name} has to be text")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    """One text or a list of them, which is not empty."""
    found = value if isinstance(value, list) else [value]
    if not found or any(type(each) is not str for each in found):
        raise ValueError(f"{where} has to be text or a list of texts, and not empty")
    return tuple(found)


# --- elements --------------------------------------------------------------------------------------------------


def _principals(value: object, where: str) -> tuple[Principal, ...]:
    if value is None:
        return ()
    if value == EVERYONE:
        return (Principal("AWS", EVERYONE),)
    named = _object(value, f"{where}: the principal", _PRINCIPALS)
    if not named:
        raise ValueError(f"{where}: the principal is empty")
    return tuple(
        _principal(kind, text, where)
        for kind in named
        for text in _texts(named[kind], f"{where}: the principal {kind}")
    )


def _principal(kind: str, text: str, where: str) -> Principal:
    value = f"arn:aws:iam::{text}:root" if kind == "AWS" and _ACCOUNT.fullmatch(text) else text
    if not _PRINCIPALS[kind].fullmatch(value):
        raise ValueError(f"{where}: '{text[:200]}' is no principal of the kind {kind}")
    return Principal(kind, value)


def _actions(value: object, where: str, kind: Kind) -> tuple[str, ...]:
    grammar = _GRAMMARS[kind]
    found = () if value is None else _texts(value, f"{where}: Action")
    for action in found:
        if not grammar.action.fullmatch(action):
            raise _refusal(kind, f"{where}: '{action[:80]}' {grammar.no_action}", grammar.no_action)
    return found


def _resources(value: object, where: str, kind: Kind) -> tuple[str, ...]:
    found = () if value is None else _texts(value, f"{where}: Resource")
    for resource in found:
        if not _GRAMMARS[kind].place.fullmatch(resource):
            ours = f"{where}: '{resource[:200]}' is no ARN of repositories, nor '*'"
            raise _refusal(kind, ours, f'Resource {resource[:200]} must be in ARN format or "*".')
    return found


def _conditions(value: object, where: str) -> Iterator[Condition]:
    for operator, keys in _object(value, f"{where}: Condition").items():
        seen = set()
        for key, written in _object(keys, f"{where}: the condition {operator[:80]}").items():
            if key.lower() in seen:
                raise ValueError(f"{where}: the condition {operator[:80]} has '{key[:80]}' twice")
            seen.add(key.lower())
            yield _condition(operator, key, written, where)


def _condition(operator: str, key: str, written: object, where: str) -> Condition:
    each = written if isinstance(written, list) else [written]
    values = tuple(_plain(value, where) for value in each)
    if not values:
        raise ValueError(f"{where}: the condition on {key[:80]} has no value")
    try:
        return conditions.parse(operator, key, values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _plain(value: object, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise ValueError(f"{where}: a condition's value has to be text, a number, true or false")  # noqa: TRY004
    return str(value)
