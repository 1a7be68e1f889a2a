"""The alias of an account."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, accounts, moves, recorded

from entrepot.domain.errors import EntityAlreadyExists, NoSuchEntity
from entrepot.registry import aliases
from entrepot.registry.context import Registry


def test_aliases(reg: Registry) -> None:
    """One for each account, unique in the installation, and taken off by its own account only."""
    accounts(reg)
    assert aliases.of_account(reg, ACCOUNT) == ()
    aliases.put(reg, HERE, "one")
    aliases.put(reg, HERE, "two")
    for caller in (HERE, THERE):
        with pytest.raises(EntityAlreadyExists, match=r"^The account alias two already exists\.$"):
            aliases.put(reg, caller, "two")
    for alias in ("two", "one", "nobodys"):
        with pytest.raises(NoSuchEntity, match=f"^The account alias {alias} does not exist"):
            aliases.remove(reg, THERE, alias)
    assert (aliases.of_account(reg, ACCOUNT), aliases.of_account(reg, OTHER)) == (("two",), ())
    aliases.remove(reg, HERE, "two")
    aliases.put(reg, THERE, "two")
    assert moves(reg) == 4
    assert recorded(reg)[-1] == ("iam:Test", f"arn:aws:iam::{OTHER}:root")
