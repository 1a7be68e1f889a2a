"""Repositories: create, describe, delete, tag, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from entrepot.domain import names, pages
from entrepot.domain import repositories as rules
from entrepot.domain.errors import (
    InvalidParameter,
    KmsUnavailable,
    RepositoryAlreadyExists,
    RepositoryNotEmpty,
    RepositoryNotFound,
)
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability, Repository
from entrepot.registry import audit, protection, quotas
from entrepot.registry.announcements import announce
from entrepot.registry.context import Registry
from entrepot.registry.known import COUNTER
from entrepot.store import counters, images, policies, registries, repository_tags
from entrepot.store import repositories as table
from entrepot.store.db import Tx

_PAGE = 1000


def find(tx: Tx, key: RegistryKey, name: str) -> Repository:
    """The repository of that name. Raises RepositoryNotFound."""
    repository = table.find(tx, key.account, key.region, name)
    if repository is None:
        raise RepositoryNotFound(name, key.account)
    return repository


def arn(repository: Repository) -> str:
    return names.repository_arn(repository.region, repository.account, repository.name)


def create(
    reg: Registry,
    caller: Caller,
    key: RegistryKey,
    name: str,
    *,
    mutability: Mutability,
    scan_on_push: bool,
    encryption_type: str,
    tags: Mapping[str, str],
) -> Repository:
    """A new repository.

    Raises RepositoryAlreadyExists, LimitExceeded for one more than the quota, KmsUnavailable for any encryption but
    AES256, and what `check_tags` raises.
    """
    if encryption_type != "AES256":
        raise KmsUnavailable
    rules.check_tags(tags)
    return reg.db.write(
        lambda tx: add(
            tx,
            reg,
            caller,
            key,
            name,
            mutability=mutability,
            scan_on_push=scan_on_push,
            encryption_type=encryption_type,
            tags=tags,
        )
    )


def add(
    tx: Tx,
    reg: Registry,
    caller: Caller,
    key: RegistryKey,
    name: str,
    *,
    mutability: Mutability,
    scan_on_push: bool,
    encryption_type: str,
    tags: Mapping[str, str],
    **told: object,
) -> Repository:
    """A new repository with checked settings, and its audit row, which `told` is added to.

    Raises RepositoryAlreadyExists, LimitExceeded for one more than the quota.
    """
    now = reg.now()
    registry = registries.ensure(tx, key.account, key.region, now)
    id_ = table.insert(tx, registry, name, now, mutability, scan_on_push, encryption_type)
    if id_ is None:
        raise RepositoryAlreadyExists(name, key.account)
    quotas.check_repositories(tx, reg, registry, id_)
    for tag, value in tags.items():
        repository_tags.put(tx, id_, tag, value)
    if tags:
        _touch(tx)
    repository = find(tx, key, name)
    audit.changed(tx, caller, now, arn(repository), repositoryName=name, imageTagMutability=mutability.setting, **told)
    return repository


def describe(
    reg: Registry, key: RegistryKey, wanted: Sequence[str] | None, token: str | None, limit: int | None
) -> tuple[list[Repository], str | None]:
    """The repositories of these names, or a page of all by name, and the token of the next page.

    Raises RepositoryNotFound for a name that is not there, InvalidParameter for a bad token.
    """
    if wanted is not None:
        return reg.db.read(lambda tx: [find(tx, key, name) for name in dict.fromkeys(wanted)]), None
    scope = f"repositories {key.account} {key.region}"
    (after,) = pages.start(scope, token, 1)
    count = limit or pages.DEFAULT
    rows = reg.db.read(lambda tx: table.page(tx, key.account, key.region, after, count + 1))
    return rows[:count], pages.token(scope, (rows[count - 1].name,)) if len(rows) > count else None


def name_page(reg: Registry, key: RegistryKey, after: str, limit: int) -> tuple[list[str], bool]:
    """Up to `limit` names of repositories from the one after `after`, and whether there are more."""
    rows = reg.db.read(lambda tx: table.names(tx, key.account, key.region, after, limit + 1))
    return rows[:limit], len(rows) > limit


def regions(reg: Registry) -> frozenset[str]:
    """The regions in which somebody has a repository, and the installation's own."""
    return frozenset({reg.naming.region, *reg.db.read(registries.regions)})


def delete(reg: Registry, caller: Caller, key: RegistryKey, name: str, *, force: bool) -> Repository:
    """Remove a repository, with its images only if `force`, which is told of each image and tag.

    Nothing of it is kept: the recycle bin of a repository goes with it, and its images do not get there.
    Raises RepositoryNotFound, RepositoryNotEmpty, Protected.
    """

    def remove(tx: Tx) -> Repository:
        repository = find(tx, key, name)
        if not force and images.any_in(tx, repository.id):
            raise RepositoryNotEmpty(name, key.account)
        protection.check_all(tx, reg, repository)
        _announce_all(tx, repository, reg.now())
        tagged = repository_tags.of(tx, repository.id)
        if policies.delete_repository(tx, repository.id) is not None or tagged:  # one made anew must not inherit it
            _touch(tx)
        table.delete(tx, repository.id)
        audit.changed(tx, caller, reg.now(), arn(repository), repositoryName=name, force=force)
        return repository

    return reg.db.write(remove)


def _announce_all(tx: Tx, repository: Repository, now: int) -> None:
    """Tell of every image that it is deleted, once for each tag, with no more than a page of them in memory."""
    after = ("", "")
    while rows := images.page_of_names(tx, repository.id, after, _PAGE):
        for digest, tag, media_type, artifact_type in rows:
            announce(tx, repository, "DELETE", digest, tag, media_type, artifact_type, now)
        after = (rows[-1][0], rows[-1][1] or "")


def set_mutability(reg: Registry, caller: Caller, key: RegistryKey, name: str, mutability: Mutability) -> Repository:
    """Replace the tag mutability and its exclusion filters. Raises RepositoryNotFound."""

    def update(tx: Tx) -> Repository:
        repository = find(tx, key, name)
        table.set_mutability(tx, repository.id, mutability)
        audit.changed(tx, caller, reg.now(), arn(repository), imageTagMutability=mutability.setting)
        return replace(repository, mutability=mutability)

    return reg.db.write(update)


def set_scan_on_push(reg: Registry, caller: Caller, key: RegistryKey, name: str, *, scan_on_push: bool) -> Repository:
    """Store whether images are to be scanned when they are pushed. Raises RepositoryNotFound."""

    def update(tx: Tx) -> Repository:
        repository = find(tx, key, name)
        table.set_scan_on_push(tx, repository.id, scan_on_push)
        audit.changed(tx, caller, reg.now(), arn(repository), scanOnPush=scan_on_push)
        return replace(repository, scan_on_push=scan_on_push)

    return reg.db.write(update)


def add_tags(reg: Registry, caller: Caller, resource: str, tags: Mapping[str, str]) -> None:
    """Put resource tags on the repository of that ARN. Raises InvalidParameter, RepositoryNotFound, TooManyTags."""
    rules.check_tags(tags)

    def update(tx: Tx) -> None:
        repository = _of_arn(tx, caller, resource)
        rules.check_tags({**repository_tags.of(tx, repository.id), **tags})
        for tag, value in tags.items():
            repository_tags.put(tx, repository.id, tag, value)
        _touch(tx)
        audit.changed(tx, caller, reg.now(), resource, tags=dict(tags))

    reg.db.write(update)


def remove_tags(reg: Registry, caller: Caller, resource: str, keys: Sequence[str]) -> None:
    """Take resource tags off the repository of that ARN; keys it does not have are passed over."""

    def update(tx: Tx) -> None:
        repository = _of_arn(tx, caller, resource)
        for tag in keys:
            repository_tags.remove(tx, repository.id, tag)
        _touch(tx)
        audit.changed(tx, caller, reg.now(), resource, tagKeys=list(keys))

    reg.db.write(update)


def _touch(tx: Tx) -> None:
    """Have every process look again at what conditions on a repository's tags see."""
    counters.add(tx, COUNTER, 1)


def tags(reg: Registry, caller: Caller, resource: str) -> dict[str, str]:
    """The resource tags of the repository of that ARN."""
    return reg.db.read(lambda tx: repository_tags.of(tx, _of_arn(tx, caller, resource).id))


def _of_arn(tx: Tx, caller: Caller, resource: str) -> Repository:
    parts = names.parse_repository_arn(resource)
    if parts.region != caller.region:
        raise InvalidParameter("resourceArn", "Invalid ARN")
    return find(tx, RegistryKey(parts.account, parts.region), parts.name)
