"""OpenID Connect providers: create, look up, change, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from entrepot.domain import iam_names as names
from entrepot.domain import oidc_providers as rules
from entrepot.domain.errors import EntityAlreadyExists, NoSuchEntity
from entrepot.domain.oidc_providers import Provider
from entrepot.registry import identities
from entrepot.store import iam_tags
from entrepot.store import oidc_providers as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Tagged:
    """A provider with its tags."""

    provider: Provider
    tags: Mapping[str, str] = field(default_factory=dict)


def create(
    reg: Registry,
    caller: Caller,
    url: str,
    client_ids: Sequence[str],
    thumbprints: Sequence[str],
    tags: Mapping[str, str],
) -> Tagged:
    """A new provider of the caller's account. The issuer is not asked: thumbprints stay empty where none are given.

    Raises ValidationFailed for what can be no issuer, InvalidInput, EntityAlreadyExists, LimitExceeded.
    """
    account, issuer = caller.principal.account, rules.parse_url(url)
    ids, prints = rules.check_client_ids(client_ids), rules.check_thumbprints(thumbprints)

    def insert(tx: Tx) -> Tagged:
        now = reg.now()
        provider = Provider(rules.arn(account, issuer), account, issuer, ids, prints, now)
        if not table.insert(tx, provider):
            raise EntityAlreadyExists(f"Provider with url {url} already exists.")
        if len(table.of_account(tx, account)) > rules.PROVIDERS_PER_ACCOUNT:
            raise names.over("OpenIdConnectProvidersPerAccount", rules.PROVIDERS_PER_ACCOUNT)
        for key, value in names.merged({}, tags).items():
            iam_tags.put(tx, account, provider.arn, key, value)
        identities.changed(tx, caller, now, provider.arn, url=url, clientIDList=list(ids), thumbprintList=list(prints))
        return Tagged(provider, tags)

    return reg.db.write(insert)


def find(tx: Tx, account: str, arn: str) -> Provider:
    """The account's provider of that ARN. Raises NoSuchEntity, InvalidInput for the ARN of something else."""
    provider = table.find(tx, rules.check_arn(arn))
    if provider is None or provider.account != account:
        raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {arn}")
    return provider


def get(reg: Registry, account: str, arn: str) -> Tagged:
    """The provider of that ARN with its tags. Raises NoSuchEntity, InvalidInput."""

    def read(tx: Tx) -> Tagged:
        return Tagged(find(tx, account, arn), iam_tags.of(tx, arn))

    return reg.db.read(read)


def of_account(reg: Registry, account: str) -> list[Provider]:
    """Every provider of an account, by ARN."""
    return reg.db.read(lambda tx: table.of_account(tx, account))


def add_client_id(reg: Registry, caller: Caller, arn: str, client_id: str) -> None:
    """Take one more audience, which may be there already. Raises NoSuchEntity, InvalidInput, LimitExceeded."""

    def change(provider: Provider) -> Provider:
        return replace(provider, client_ids=rules.check_client_ids((*provider.client_ids, client_id)))

    _change(reg, caller, arn, {"clientID": client_id}, change)


def remove_client_id(reg: Registry, caller: Caller, arn: str, client_id: str) -> None:
    """Take one audience less; it need not be there. Raises NoSuchEntity, InvalidInput."""

    def change(provider: Provider) -> Provider:
        return replace(provider, client_ids=tuple(each for each in provider.client_ids if each != client_id))

    _change(reg, caller, arn, {"clientID": client_id}, change)


def set_thumbprints(reg: Registry, caller: Caller, arn: str, thumbprints: Sequence[str]) -> None:
    """Replace all thumbprints. Raises NoSuchEntity, InvalidInput."""
    prints = rules.check_thumbprints(thumbprints, least=1)
    _change(reg, caller, arn, {"thumbprintList": list(prints)}, lambda provider: replace(provider, thumbprints=prints))


def delete(reg: Registry, caller: Caller, arn: str) -> None:
    """Remove a provider, which may be gone already: IAM does not mind. Raises InvalidInput."""
    rules.check_arn(arn)

    def remove(tx: Tx) -> None:
        provider = table.find(tx, arn)
        if provider is not None and provider.account == caller.principal.account:
            table.delete(tx, arn)
            iam_tags.remove_all(tx, arn)
            identities.changed(tx, caller, reg.now(), arn)

    reg.db.write(remove)


def _change(
    reg: Registry, caller: Caller, arn: str, told: Mapping[str, object], change: Callable[[Provider], Provider]
) -> None:
    def update(tx: Tx) -> None:
        provider = find(tx, caller.principal.account, arn)
        table.update(tx, change(provider))
        identities.changed(tx, caller, reg.now(), arn, **told)

    reg.db.write(update)
