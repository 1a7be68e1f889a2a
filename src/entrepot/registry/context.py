"""What every use case needs: where metadata and bytes live, what time it is, what this installation is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entrepot.domain.protection import Keeping
from entrepot.domain.quotas import Quotas
from entrepot.registry.attempts import Attempts
from entrepot.registry.federation import Issuers
from entrepot.registry.held import Held
from entrepot.registry.known import Memory
from entrepot.registry.quotas import Counts

if TYPE_CHECKING:
    from entrepot.blobs.store import BlobStore
    from entrepot.registry.audit import Trail
    from entrepot.registry.credentials import Keys
    from entrepot.registry.naming import Naming
    from entrepot.store.db import Database


@dataclass(frozen=True, slots=True)
class Registry:
    """The collaborators of the use cases, and what the installation allows. `now` gives microseconds UTC."""

    db: Database
    blobs: BlobStore
    now: Callable[[], int]
    keys: Keys
    naming: Naming
    trail: Trail
    quotas: Quotas = field(default_factory=Quotas)
    counts: Counts = field(default_factory=Counts)
    keeping: Keeping = field(default_factory=Keeping)
    memory: Memory = field(default_factory=Memory)
    held: Held = field(default_factory=Held)
    attempts: Attempts = field(default_factory=Attempts)
    issuers: Issuers = field(default_factory=Issuers)
