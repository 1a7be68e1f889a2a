"""Account settings: their names, the values that each may have, and what holds before one is set."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors import InvalidParameter

BLOB_MOUNTING = "BLOB_MOUNTING"
ENABLED, DISABLED = "ENABLED", "DISABLED"
REGISTRY_POLICY_SCOPE = "REGISTRY_POLICY_SCOPE"


@dataclass(frozen=True, slots=True)
class Setting:
    """`initial` is the value of a new registry."""

    values: tuple[str, ...]
    initial: str


# (ECR API, PutAccountSetting.) CLAIR was a basic scanner that ECR no longer has.
SETTINGS = {
    "BASIC_SCAN_TYPE_VERSION": Setting(("AWS_NATIVE",), "AWS_NATIVE"),
    REGISTRY_POLICY_SCOPE: Setting(("V1", "V2"), "V2"),
    BLOB_MOUNTING: Setting((ENABLED, DISABLED), ENABLED),
}


def check_name(name: str) -> Setting:
    """The setting of that name. Raises InvalidParameter."""
    if name not in SETTINGS:
        raise InvalidParameter("name", f"Member must satisfy enum value set: [{', '.join(SETTINGS)}]")
    return SETTINGS[name]


def check(name: str, value: str) -> None:
    """Refuse a setting that is not there, or a value that it cannot have. Raises InvalidParameter."""
    values = check_name(name).values
    if value not in values:
        raise InvalidParameter("value", f"Member must satisfy enum value set: [{', '.join(values)}]")
