"""Logins and signatures that were refused, put on record without anything that may be a secret."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from entrepot.domain.audit import Record
from entrepot.domain.principals import Principal
from entrepot.registry import directory

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry

ACTION: Final = "ecr:GetAuthorizationToken"
"""The action of a refused login over `/v2`: what a login is, whatever was asked for with it."""

_KEY_ID = re.compile(r"A[KS]IA[A-Z0-9]{8,60}")  # and nothing else that stands there: it may be a password


def refused(reg: Registry, caller: Caller, key: str, error: str, **told: object) -> None:
    """Record that credentials were not taken, at most once a minute for each key and address.

    `key` is what the client gave as access key id or user name; it is kept where it is a key that there is, has the
    form of one, or is `AWS`. `caller` says from where; its principal is kept where it is known by then. No look at the
    database: an unknown key has to take the time that a known one takes.
    """
    principal = caller.principal
    if not principal.access_key_id:
        held = directory.held_key(reg, key)
        shown = held is not None or key == "AWS" or _KEY_ID.fullmatch(key) is not None
        principal = Principal(held.account if held is not None else "", "", "", key if shown else "")
    reg.trail.refused(Record(replace(caller, principal=principal), reg.now(), "*", told, error))
