"""Names of IAM: ARNs with paths, unique ids, access key ids, tags, and the words of its refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from entrepot.domain.errors import EntityAlreadyExists, InvalidInput, LimitExceeded, NoSuchEntity

USER, GROUP, ROLE, PROFILE = "user", "group", "role", "profile"
POLICY, PROVIDER = "policy", "provider"  # what else has tags
TAGS_PER_ENTITY = 50  # IAM user guide, "IAM and AWS STS quotas"

# IAM user guide, "Unique identifiers".
_PREFIXES = {USER: "AIDA", GROUP: "AGPA", ROLE: "AROA", PROFILE: "AIPA", POLICY: "ANPA"}
_RESOURCES = {PROFILE: "instance-profile", PROVIDER: "oidc-provider"}
_WORDS = {USER: "user", GROUP: "group", ROLE: "role"}
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_UNIQUE_LETTERS, _KEY_LETTERS = 17, 16
_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):(user|group|role|instance-profile|policy)(/(?:[!-~]+/)?)([!-.0-~]+)")
_KINDS = {"instance-profile": PROFILE}


def arn(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an entity; a path begins and ends with a slash."""
    return f"arn:aws:iam::{account}:{word(kind)}{path}{name}"


def word(kind: str) -> str:
    """How ARNs call a kind of entity, as `instance-profile`."""
    return _RESOURCES.get(kind, kind)


def parse_arn(text: str) -> tuple[str, str, str, str] | None:
    """Account, kind, path and name of an ARN that `arn` would give, None for any other text."""
    found = _ARN.fullmatch(text)
    return (found[1], _KINDS.get(found[2], found[2]), found[3], found[4]) if found else None


def fold(name: str) -> str:
    """What two names have in common that IAM does not tell apart: the case makes no difference."""
    return name.lower()


def unique_id(kind: str, random: bytes) -> str:
    """An id as AIDA… of a user, from 11 random bytes."""
    number = int.from_bytes(random, "big")
    return _PREFIXES[kind] + _letters(number, _UNIQUE_LETTERS)


def access_key_id(account: str, random: bytes, prefix: str = "AKIA") -> str:
    """An access key id of an account, from 5 random bytes: 39 bits of them.

    The account stands in it where AWS has it, for tools that read it there without a call.
    """
    head = 1 << 47 | int(account) << 7
    return prefix + _letters(head << 32 | int.from_bytes(random, "big") & 0x7F_FFFF_FFFF, _KEY_LETTERS)


def account_of_key(key: str) -> str | None:
    """The account that stands in an access key id, None for a text that holds none."""
    letters = key[4:]
    if len(letters) != _KEY_LETTERS or not set(letters) <= set(_ALPHABET):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    found = str(number >> 39 & (1 << 40) - 1).zfill(12)
    return found if len(found) == 12 else None  # noqa: PLR2004  # an account has 12 digits


def _letters(number: int, count: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


# --- refusals --------------------------------------------------------------------------------------------------


def missing(kind: str, name: str) -> NoSuchEntity:
    """The refusal of a name that the account does not have."""
    if kind == PROFILE:
        return NoSuchEntity(f"Instance Profile {name} cannot be found.")
    return NoSuchEntity(f"The {_WORDS[kind]} with name {name} cannot be found.")


def taken(kind: str, name: str) -> EntityAlreadyExists:
    """The refusal of a name that the account has already."""
    if kind == PROFILE:
        return EntityAlreadyExists(f"Instance Profile {name} already exists.")
    return EntityAlreadyExists(f"{_WORDS[kind].capitalize()} with name {name} already exists.")


def over(quota: str, limit: int) -> LimitExceeded:
    """The refusal of one more than a quota allows; `quota` is AWS's name of it, as `UsersPerAccount`."""
    return LimitExceeded(f"Cannot exceed quota for {quota}: {limit}")


# --- tags ------------------------------------------------------------------------------------------------------


def tag_map(tags: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Tags by key, in their order; keys are told apart without their case.

    Raises InvalidInput for a key that comes twice and for `aws:` keys. (IAM user guide, "Rules for tagging".)
    """
    if len({fold(key) for key, _ in tags}) != len(tags):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(fold(key).startswith("aws:") for key, _ in tags):
        raise InvalidInput("System tags cannot be added/updated by requester.")
    return dict(tags)


def merged(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The tags of an entity that has `tags` and gets `more`. Raises LimitExceeded above 50."""
    replaced = {fold(key) for key in more}
    found = {key: value for key, value in tags.items() if fold(key) not in replaced} | dict(more)
    if len(found) > TAGS_PER_ENTITY:
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return found
