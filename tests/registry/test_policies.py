"""Policies are set, read and deleted, with a record of each change."""

from __future__ import annotations

import json

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository

from entrepot.domain import errors as e
from entrepot.domain.registries import RegistryKey
from entrepot.registry import policies, repositories
from entrepot.registry.context import Registry

NAME = "team/app"
CALLER = a_caller("ecr:SetRepositoryPolicy")
STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
TEXT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}, indent=3)
LOCKOUT = json.dumps({"Statement": {**STATEMENT, "Effect": "Deny"}})
REGISTRY = json.dumps({"Statement": {**STATEMENT, "Resource": "*"}})


def changes(reg: Registry) -> list[str]:
    return [row[0] for row in reg.db.read(lambda tx: tx.all("SELECT parameters FROM audit ORDER BY id"))]


def test_repository(reg: Registry) -> None:
    """The text is kept as it was submitted, replaced, and given back when it goes; each change is on record."""
    a_repository(reg)
    before = len(changes(reg))
    with pytest.raises(e.RepositoryPolicyNotFound):
        policies.of_repository(reg, KEY, NAME)
    for text in (TEXT, f" {TEXT}\n"):
        policies.set_repository(reg, CALLER, KEY, NAME, text, force=False)
        assert policies.of_repository(reg, KEY, NAME) == text
    assert policies.delete_repository(reg, CALLER, KEY, NAME) == f" {TEXT}\n"
    with pytest.raises(e.RepositoryPolicyNotFound) as caught:
        policies.delete_repository(reg, CALLER, KEY, NAME)
    assert str(caught.value) == (
        f"Repository policy does not exist for the repository with name '{NAME}' in the registry with id '{ACCOUNT}'"
    )
    assert [json.loads(row).get("policyText") for row in changes(reg)[before:]] == [TEXT, f" {TEXT}\n", None]


def test_lockout(reg: Registry) -> None:
    """A policy that keeps its author out is set by force only; a refusal leaves the old one."""
    a_repository(reg)
    policies.set_repository(reg, CALLER, KEY, NAME, TEXT, force=False)
    with pytest.raises(e.InvalidParameter, match="prevent you from setting another policy"):
        policies.set_repository(reg, CALLER, KEY, NAME, LOCKOUT, force=False)
    assert policies.of_repository(reg, KEY, NAME) == TEXT
    policies.set_repository(reg, CALLER, KEY, NAME, LOCKOUT, force=True)
    assert policies.of_repository(reg, KEY, NAME) == LOCKOUT


def test_no_repository(reg: Registry) -> None:
    """A repository that is not there has no policy, and one made again does not have the old one."""
    with pytest.raises(e.RepositoryNotFound):
        policies.set_repository(reg, CALLER, KEY, NAME, TEXT, force=True)
    with pytest.raises(e.RepositoryNotFound):
        policies.of_repository(reg, KEY, NAME)
    with pytest.raises(e.RepositoryNotFound):
        policies.delete_repository(reg, CALLER, KEY, NAME)
    a_repository(reg)
    policies.set_repository(reg, CALLER, KEY, NAME, TEXT, force=False)
    repositories.delete(reg, CALLER, KEY, NAME, force=False)
    a_repository(reg)
    with pytest.raises(e.RepositoryPolicyNotFound):
        policies.of_repository(reg, KEY, NAME)


def test_registry(reg: Registry) -> None:
    """The same for a registry, which needs no repository to have one; each region has its own."""
    elsewhere = RegistryKey(ACCOUNT, "eu-west-1")
    with pytest.raises(e.RegistryPolicyNotFound) as caught:
        policies.of_registry(reg, KEY)
    assert str(caught.value) == f"Registry policy does not exist in the registry with id '{ACCOUNT}'"
    policies.set_registry(reg, CALLER, KEY, REGISTRY)
    policies.set_registry(reg, CALLER, KEY, REGISTRY + " ")
    assert policies.of_registry(reg, KEY) == REGISTRY + " "
    with pytest.raises(e.RegistryPolicyNotFound):
        policies.delete_registry(reg, CALLER, elsewhere)
    assert policies.delete_registry(reg, CALLER, KEY) == REGISTRY + " "
    with pytest.raises(e.RegistryPolicyNotFound):
        policies.delete_registry(reg, CALLER, KEY)
    assert len(changes(reg)) == 3


def test_refused(reg: Registry) -> None:
    """What is no policy changes nothing: a registry's needs resources, a repository's does not."""
    a_repository(reg)
    with pytest.raises(e.PolicyInvalid):
        policies.set_repository(reg, CALLER, KEY, NAME, "{}", force=True)
    with pytest.raises(e.PolicyInvalid):
        policies.set_registry(reg, CALLER, KEY, TEXT)
    with pytest.raises(e.RepositoryPolicyNotFound):
        policies.of_repository(reg, KEY, NAME)
    with pytest.raises(e.RegistryPolicyNotFound):
        policies.of_registry(reg, KEY)
