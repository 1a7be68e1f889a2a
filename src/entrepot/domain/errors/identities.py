"""Users, groups, roles, their policies and keys: what IAM refuses."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class NoSuchEntity(RegistryError):
    """A user, group, role, policy, key … that the caller's account does not have."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class EntityAlreadyExists(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class DeleteConflict(RegistryError):
    """Deleting an identity or a policy that something else hangs on."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class InvalidInput(RegistryError):
    """A value that IAM refuses after its model took it."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class UnmodifiableEntity(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class ValidationFailed(RegistryError):
    """A value that IAM and STS refuse as a ValidationError, which every operation may answer."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class MalformedPolicyDocument(RegistryError):
    """A policy document of IAM outside its grammar."""

    detail: str

    text = "{detail}"
