"""Who there is and what they may do, as one process knows it: access keys, identities, and every policy, ready."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from entrepot.domain import evaluation
from entrepot.domain.account_settings import REGISTRY_POLICY_SCOPE
from entrepot.domain.aws_policies import POLICIES as OF_AWS
from entrepot.domain.aws_policies import version as aws_version
from entrepot.domain.evaluation import Policy
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import ROLE as ROLE_KIND
from entrepot.domain.iam_names import USER as USER_KIND
from entrepot.domain.managed_policies import parse_arn
from entrepot.domain.policies import Kind
from entrepot.domain.principals import FEDERATED, NO_FACTS, ROLE, USER, Facts, Principal, Session, root
from entrepot.domain.registries import RegistryKey
from entrepot.registry import access_keys, account_settings
from entrepot.registry.known import Known, fact
from entrepot.store import access_keys as key_table
from entrepot.store import (
    accounts,
    attachments,
    iam_tags,
    identities,
    inline_policies,
    managed_policies,
    memberships,
    oidc_providers,
    policies,
)

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
# With the scope V1 a registry's policy is only asked about these. (ECR user guide, "Registry policy scope".)
V1_ACTIONS: Final = frozenset({"ecr:replicateimage", "ecr:batchimportupstreamimage", "ecr:createrepository"})


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An access key with its secret in clear. `identity` is the row of its user, None for the account's root."""

    id: str
    account: str
    identity: int | None
    secret: str
    active: bool

    def __repr__(self) -> str:
        return f"KnownKey({self.id!r}, …)"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user or role has: its own policies and its groups', what bounds it (None: nothing), and its tags.

    The keys of `tags` are condition keys, `aws:principaltag/x`.
    """

    policies: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    tags: Facts = field(default_factory=lambda: NO_FACTS)


# --- keys and principals ---------------------------------------------------------------------------------------


def key(reg: Registry, access_key_id: str) -> KnownKey | None:
    """The access key of that id, None where there is none. One that was made a moment ago is found."""
    if access_key_id == reg.keys.access_key_id:
        return KnownKey(access_key_id, reg.naming.account, None, reg.keys.secret_access_key, active=True)
    if not _KEY_ID.fullmatch(access_key_id):
        return None
    known = reg.memory.now(reg.db)
    found = known.facts.get(("key", access_key_id))
    if found is None:
        found = reg.db.read(lambda tx: _key(tx, reg, access_key_id))
        if found is not None:  # unknown ids are anybody's to make up
            known.facts["key", access_key_id] = found
    return found


def held_key(reg: Registry, access_key_id: str) -> KnownKey | None:
    """The access key of that id where this process knows it, without a look at the database."""
    if access_key_id == reg.keys.access_key_id:
        return key(reg, access_key_id)
    known = reg.memory.held()
    found: KnownKey | None = known.facts.get(("key", access_key_id)) if known is not None else None
    return found


def _key(tx: Tx, reg: Registry, access_key_id: str) -> KnownKey | None:
    row = key_table.find(tx, access_key_id)
    if row is None:
        return None
    return KnownKey(row.id, row.account, row.identity, access_keys.secret_of(reg, row), row.active)


def principal(reg: Registry, known_key: KnownKey) -> Principal | None:
    """The user or root that a key belongs to; None where it is gone."""
    if known_key.identity is None:
        return root(known_key.account, known_key.id)
    found = identity(reg, known_key.identity)
    if found is None:
        return None
    return Principal(found.account, found.arn, found.unique_id, known_key.id, USER, found.id, found.name)


def named(reg: Registry, arn: str) -> Principal | None:
    """The principal of an ARN: the root of an account, a user, a role (as a session of it), a session; None of others.

    Of an OpenID Connect provider it is the bearer of its tokens. It has no access key and, as a session, began now.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:  # noqa: PLR2004  # an ARN
        return None
    account, (kind, _, rest) = parts[4], parts[5].partition("/")
    if (parts[2], kind, rest) == ("iam", "root", ""):
        return root(account, "") if has_account(reg, account) else None
    if kind == "oidc-provider":
        provider = reg.db.read(lambda tx: oidc_providers.find(tx, arn))
        return Principal(account, arn, "", "", FEDERATED) if provider is not None else None
    name = rest.split("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    stored = {"user": USER_KIND, "role": ROLE_KIND, "assumed-role": ROLE_KIND}.get(kind)
    found = reg.db.read(lambda tx: identities.find(tx, account, stored, name)) if stored else None
    if found is None or (kind != "assumed-role" and found.arn != arn):
        return None
    if stored == USER_KIND:
        return Principal(account, arn, found.unique_id, "", USER, found.id, name)
    run = rest.partition("/")[2] or "explained"
    session = Session(run, reg.now(), reg.now() + 3_600_000_000)
    held = f"arn:aws:sts::{account}:assumed-role/{name}/{run}"
    return Principal(account, held, f"{found.unique_id}:{run}", "", ROLE, found.id, name, session, found.arn)


def identity(reg: Registry, id_: int, tx: Tx | None = None) -> Identity | None:
    """The user or role of that row, None where it is gone."""
    known = reg.memory.now(reg.db, tx)
    return fact(known, reg.db, tx, ("identity", id_), lambda tx: identities.get(tx, id_))


def has_account(reg: Registry, number: str) -> bool:
    """Whether the installation has that account."""
    if number == reg.naming.account:
        return True
    known = reg.memory.now(reg.db)
    return fact(known, reg.db, None, ("has account", number), lambda tx: accounts.find(tx, number) is not None)


# --- policies of identities ------------------------------------------------------------------------------------


def standing(reg: Registry, known: Known, id_: int, tx: Tx | None = None) -> Standing:
    """What a user or role may do by itself; nothing where it is gone."""
    return fact(known, reg.db, tx, ("standing", id_), lambda tx: _standing(tx, id_))


def _standing(tx: Tx, id_: int) -> Standing:
    found = identities.get(tx, id_)
    if found is None:
        return Standing()
    holders = [found, *(memberships.containers(tx, id_) if found.kind == USER_KIND else [])]
    own = [policy for holder in holders for policy in _policies(tx, holder)]
    boundary = _managed(tx, found.boundary) if found.boundary else ()
    tags = {f"aws:principaltag/{key.lower()}": (value,) for key, value in iam_tags.of(tx, found.arn).items()}
    return Standing(tuple(own), boundary if found.boundary else None, tags)


def _policies(tx: Tx, holder: Identity) -> list[Policy]:
    inline = [
        Policy(f"{holder.kind}/{holder.name}/{name}", evaluation.compiled(text, Kind.IDENTITY))
        for name, text in inline_policies.of(tx, holder.id).items()
    ]
    return inline + [policy for arn in attachments.of(tx, holder.id) for policy in _managed(tx, arn)]


def managed(reg: Registry, arn: str) -> tuple[Policy, ...]:
    """The managed policy of that ARN, empty where there is none: as a session policy, it then allows nothing."""
    return fact(reg.memory.now(reg.db), reg.db, None, ("managed", arn), lambda tx: _managed(tx, arn))


def _managed(tx: Tx, arn: str) -> tuple[Policy, ...]:
    return tuple(Policy(arn, evaluation.compiled(text, Kind.IDENTITY)) for text in managed_text(tx, arn))


def managed_text(tx: Tx, arn: str) -> tuple[str, ...]:
    """The text in force of the managed policy of that ARN, none where there is none."""
    if arn in OF_AWS:
        return (aws_version(arn).text,)
    parts = parse_arn(arn)
    policy = managed_policies.find(tx, *parts) if parts else None
    version = managed_policies.version(tx, policy.id, policy.default_version) if policy else None
    return (version.text,) if version else ()


# --- policies of resources -------------------------------------------------------------------------------------


def resource_policies(
    reg: Registry, known: Known, action: str, resource: str, tx: Tx | None = None
) -> tuple[Policy, ...]:
    """The policies of the repository that an ARN names and of its registry; none of what is no repository."""
    parts = resource.split(":", 5)
    if len(parts) != 6 or parts[2] != "ecr" or not parts[5].startswith("repository/"):  # noqa: PLR2004  # an ARN
        return ()
    where, name = RegistryKey(parts[4], parts[3]), parts[5].removeprefix("repository/")
    registry, everything = fact(known, reg.db, tx, ("registry", where), lambda tx: _registry(tx, where))
    own = fact(known, reg.db, tx, ("repository", resource), lambda tx: _repository(tx, where, name, resource))
    return own + (registry if everything or action.lower() in V1_ACTIONS else ())


def _registry(tx: Tx, where: RegistryKey) -> tuple[tuple[Policy, ...], bool]:
    """The policy of a registry, and whether it is asked about every action."""
    written = policies.of_registry(tx, where.account, where.region)
    if written is None:
        return (), True
    name = f"registry {where.account} {where.region}"
    everything = account_settings.value(tx, where, REGISTRY_POLICY_SCOPE) == "V2"
    return (Policy(name, evaluation.compiled(written.text, Kind.REGISTRY, written.principals)),), everything


def _repository(tx: Tx, where: RegistryKey, name: str, resource: str) -> tuple[Policy, ...]:
    written = policies.of_repository_named(tx, where.account, where.region, name)
    if written is None:
        return ()
    return (Policy(resource, evaluation.compiled(written.text, Kind.REPOSITORY, written.principals)),)
