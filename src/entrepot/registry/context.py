"""What every use case needs: where metadata and bytes live, what time it is, what this installation is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from entrepot.blobs.store import BlobStore
    from entrepot.registry.audit import Trail
    from entrepot.registry.credentials import Keys
    from entrepot.registry.naming import Naming
    from entrepot.store.db import Database


@dataclass(frozen=True, slots=True)
class Registry:
    """The collaborators of the use cases. A record without methods; `now` gives microseconds UTC."""

    db: Database
    blobs: BlobStore
    now: Callable[[], int]
    keys: Keys
    naming: Naming
    trail: Trail
