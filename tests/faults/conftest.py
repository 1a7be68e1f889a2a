"""Fixtures of the fault tests."""

from tests.faults.struck import forge

__all__ = ["forge"]
