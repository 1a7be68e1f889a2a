"""Users, groups, roles, instance profiles and access keys as they are stored."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain import iam_names

ACTIVE, INACTIVE = "Active", "Inactive"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, group, role or instance profile; `kind` is USER, GROUP, ROLE or PROFILE of `iam_names`.

    `trust`, `description`, `max_session` (seconds) and `last_used_…` are of roles; `boundary` is the ARN of the managed
    policy that bounds a user or role, empty where there is none. `trust_principals` are the ids of those whom `trust`
    names, as `bindings` keeps them. Instants are microseconds UTC.
    """

    id: int
    account: str
    kind: str
    name: str
    path: str
    unique_id: str
    created_at: int
    description: str
    trust: str
    max_session: int
    boundary: str
    last_used_at: int | None
    last_used_region: str
    trust_principals: str = ""

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:user/path/name`."""
        return iam_names.arn(self.account, self.kind, self.path, self.name)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key; `identity` None is the account's root. `secret` is sealed. Instants are microseconds UTC."""

    id: str
    account: str
    identity: int | None
    secret: bytes
    status: str
    created_at: int
    last_used_at: int | None
    last_used_region: str
    last_used_service: str

    @property
    def active(self) -> bool:
        return self.status == ACTIVE

    def __repr__(self) -> str:
        return f"AccessKey({self.id!r}, …)"
