"""What a handler of `/v2` gets: the request, who calls, which repository, and where the work is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from entrepot.domain import names
from entrepot.domain.errors import AccessDenied, InvalidParameter
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import access, audit
from entrepot.registry.context import Registry
from entrepot.web import threads
from entrepot.web.requests import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What the installation decides of `/v2`.

    Whether sparse manifests are taken, the largest body of one request in bytes, and how many requests a second a
    principal may make of this process (0: as many as it can).
    """

    sparse_manifests: bool
    body_bytes: int
    requests_per_second: float = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """`name` is a checked repository name, `reference` the rest of the path: a tag, digest or upload id, unchecked."""

    reg: Registry
    options: Options
    request: Request
    caller: Caller
    key: RegistryKey
    name: str
    reference: str

    async def run(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Call a use case in a thread, with the registry first."""
        return await threads.run(function, self.reg, *args, **kwargs)

    async def read(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Call a use case that only reads the database: here where that costs microseconds, else in a thread."""
        if self.reg.db.local:
            return function(self.reg, *args, **kwargs)
        return await self.run(function, *args, **kwargs)

    async def acting(self, action: str) -> Exchange:
        """The same request as one for another action, which the caller has to have, too. Raises AccessDenied."""
        caller = replace(self.caller, action=action)
        await self.read(_need, caller, names.repository_arn(self.key.region, self.key.account, self.name))
        return replace(self, caller=caller)

    def parameters(self, name: str) -> list[str]:
        """The values of a query parameter. Raises InvalidParameter for a query that cannot be read."""
        try:
            return [value for key, value in self.request.query() if key == name]
        except ValueError as error:
            raise InvalidParameter("query", "must be UTF-8 with at most 1000 parameters") from error

    def parameter(self, name: str) -> str | None:
        values = self.parameters(name)
        return values[0] if values else None


def _need(reg: Registry, caller: Caller, resource: str) -> None:
    """Refuse, and put on record, what the caller may not do. Raises AccessDenied."""
    try:
        access.authorise(reg, caller, resource)
    except AccessDenied:
        audit.seen(reg, caller, resource, "AccessDenied")
        raise
