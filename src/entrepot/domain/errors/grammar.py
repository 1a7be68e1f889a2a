"""Values outside the grammar of their parameter: names, tags, digests and what else a call gives."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError
from entrepot.domain.grammar import REPOSITORY_NAME, TAG


@dataclass(eq=False)
class NameInvalid(RegistryError):
    """A repository name outside the grammar; on `/v2`, where no model checks it first."""

    def __str__(self) -> str:
        return (
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: "
            f"'must satisfy regular expression '{REPOSITORY_NAME}''"
        )


@dataclass(eq=False)
class InvalidParameter(RegistryError):
    member: str
    constraint: str

    text = "Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"


@dataclass(eq=False)
class InvalidTagParameter(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class TagInvalid(RegistryError):
    tag: str

    def __str__(self) -> str:
        return (
            f"Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '{TAG}''"
        )


@dataclass(eq=False)
class DigestInvalid(RegistryError):
    """Text that is no digest, or one of an algorithm that is not kept here (sha256 and sha512 are)."""

    digest: str

    text = (
        "Invalid parameter at 'imageDigest' failed to satisfy constraint: "
        "'must satisfy regular expression 'sha256:[a-f0-9]{{64}}|sha512:[a-f0-9]{{128}}''"
    )
