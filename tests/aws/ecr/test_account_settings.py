"""PutAccountSetting and GetAccountSetting, asked by boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import invalid, plain

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-north-1"  # the settings there are this file's
NAMES = "BASIC_SCAN_TYPE_VERSION, REGISTRY_POLICY_SCOPE, BLOB_MOUNTING"


@pytest.mark.parametrize(
    ("name", "initial", "values"),
    [
        ("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE", ["AWS_NATIVE"]),
        ("REGISTRY_POLICY_SCOPE", "V2", ["V1", "V2"]),
        ("BLOB_MOUNTING", "ENABLED", ["DISABLED", "ENABLED"]),
    ],
)
def test_settings(elsewhere: Callable[[str], Any], name: str, initial: str, values: list[str]) -> None:
    """A setting has a value before it is set, and then the one that it was set to."""
    ecr = elsewhere(REGION)
    assert plain(ecr.get_account_setting(name=name)) == {"name": name, "value": initial}
    for value in values:
        assert plain(ecr.put_account_setting(name=name, value=value)) == {"name": name, "value": value}
        assert ecr.get_account_setting(name=name)["value"] == value
    assert elsewhere("eu-south-1").get_account_setting(name=name)["value"] == initial


@pytest.mark.parametrize(
    ("name", "value", "values"),
    [
        ("BASIC_SCAN_TYPE_VERSION", "CLAIR", "AWS_NATIVE"),
        ("REGISTRY_POLICY_SCOPE", "V3", "V1, V2"),
        ("BLOB_MOUNTING", "", "ENABLED, DISABLED"),
    ],
)
def test_values(ecr: Any, name: str, value: str, values: str) -> None:
    """Other values are refused, and so is the scanner that ECR gave up."""
    with invalid("value", f"Member must satisfy enum value set: [{values}]"):
        ecr.put_account_setting(name=name, value=value)


def test_names(raw: Any) -> None:
    """Other settings are refused."""
    for name in ("NOPE", "blob_mounting"):
        with invalid("name", f"Member must satisfy enum value set: [{NAMES}]"):
            raw.put_account_setting(name=name, value="V1")
        with invalid("name", f"Member must satisfy enum value set: [{NAMES}]"):
            raw.get_account_setting(name=name)
    with invalid("name", "Member must have length greater than or equal to 1"):
        raw.get_account_setting(name="")
    with invalid("value", "Member must not be null"):
        raw.put_account_setting(name="BLOB_MOUNTING")
