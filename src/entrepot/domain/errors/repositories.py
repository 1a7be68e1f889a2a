"""Repositories, and the templates that they are created from."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class RepositoryNotFound(RegistryError):
    name: str
    registry_id: str

    text = "The repository with name '{name}' does not exist in the registry with id '{registry_id}'"


@dataclass(eq=False)
class RepositoryAlreadyExists(RegistryError):
    name: str
    registry_id: str

    text = "The repository with name '{name}' already exists in the registry with id '{registry_id}'"


@dataclass(eq=False)
class RepositoryNotEmpty(RegistryError):
    name: str
    registry_id: str

    text = (
        "The repository with name '{name}' in registry with id '{registry_id}' "
        "cannot be deleted because it still contains images"
    )


@dataclass(eq=False)
class TooManyTags(RegistryError):
    limit: int

    text = (
        "The list of tags on the repository is over the limit. "
        "The maximum number of tags that can be applied to a repository is {limit}."
    )


@dataclass(eq=False)
class TemplateNotFound(RegistryError):
    text = "The specified repository creation template can't be found. Verify the registry ID and prefix and try again."


@dataclass(eq=False)
class TemplateAlreadyExists(RegistryError):
    text = "The repository creation template already exists. Specify a unique prefix and try again."


@dataclass(eq=False)
class CreationFailed(RegistryError):
    """A push to a repository that is not there, whose creation template cannot be carried out."""

    name: str
    prefix: str
    reason: str

    text = (
        "The repository with name '{name}' cannot be created from the repository creation template "
        "with prefix '{prefix}': {reason}"
    )
