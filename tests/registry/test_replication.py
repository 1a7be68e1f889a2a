"""Replication: no rules can be set yet, and that is told."""

from __future__ import annotations

import pytest
from tests.factories import KEY, a_caller

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.registries import RegistryKey
from entrepot.registry import replication
from entrepot.registry.context import Registry

CALLER = a_caller("ecr:PutReplicationConfiguration")


def test_no_rules(reg: Registry) -> None:
    """Having no rules is accepted, and is on record."""
    replication.configure(reg, CALLER, KEY, [])
    assert reg.db.read(lambda tx: tx.all("SELECT action FROM audit")) == [("ecr:PutReplicationConfiguration",)]


def test_rules(reg: Registry) -> None:
    """Rules are refused: in ECR's words where they lead to the registry itself."""
    elsewhere = RegistryKey(KEY.account, "eu-west-1")
    refused: list[tuple[list[list[RegistryKey]], str]] = [
        ([[elsewhere]], "Replication rules are not supported yet"),
        ([[]], "Replication rules are not supported yet"),
        ([[elsewhere], [elsewhere, KEY]], "Replication destination cannot be the same as the source registry"),
    ]
    for destinations, told in refused:
        with pytest.raises(InvalidParameter) as caught:
            replication.configure(reg, CALLER, KEY, destinations)
        assert (caught.value.member, caught.value.constraint) == ("replicationConfiguration", told)
    assert reg.db.read(lambda tx: tx.all("SELECT action FROM audit")) == []
