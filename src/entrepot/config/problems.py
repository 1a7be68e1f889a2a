"""What is wrong with settings, beyond what the type of each shows."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from entrepot.config.events import Events, webhooks
from entrepot.config.listeners import address
from entrepot.config.settings import Settings
from entrepot.domain import sizes

_RATE = re.compile(r"([A-Z][A-Za-z]{1,63})=([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_TEMPLATE = re.compile(r"(?:[A-Za-z0-9.:\-\[\]]|\{account\}|\{region\})+\Z")


class ConfigError(Exception):
    """The installation cannot start as configured; the text is one line that says what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Words that name what was probably meant, none where nothing known is like it."""
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def contradictions(settings: Settings, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield what each value alone cannot show; `sources` says where that of a key came from."""
    addresses = {"listen": settings.listen} if settings.listen else {}
    addresses |= {f"listeners.{each.name}": each.address for each in settings.listeners}
    if not addresses:
        yield "nothing to listen on: set listen or listeners"
    if len(settings.listeners) != len({each.name for each in settings.listeners} - {"main"}):
        yield "listeners: each needs a name of its own, and none is main (the listener of listen)"
    for name, text in addresses.items():
        try:
            address(text)
        except ValueError:
            source = sources.get(name, name)
            yield f"{source}: {json.dumps(text)} is not HOST:PORT, such as localhost:5000 or [::1]:5000"
    if bool(settings.access_key_id) != bool(settings.secret_access_key):
        yield "access_key_id and secret_access_key: give both or neither"
    if settings.registry_host and not _TEMPLATE.match(settings.registry_host):
        yield "registry_host: a host such as registry.example.com:5000, with {account} and {region} at most"
    yield from _bad_networks(settings.trusted_proxies)
    try:
        sizes.parse(settings.storage.reserve)
    except ValueError as error:
        yield f"storage.reserve: {error}"
    if settings.limits.api_rates:
        yield from _bad_rates(settings.limits.api_rates)
    if settings.events.webhooks:
        yield from _bad_webhooks(settings.events)


def _bad_rates(texts: tuple[str, ...]) -> Iterator[str]:
    from entrepot.aws import model  # noqa: PLC0415 - most installations have none

    operations = model.service("ecr").operations
    given: set[str] = set()
    for text in texts:
        action = text.partition("=")[0]
        if not _RATE.fullmatch(text):
            yield f"limits.api_rates: {json.dumps(text)} is not an action and a number, such as PutImage=10"
        elif action not in operations:
            yield f"limits.api_rates: ECR has no operation {action}{nearest(action, operations)}"
        elif action in given:
            yield f"limits.api_rates: {action} is given twice: leave one of them out"
        given.add(action)


def _bad_webhooks(events: Events) -> Iterator[str]:
    if len(events.webhooks) != len({each.name for each in events.webhooks}):
        yield "events.webhooks: each needs a name of its own"
    try:
        list(webhooks(events))
    except ValueError as error:
        yield f"events.webhooks: {error}"


def _bad_networks(networks: tuple[str, ...]) -> Iterator[str]:
    from ipaddress import ip_network  # noqa: PLC0415 - 6 ms of start-up that most installations need not pay

    for text in networks:
        try:
            ip_network(text)
        except ValueError:
            yield f"trusted_proxies: {json.dumps(text)} is not an address or network such as 10.0.0.0/8"
