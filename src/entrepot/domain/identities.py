"""Which identity an ARN stands for: the sessions of a role are that role."""

from __future__ import annotations

import re

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::([0-9]{12}):assumed-role/([^/]+)/.+")


def identity(arn: str) -> str:
    """What is the same for a role, whatever its path, and all its sessions; of any other principal its ARN.

    A session's ARN does not tell the role's path, and a role's name is unique in its account without it.
    """
    found = _ROLE.fullmatch(arn) or _SESSION.fullmatch(arn)
    return f"{found[1]} role {found[2]}" if found else arn
