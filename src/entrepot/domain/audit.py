"""Audit: what CloudTrail would record of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from entrepot.domain.principals import Caller


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the trail. `at` is in microseconds UTC; `error` is empty where the call succeeded."""

    caller: Caller
    at: int
    resource: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
