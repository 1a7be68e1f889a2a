"""Account settings: which there are, and what each may be."""

from __future__ import annotations

import pytest

from entrepot.domain import account_settings
from entrepot.domain.errors import InvalidParameter


@pytest.mark.parametrize("name", account_settings.SETTINGS)
def test_what_holds_before_one_is_set_can_be_set(name: str) -> None:
    """The value of a new registry is one that can be set."""
    account_settings.check(name, account_settings.SETTINGS[name].initial)


def test_values() -> None:
    """The values that ECR documents, in its letters; the basic scanner that ECR gave up is none."""
    allowed = {name: setting.values for name, setting in account_settings.SETTINGS.items()}
    assert allowed == {
        "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
        "REGISTRY_POLICY_SCOPE": ("V1", "V2"),
        "BLOB_MOUNTING": ("ENABLED", "DISABLED"),
    }
    for name, value in (("BASIC_SCAN_TYPE_VERSION", "CLAIR"), ("REGISTRY_POLICY_SCOPE", "v2"), ("BLOB_MOUNTING", "")):
        with pytest.raises(InvalidParameter) as caught:
            account_settings.check(name, value)
        assert (caught.value.member, caught.value.constraint.split("[")[0]) == (
            "value",
            "Member must satisfy enum value set: ",
        )


@pytest.mark.parametrize("name", ["", "blob_mounting", "SCAN"])
def test_unknown_names(name: str) -> None:
    """A setting that is not there is refused by its name, whatever it is to be."""
    with pytest.raises(InvalidParameter) as caught:
        account_settings.check(name, "ENABLED")
    assert caught.value.member == "name"
