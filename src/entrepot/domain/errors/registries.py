"""What a registry as a whole limits, excludes, or does not offer."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class ExclusionAlreadyExists(RegistryError):
    principal: str

    text = "The specified pull time update exclusion already exists for the registry."


@dataclass(eq=False)
class ExclusionNotFound(RegistryError):
    principal: str

    text = "The specified pull time update exclusion was not found."


@dataclass(eq=False)
class LimitExceeded(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class RateExceeded(RegistryError):
    """More requests than a limit allows; one may come again after `seconds`."""

    seconds: int

    text = "Rate exceeded"


@dataclass(eq=False)
class KmsUnavailable(RegistryError):
    kms_error: str = "KMS_NOT_AVAILABLE"

    text = "This installation does not offer KMS encryption yet. Use the encryption type AES256."
