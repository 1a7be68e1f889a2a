"""Policies of repositories and of the registry."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class PolicyInvalid(RegistryError):
    """A policy document outside IAM's grammar, and the member of a call that it is.

    `kind` is `repository` or `registry`; ECR does not tell a reason.
    """

    kind: str
    reason: str
    member: str = "PolicyText"

    text = "Invalid parameter at '{member}' failed to satisfy constraint: 'Invalid {kind} policy provided'. {reason}."


@dataclass(eq=False)
class RepositoryPolicyNotFound(RegistryError):
    name: str
    registry_id: str

    text = (
        "Repository policy does not exist for the repository with name '{name}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class RegistryPolicyNotFound(RegistryError):
    registry_id: str

    text = "Registry policy does not exist in the registry with id '{registry_id}'"
