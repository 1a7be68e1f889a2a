"""A registry: one account in one region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegistryKey:
    account: str
    region: str
