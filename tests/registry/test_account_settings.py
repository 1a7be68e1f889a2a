"""Account settings, and blob mounting that one of them decides about."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT, KEY, a_blob, a_caller, a_repository

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.registries import RegistryKey
from entrepot.registry import account_settings, uploads
from entrepot.registry.context import Registry

CALLER = a_caller("ecr:PutAccountSetting")


def test_settings(reg: Registry) -> None:
    """A new registry has the initial values; what is set holds in its region alone."""
    elsewhere = RegistryKey(ACCOUNT, "eu-west-1")
    initial = {"BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE", "REGISTRY_POLICY_SCOPE": "V2", "BLOB_MOUNTING": "ENABLED"}
    assert {name: account_settings.get(reg, KEY, name) for name in initial} == initial
    for value in ("V1", "V2", "V1"):
        account_settings.put(reg, CALLER, KEY, "REGISTRY_POLICY_SCOPE", value)
        assert account_settings.get(reg, KEY, "REGISTRY_POLICY_SCOPE") == value
    assert account_settings.get(reg, elsewhere, "REGISTRY_POLICY_SCOPE") == "V2"
    assert reg.db.read(lambda tx: tx.one("SELECT count(*) FROM audit")) == (3,)


def test_refused(reg: Registry) -> None:
    """Unknown names and values change nothing."""
    for name, value in (("OTHER", "V1"), ("REGISTRY_POLICY_SCOPE", "V3")):
        with pytest.raises(InvalidParameter):
            account_settings.put(reg, CALLER, KEY, name, value)
    with pytest.raises(InvalidParameter):
        account_settings.get(reg, KEY, "OTHER")
    assert account_settings.get(reg, KEY, "REGISTRY_POLICY_SCOPE") == "V2"


def test_blob_mounting(reg: Registry) -> None:
    """Where it is disabled nothing is mounted, from one repository or from any; enabled again it is."""
    a_repository(reg)
    a_repository(reg, "other")
    digest = a_blob(reg, b"shared", "other")

    def mounted(source: str | None) -> bool:
        return uploads.mount(reg, CALLER, KEY, "team/app", digest, source) is not None

    account_settings.put(reg, CALLER, KEY, "BLOB_MOUNTING", "DISABLED")
    assert [mounted(source) for source in ("other", None)] == [False, False]
    account_settings.put(reg, CALLER, KEY, "BLOB_MOUNTING", "ENABLED")
    assert [mounted(source) for source in ("other", None)] == [True, True]
