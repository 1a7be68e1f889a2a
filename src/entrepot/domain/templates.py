"""Repository creation templates: what one holds, and which one a new repository is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from entrepot.domain.errors import CreationFailed, InvalidParameter
from entrepot.domain.repositories import Mutability

ROOT = "ROOT"
"""The prefix of the template for every repository that no other template's prefix matches."""

CREATE_ON_PUSH = "CREATE_ON_PUSH"


@dataclass(frozen=True, slots=True)
class Template:
    """The settings of the repositories that are made below `prefix`. Texts are empty where nothing is set."""

    prefix: str
    applied_for: tuple[str, ...]
    description: str = ""
    mutability: Mutability = field(default_factory=Mutability)
    encryption_type: str = "AES256"
    kms_key: str = ""
    repository_policy: str = ""
    lifecycle_policy: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    custom_role_arn: str = ""
    created_at: int = 0
    updated_at: int = 0


def spellings(prefix: str) -> tuple[str, str]:
    """A prefix without and with the slash that ECR assumes at its end: both name one template."""
    bare = prefix.removesuffix("/")
    return bare, f"{bare}/"


def prefixes_of(name: str) -> list[str]:
    """The prefixes that match a repository name, the longest first; the name itself is none of them, ROOT the last.

    (ECR API, CreateRepositoryCreationTemplate: `prod` applies to what begins with `prod/`.)
    """
    parts = name.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)] + [ROOT]


def applications(wanted: Sequence[str]) -> tuple[str, ...]:
    """What a template is applied for, each once, in the order of the call."""
    return tuple(dict.fromkeys(wanted))


def encryption(type_: str, kms_key: str) -> str:
    """The encryption type of a template, checked: this installation has no KMS keys to encrypt with.

    Raises InvalidParameter, because the operations on templates have no KmsException.
    """
    if type_ != "AES256":
        raise InvalidParameter(
            "encryptionConfiguration",
            "This installation does not offer KMS encryption yet. Use the encryption type AES256.",
        )
    if kms_key:
        raise InvalidParameter("encryptionConfiguration", "kmsKey cannot be used with encryptionType AES256")
    return type_


def check_usable(template: Template, name: str) -> None:
    """Refuse to make the repository `name` from a template with resource tags and without a role to put them on.

    Raises CreationFailed. (ECR user guide, "Creating a repository creation template": without the role
    the creation of the repository fails, not that of the template.)
    """
    if template.tags and not template.custom_role_arn:
        reason = "A template with resource tags needs a customRoleArn"
        raise CreationFailed(name, template.prefix, reason)
