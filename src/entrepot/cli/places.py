"""Which registry of a data folder a command means, and how its answers tell registries apart."""

from collections.abc import Callable, Mapping

from entrepot.registry.context import Registry
from entrepot.store import registries

Words = Callable[[str, str], list[str]]
"""Of an account and a region what has to be said of them."""


def fits(flags: Mapping[str, object], account: str, region: str) -> bool:
    """Whether a registry is none that `--account` and `--region` leave out."""
    return flags.get("account_id") in (None, account) and flags.get("region") in (None, region)


def is_narrowed(flags: Mapping[str, object]) -> bool:
    """Whether `--account` or `--region` was given."""
    return any(flags.get(name) is not None for name in ("account_id", "region"))


def telling_apart(registry: Registry) -> Words:
    """What to say of a registry: its account and its region, each only where the data folder has more than one."""
    found = registry.db.read(registries.keys)
    accounts, regions = len({key.account for key in found}) > 1, len({key.region for key in found}) > 1

    def words(account: str, region: str) -> list[str]:
        return [word for word, needed in ((account, accounts), (region, regions)) if needed]

    return words
