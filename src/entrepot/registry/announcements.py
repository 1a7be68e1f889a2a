"""What is told of images: rows of the outbox, written in the transaction of the change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from entrepot.domain import events
from entrepot.domain.images import STANDARD, Image
from entrepot.domain.repositories import Repository
from entrepot.store import outbox
from entrepot.store.db import Tx


def announce(
    tx: Tx,
    repository: Repository,
    action: str,
    digest: str,
    tag: str | None,
    media_type: str,
    artifact_type: str,
    now: int,
) -> None:
    """Tell that an image was pushed or deleted (`action` PUSH or DELETE) under one tag, or without one."""
    detail = events.image_action(action, repository.name, digest, tag, media_type, artifact_type)
    outbox.insert(tx, repository.registry, now, events.IMAGE_ACTION, detail)


def moved(tx: Tx, repository: Repository, image: Image, target: str, now: int) -> None:
    """Tell that an image is of another storage class now, ARCHIVE or STANDARD."""
    detail = events.storage_class_action(
        target,
        repository.name,
        image.digest,
        image.media_type,
        image.artifact_type,
        now if target == STANDARD else None,
    )
    kind = events.IMAGE_ACTION if image.subject is None else events.REFERRER_ACTION
    outbox.insert(tx, repository.registry, now, kind, detail)


def service_event(tx: Tx, repository: Repository, name: str, details: Mapping[str, object], now: int) -> None:
    """Tell what the registry did by itself in a repository, in the form of CloudTrail's record."""
    record = events.service_event(
        name, repository.account, repository.region, now, str(uuid.uuid4()), repository.name, details
    )
    outbox.insert(tx, repository.registry, now, events.SERVICE_EVENT, record)
