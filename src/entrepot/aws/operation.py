"""The table of operations: who handles what, and which permission it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry

ANY: Final = "*"
"""The resource of an operation that is about no single one."""

NO_PERMISSION: Final = ""
"""In place of a resource: every identity may call it, as sts:GetCallerIdentity."""

_READING = ("Describe", "Get", "List", "BatchGet", "BatchCheck")


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, on which registry's collaborators, and when (microseconds UTC)."""

    reg: Registry
    caller: Caller
    now: int


Resource = Callable[[Call, Any], "str | tuple[str, ...]"]


@dataclass(frozen=True, slots=True)
class Told:
    """A resource that a call tells. `kinds`: how its ARN can go on behind the account, as `repository` or `user`."""

    kinds: tuple[str, ...]
    read: Resource

    def __call__(self, call: Call, req: Any) -> str | tuple[str, ...]:
        return self.read(call, req)


def about(*kinds: str) -> Callable[[Resource], Told]:
    """Say of which kinds the resource is that a function finds."""
    return lambda read: Told(kinds, read)


Handler = Callable[[Call, Any], "Mapping[str, Any] | None"]
_H = TypeVar("_H", bound=Callable[[Call, Any], Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `resource` is a function to an ARN, ANY or NO_PERMISSION; `reads`: it changes nothing.

    `permission` is the IAM action that it takes, where that is not the operation's own.
    `anonymous`: it takes no signature, its caller is NOBODY.
    `brief`: it waits for nothing, and answers a small request in less time than handing it to a thread takes.
    """

    service: str
    name: str
    handler: Handler
    resource: Resource | str
    reads: bool
    permission: str = ""
    anonymous: bool = False
    brief: bool = False

    @property
    def action(self) -> str:
        """The IAM action, `ecr:CreateRepository`."""
        return f"{self.service}:{self.name}"


OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation(
    service: str,
    name: str,
    *,
    resource: Resource | str,
    reads: bool | None = None,
    permission: str = "",
    anonymous: bool = False,
    brief: bool = False,
) -> Callable[[_H], _H]:
    """Register the handler of an operation. `reads` is told by the name where it is not given.

    Raises ValueError where the operation has a handler already.
    """

    def register(handler: _H) -> _H:
        if (service, name) in OPERATIONS:
            raise ValueError(f"{service}:{name} has two handlers")
        only_reads = name.startswith(_READING) if reads is None else reads
        OPERATIONS[service, name] = Operation(
            service, name, handler, resource, only_reads, permission, anonymous, brief
        )
        return handler

    return register
