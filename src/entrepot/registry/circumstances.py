"""The condition keys of a request: what policies may ask of who calls, from where, when, and about what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from entrepot.domain import iam_names
from entrepot.domain.principals import FEDERATED, NO_FACTS, ROLE, ROOT, USER, Facts
from entrepot.registry.known import fact
from entrepot.store import iam_tags, identities, repositories, repository_tags

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

_BOUNDARY: Final = "iam:permissionsboundary"
_BOUNDED: Final = {
    f"iam:{verb}{kind}{what}".lower()
    for kind in ("User", "Role")
    for verb, what in (
        *(("Attach", "Policy"), ("Detach", "Policy"), ("Put", "Policy"), ("Delete", "Policy")),
        ("Delete", "PermissionsBoundary"),
    )
}
"""What is asked with the boundary that the user or role has; of other calls it is a parameter, if any.

(Service authorization reference, "Actions defined by AWS Identity and Access Management": iam:PermissionsBoundary.)
"""

_TYPES = {ROOT: "Account", USER: "User", ROLE: "AssumedRole", FEDERATED: "FederatedUser"}


class Circumstances:
    """The keys of one request, found when they are asked for: `look` of an evaluation.

    A key of the request that AWS sets itself is never taken from what a session or the request carries.
    """

    __slots__ = ("_caller", "_reg", "_resource", "_tags", "_tx", "_who")

    def __init__(self, reg: Registry, caller: Caller, resource: str, tags: Facts, tx: Tx | None = None) -> None:
        """`tags` are the principal's own, as condition keys."""
        self._reg = reg
        self._caller = caller
        self._resource = resource
        self._who = tags
        self._tx = tx
        self._tags: Facts | None = None

    def __call__(self, key: str) -> tuple[str, ...] | None:
        known = _KEYS.get(key)
        if known is not None:
            value = known(self)
            return None if value is None else (value,)
        session = self._caller.principal.session
        carried = session.context.get(key) if session is not None else None
        prefix, _, name = key.partition("/")
        if name and prefix in {"aws:resourcetag", "ecr:resourcetag", "iam:resourcetag"}:
            return self._resource_tags(prefix).get(name)
        if name and prefix == "aws:principaltag":
            return carried or self._who.get(key)
        found = self._caller.facts.get(key) or carried
        return self._boundary() if found is None and key == _BOUNDARY else found

    def _boundary(self) -> tuple[str, ...] | None:
        """The permissions boundary that the user or role has whose policies or boundary are to change."""
        if self._caller.action.lower() not in _BOUNDED:
            return None
        reg, resource, known = self._reg, self._resource, self._reg.memory.now(self._reg.db, self._tx)
        return fact(known, reg.db, self._tx, ("boundary", resource), lambda tx: _boundary_of(tx, resource))

    def _resource_tags(self, prefix: str) -> Facts:
        if prefix not in {"aws:resourcetag", f"{self._resource[8:11]}:resourcetag"}:
            return NO_FACTS
        if self._tags is None:
            reg, resource, known = self._reg, self._resource, self._reg.memory.now(self._reg.db, self._tx)
            self._tags = fact(known, reg.db, self._tx, ("tags", resource), lambda tx: _tags(tx, resource))
        return self._tags

    # --- keys that a table names -------------------------------------------------------------------------------

    def principal_arn(self) -> str:
        return self._caller.principal.source_arn or self._caller.principal.arn

    def principal_account(self) -> str:
        return self._caller.principal.account

    def principal_type(self) -> str:
        return _TYPES[self._caller.principal.kind]

    def userid(self) -> str:
        return self._caller.principal.user_id

    def username(self) -> str | None:
        principal = self._caller.principal
        return principal.name if principal.kind == USER else None

    def token_issue_time(self) -> str | None:
        session = self._caller.principal.session
        return None if session is None else _date(session.issued_at)

    def source_ip(self) -> str | None:
        return None if self._caller.vpc_endpoint else self._caller.source_ip or None

    def vpc_source_ip(self) -> str | None:
        return self._caller.source_ip or None if self._caller.vpc_endpoint else None

    def vpc_endpoint(self) -> str | None:
        return self._caller.vpc_endpoint or None

    def user_agent(self) -> str | None:
        return self._caller.user_agent or None

    def secure(self) -> str:
        return str(self._caller.secure).lower()

    def now(self) -> str:
        return _date(self._reg.now())

    def epoch(self) -> str:
        return str(self._reg.now() // 1_000_000)

    def region(self) -> str:
        return self._caller.region

    def resource_account(self) -> str:
        parts = self._resource.split(":", 5)
        return parts[4] if len(parts) > 4 and parts[4] else self._caller.principal.account  # noqa: PLR2004  # an ARN

    def no(self) -> str:
        return "false"


def _boundary_of(tx: Tx, resource: str) -> tuple[str, ...] | None:
    parts = iam_names.parse_arn(resource)
    found = identities.find(tx, parts[0], parts[1], parts[3]) if parts else None
    return (found.boundary,) if found is not None and found.boundary and found.arn == resource else None


def _tags(tx: Tx, resource: str) -> Facts:
    """The tags of a repository or of something of IAM by key, in lower case, as conditions name them.

    A key that differs from another one in case alone is as if it was not there: the documentation lets a condition
    match one or the other, and not both. (IAM user guide, "AWS global condition context keys": aws:ResourceTag.)
    """
    tags = _read_tags(tx, resource)
    named = Counter(key.lower() for key in tags)
    return {key.lower(): (value,) for key, value in tags.items() if named[key.lower()] == 1}


def _read_tags(tx: Tx, resource: str) -> Mapping[str, str]:
    parts = resource.split(":", 5)
    if parts[2:3] == ["iam"]:
        return iam_tags.of(tx, resource)
    if parts[2:3] != ["ecr"]:
        return {}
    repository = repositories.find(tx, parts[4], parts[3], parts[5].removeprefix("repository/"))
    return repository_tags.of(tx, repository.id) if repository is not None else {}


def _date(instant: int) -> str:
    return datetime.fromtimestamp(instant // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_KEYS: Final[Mapping[str, Callable[[Circumstances], str | None]]] = {
    "aws:principalarn": Circumstances.principal_arn,
    "aws:principalaccount": Circumstances.principal_account,
    "aws:principaltype": Circumstances.principal_type,
    "aws:principalisawsservice": Circumstances.no,
    "aws:userid": Circumstances.userid,
    "aws:username": Circumstances.username,
    "aws:tokenissuetime": Circumstances.token_issue_time,
    "aws:sourceip": Circumstances.source_ip,
    "aws:sourcevpce": Circumstances.vpc_endpoint,
    "aws:vpcsourceip": Circumstances.vpc_source_ip,
    "aws:useragent": Circumstances.user_agent,
    "aws:securetransport": Circumstances.secure,
    "aws:currenttime": Circumstances.now,
    "aws:epochtime": Circumstances.epoch,
    "aws:requestedregion": Circumstances.region,
    "aws:resourceaccount": Circumstances.resource_account,
    "aws:viaawsservice": Circumstances.no,
}

STEADY: Final = frozenset(_KEYS) - {"aws:currenttime", "aws:epochtime"}
"""Keys whose values stay as they are for one login from one place: its address, listener and user agent."""
