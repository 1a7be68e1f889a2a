"""Replication: nothing is replicated yet, and that is all that can be set."""

from __future__ import annotations

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import audit
from entrepot.registry.context import Registry


def configure(reg: Registry, caller: Caller, key: RegistryKey, destinations: list[list[RegistryKey]]) -> None:
    """Replace the rules of a registry, given as the destinations of each; there may be none.

    Raises InvalidParameter for rules: in ECR's words for those that ECR refuses, too.
    """
    if any(key in each for each in destinations):
        raise InvalidParameter(
            "replicationConfiguration", "Replication destination cannot be the same as the source registry"
        )
    if destinations:
        raise InvalidParameter("replicationConfiguration", "Replication rules are not supported yet")
    reg.db.write(lambda tx: audit.changed(tx, caller, reg.now(), "*", rules=0))
