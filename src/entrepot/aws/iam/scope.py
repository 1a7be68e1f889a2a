"""What every IAM operation asks of its call: the ARN it is about, and what pages, tags and instants are on the wire."""

from __future__ import annotations

from typing import Any, NotRequired, Protocol, TypedDict

from entrepot.aws.operation import Call, Resource, Told
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.domain.errors import InvalidInput
from entrepot.registry import identities
from entrepot.registry.identities import Listing


def named(kind: str, member: str) -> Resource:
    """A resource: the ARN of the identity of a kind whose name is in that member of the request."""
    return Told(
        (names.word(kind),),
        lambda call, req: identities.arn_of(call.reg, call.caller.principal.account, kind, req[member]),
    )


def created(kind: str, member: str) -> Resource:
    """A resource: the ARN that a new identity of a kind would have."""
    return Told(
        (names.word(kind),),
        lambda call, req: names.arn(call.caller.principal.account, kind, req.get("Path", "/"), req[member]),
    )


def renamed(kind: str, member: str) -> Resource:
    """The ARN that an identity has and the one that it is to get. (IAM user guide, "Rename an IAM user".)"""

    def read(call: Call, req: Any) -> tuple[str, ...]:
        old = identities.arn_of(call.reg, call.caller.principal.account, kind, req[member])
        account, _, path, name = names.parse_arn(old) or ("", "", "", "")
        new = names.arn(account, kind, req.get("NewPath") or path, req.get(f"New{member}") or name)
        return (old,) if new == old else (old, new)

    return Told((names.word(kind),), read)


user = named(names.USER, "UserName")
group = named(names.GROUP, "GroupName")
role = named(names.ROLE, "RoleName")
profile = named(names.PROFILE, "InstanceProfileName")


def arn(member: str, *kinds: str) -> Resource:
    """A resource of these kinds: the ARN that stands in that member of the request. InvalidInput for what is none."""

    def read(_: Call, req: Any) -> str:
        text: str = req[member]
        if text.count(":") < 5 or not text.startswith("arn:"):  # noqa: PLR2004  # the parts of an ARN
            raise InvalidInput(f"ARN {text} is not valid.")
        return text

    return Told(kinds, read)


class Paged(Protocol):
    """A page of a list, whatever is in it."""

    @property
    def marker(self) -> str | None: ...


class Paging(TypedDict):
    """What the answer of every list has beside the list."""

    IsTruncated: bool
    Marker: NotRequired[str]


def paging(page: Paged) -> Paging:
    """The members of an answer that say whether the list goes on."""
    return {"IsTruncated": True, "Marker": page.marker} if page.marker else {"IsTruncated": False}


def tags(pairs: Listing[tuple[str, str]]) -> list[t.Tag]:
    return [{"Key": key, "Value": value} for key, value in pairs.items]


def tag_list(tags: Any) -> list[t.Tag]:
    """Tags by key as the wire has them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(given: list[t.Tag]) -> dict[str, str]:
    """The tags of a request by key. Raises InvalidInput."""
    return names.tag_map([(tag["Key"], tag["Value"]) for tag in given])


def boundary(policy_arn: str) -> t.AttachedPermissionsBoundary:
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": policy_arn}


def seconds(instant: int) -> int:
    """Microseconds as the whole seconds since 1970 that IAM gives."""
    return instant // 1_000_000
