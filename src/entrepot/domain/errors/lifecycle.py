"""Lifecycle policies and their previews."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class LifecyclePolicyInvalid(RegistryError):
    """A document that ECR refuses: its words, and after them, where there is any, what to write instead.

    `member` is that of the call.
    """

    detail: str
    advice: str
    member: str = "LifecyclePolicyText"

    text = (
        "Invalid parameter at '{member}' failed to satisfy constraint: "
        "'Lifecycle policy validation failure: {detail}'{advice}"
    )


@dataclass(eq=False)
class LifecyclePolicyNotFound(RegistryError):
    name: str
    registry_id: str

    text = (
        "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class LifecyclePolicyPreviewInProgress(RegistryError):
    """A preview was asked for while one is being made."""

    text = "The previous lifecycle policy preview request has not completed. Wait and try again."


@dataclass(eq=False)
class LifecyclePolicyPreviewNotFound(RegistryError):
    """No preview was ever asked for."""

    text = "There is no dry run for this repository."
