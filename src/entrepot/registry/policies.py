"""Policies: the permission documents of repositories and of registries are set, read and deleted."""

from __future__ import annotations

from entrepot.domain import lockout
from entrepot.domain import policies as rules
from entrepot.domain.errors import RegistryPolicyNotFound, RepositoryPolicyNotFound
from entrepot.domain.policies import Kind
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import bindings, identities, repositories
from entrepot.registry.context import Registry
from entrepot.store import policies as table
from entrepot.store import registries
from entrepot.store.db import Tx
from entrepot.store.policies import Written

ANY = "*"


def set_repository(reg: Registry, caller: Caller, key: RegistryKey, name: str, text: str, *, force: bool) -> None:
    """Give a repository a policy, in place of the one it had; the text is kept as it is, its principals are bound.

    Raises PolicyInvalid, also where it names a user or role that is not there; RepositoryNotFound, and InvalidParameter
    for one that denies the caller to set another, unless `force`.
    """
    document = rules.parse(text, Kind.REPOSITORY)

    def write(tx: Tx) -> None:
        repository = repositories.find(tx, key, name)
        arn = repositories.arn(repository)
        if not force:
            who = caller.principal
            lockout.check(document, who.arn, who.account, arn, who.user_id)
        now, bound = reg.now(), bindings.bind(tx, key.account, document, Kind.REPOSITORY)
        table.set_repository(tx, repository.id, text, now, bound)
        identities.changed(tx, caller, now, arn, repositoryName=name, policyText=text, force=force)

    reg.db.write(write)


def of_repository(reg: Registry, key: RegistryKey, name: str) -> str:
    """The policy of a repository, as it was submitted; in place of principals who are gone their unique ids stand.

    Raises RepositoryNotFound, RepositoryPolicyNotFound.
    """

    def read(tx: Tx) -> str:
        written = table.of_repository(tx, repositories.find(tx, key, name).id)
        return _found(tx, key, written, RepositoryPolicyNotFound(name, key.account))

    return reg.db.read(read)


def delete_repository(reg: Registry, caller: Caller, key: RegistryKey, name: str) -> str:
    """Take a repository's policy away, and give it back. Raises RepositoryNotFound, RepositoryPolicyNotFound."""

    def remove(tx: Tx) -> str:
        repository = repositories.find(tx, key, name)
        text = _found(tx, key, table.delete_repository(tx, repository.id), RepositoryPolicyNotFound(name, key.account))
        identities.changed(tx, caller, reg.now(), repositories.arn(repository), repositoryName=name)
        return text

    return reg.db.write(remove)


def set_registry(reg: Registry, caller: Caller, key: RegistryKey, text: str) -> None:
    """Give a registry a policy, as `set_repository` a repository. Raises PolicyInvalid."""
    document = rules.parse(text, Kind.REGISTRY)

    def write(tx: Tx) -> None:
        now, bound = reg.now(), bindings.bind(tx, key.account, document, Kind.REGISTRY)
        table.set_registry(tx, registries.ensure(tx, key.account, key.region, now), text, now, bound)
        identities.changed(tx, caller, now, ANY, policyText=text)

    reg.db.write(write)


def of_registry(reg: Registry, key: RegistryKey) -> str:
    """The policy of a registry, as `of_repository` gives it. Raises RegistryPolicyNotFound."""

    def read(tx: Tx) -> str:
        return _found(tx, key, table.of_registry(tx, key.account, key.region), RegistryPolicyNotFound(key.account))

    return reg.db.read(read)


def delete_registry(reg: Registry, caller: Caller, key: RegistryKey) -> str:
    """Take a registry's policy away, and give it back. Raises RegistryPolicyNotFound."""

    def remove(tx: Tx) -> str:
        text = _found(tx, key, table.delete_registry(tx, key.account, key.region), RegistryPolicyNotFound(key.account))
        identities.changed(tx, caller, reg.now(), ANY)
        return text

    return reg.db.write(remove)


def _found(
    tx: Tx, key: RegistryKey, written: Written | None, otherwise: RepositoryPolicyNotFound | RegistryPolicyNotFound
) -> str:
    if written is None:
        raise otherwise
    return bindings.shown(tx, key.account, written.text, written.principals)
