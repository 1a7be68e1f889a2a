"""Pull-time exclusions: principals whose pulls do not move the last pull time of a registry's images."""

from __future__ import annotations

from entrepot.domain import pages
from entrepot.domain.errors import ExclusionAlreadyExists, ExclusionNotFound, LimitExceeded
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import audit
from entrepot.registry.context import Registry
from entrepot.store import exclusions as table
from entrepot.store import registries
from entrepot.store.db import Tx

MAX = 100  # ECR user guide, "Pull time update exclusions"


def register(reg: Registry, caller: Caller, key: RegistryKey, principal: str) -> int:
    """Exclude a principal, and say when that was. Raises ExclusionAlreadyExists, LimitExceeded above 100."""

    def write(tx: Tx) -> int:
        now = reg.now()
        registry = registries.ensure(tx, key.account, key.region, now)
        if not table.insert(tx, registry, principal, now):
            raise ExclusionAlreadyExists(principal)
        if table.count(tx, registry) > MAX:
            raise LimitExceeded(f"The registry has the maximum of {MAX} pull time update exclusions.")
        audit.changed(tx, caller, now, "*", principalArn=principal)
        return now

    return reg.db.write(write)


def deregister(reg: Registry, caller: Caller, key: RegistryKey, principal: str) -> None:
    """Exclude a principal no longer. Raises ExclusionNotFound."""

    def write(tx: Tx) -> None:
        if not table.delete(tx, key.account, key.region, principal):
            raise ExclusionNotFound(principal)
        audit.changed(tx, caller, reg.now(), "*", principalArn=principal)

    reg.db.write(write)


def describe(reg: Registry, key: RegistryKey, token: str | None, limit: int | None) -> tuple[list[str], str | None]:
    """A page of the excluded principals by ARN, at most 100, and the token of the next. Raises InvalidParameter."""
    count = min(limit or pages.DEFAULT, MAX)  # the model's list holds no more
    scope = f"exclusions {key.account} {key.region}"
    (after,) = pages.start(scope, token, 1)
    rows = reg.db.read(lambda tx: table.page(tx, key.account, key.region, after, count + 1))
    return rows[:count], pages.token(scope, (rows[count - 1],)) if len(rows) > count else None
