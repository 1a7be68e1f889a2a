"""Repository creation templates: create, describe, update, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from entrepot.domain import lifecycle_policy, pages, policies
from entrepot.domain import repositories as repository_rules
from entrepot.domain import templates as rules
from entrepot.domain.errors import (
    InvalidParameter,
    InvalidTagParameter,
    LifecyclePolicyInvalid,
    PolicyInvalid,
    TemplateAlreadyExists,
    TemplateNotFound,
    TooManyTags,
)
from entrepot.domain.pages import Page
from entrepot.domain.policies import Kind
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.domain.templates import Template
from entrepot.registry import access, audit
from entrepot.registry.context import Registry
from entrepot.store import registries
from entrepot.store import templates as table
from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Change:
    """What a call sets of a template; None leaves a setting as it is, "" and {} empty it.

    `exclusions` without `mutability` replaces the filters of the setting that is there; `mutability` replaces both.
    """

    applied_for: Sequence[str] | None = None
    description: str | None = None
    mutability: str | None = None
    exclusions: Sequence[str] | None = None
    encryption_type: str | None = None
    kms_key: str = ""
    repository_policy: str | None = None
    lifecycle_policy: str | None = None
    tags: dict[str, str] | None = None
    custom_role_arn: str | None = None


def create(reg: Registry, caller: Caller, key: RegistryKey, prefix: str, change: Change) -> Template:
    """A new template. Raises TemplateAlreadyExists, and what `changed` raises."""
    template = changed(Template(prefix, ()), change)

    def insert(tx: Tx) -> Template:
        now = reg.now()
        registry = registries.ensure(tx, key.account, key.region, now)
        if table.find(tx, key.account, key.region, prefix) is not None:
            raise TemplateAlreadyExists
        made = replace(template, created_at=now, updated_at=now)
        table.put(tx, registry, made)
        audit.changed(tx, caller, now, access.ANY, prefix=prefix, appliedFor=list(made.applied_for))
        return made

    return reg.db.write(insert)


def update(reg: Registry, caller: Caller, key: RegistryKey, prefix: str, change: Change) -> Template:
    """Change the template of that prefix. Raises TemplateNotFound, and what `changed` raises."""

    def write(tx: Tx) -> Template:
        now = reg.now()
        known = find(tx, key, prefix)
        template = replace(changed(known, change), updated_at=now)
        table.put(tx, registries.ensure(tx, key.account, key.region, now), template)
        audit.changed(tx, caller, now, access.ANY, prefix=template.prefix, appliedFor=list(template.applied_for))
        return template

    return reg.db.write(write)


def delete(reg: Registry, caller: Caller, key: RegistryKey, prefix: str) -> Template:
    """Remove the template of that prefix; repositories made from it stay. Raises TemplateNotFound."""

    def remove(tx: Tx) -> Template:
        now = reg.now()
        template = find(tx, key, prefix)
        table.delete(tx, registries.ensure(tx, key.account, key.region, now), template.prefix)
        audit.changed(tx, caller, now, access.ANY, prefix=template.prefix)
        return template

    return reg.db.write(remove)


def describe(
    reg: Registry, key: RegistryKey, wanted: Sequence[str] | None, token: str | None, limit: int | None
) -> tuple[list[Template], str | None]:
    """The templates of these prefixes, or a page of all by prefix, and the token of the next page.

    A prefix without a template is passed over: the operation has no TemplateNotFoundException.
    Raises InvalidParameter for a bad token.
    """
    if wanted:
        bare = dict.fromkeys(rules.spellings(prefix)[0] for prefix in wanted)
        found = reg.db.read(lambda tx: [table.find(tx, key.account, key.region, prefix) for prefix in bare])
        return [template for template in found if template is not None], None
    scope = f"templates {key.account} {key.region}"
    (after,) = pages.start(scope, token, 1)
    page = _page(reg, key, after, limit or pages.DEFAULT)
    return list(page.items), pages.token(scope, page.last) if page.last else None


def _page(reg: Registry, key: RegistryKey, after: str, limit: int) -> Page[Template]:
    rows = reg.db.read(lambda tx: table.page(tx, key.account, key.region, after, limit + 1))
    return Page(tuple(rows[:limit]), (rows[limit - 1].prefix,) if len(rows) > limit else ())


def find(tx: Tx, key: RegistryKey, prefix: str) -> Template:
    """The template of that prefix. Raises TemplateNotFound."""
    template = table.find(tx, key.account, key.region, prefix)
    if template is None:
        raise TemplateNotFound
    return template


def matching(tx: Tx, key: RegistryKey, name: str) -> Template | None:
    """The template of the longest prefix that matches a repository name, whatever it is applied for."""
    found = (table.find(tx, key.account, key.region, prefix) for prefix in rules.prefixes_of(name))
    return next((template for template in found if template is not None), None)


def changed(template: Template, change: Change) -> Template:
    """The template with the change, checked. Raises InvalidParameter, PolicyInvalid, LifecyclePolicyInvalid."""
    if change.encryption_type is not None:
        rules.encryption(change.encryption_type, change.kms_key)
    _check_policies(change)
    if change.tags is not None:
        _check_tags(change.tags)
    settings: dict[str, Any] = {
        "applied_for": None if change.applied_for is None else rules.applications(change.applied_for),
        "description": change.description,
        "mutability": _mutability(template.mutability, change),
        "encryption_type": change.encryption_type,
        "repository_policy": change.repository_policy,
        "lifecycle_policy": change.lifecycle_policy,
        "tags": change.tags,
        "custom_role_arn": change.custom_role_arn,
    }
    return replace(template, **{name: value for name, value in settings.items() if value is not None})


def _check_policies(change: Change) -> None:
    """Refuse what the operations on repositories refuse, by the names that the members of a template have."""
    try:
        if change.repository_policy:
            policies.parse(change.repository_policy, Kind.REPOSITORY)
        if change.lifecycle_policy:
            lifecycle_policy.parse(change.lifecycle_policy)
    except PolicyInvalid as error:
        raise replace(error, member="repositoryPolicy") from error
    except LifecyclePolicyInvalid as error:
        raise replace(error, member="lifecyclePolicy") from error


def _mutability(known: Mutability, change: Change) -> Mutability:
    if change.mutability is None and change.exclusions is None:
        return known
    return repository_rules.mutability(change.mutability or known.setting, change.exclusions)


def _check_tags(tags: Mapping[str, str]) -> None:
    """Refuse the tags that a repository could not have, in the one error that the operations on templates have."""
    try:
        repository_rules.check_tags(tags)
    except (InvalidTagParameter, TooManyTags) as error:
        raise InvalidParameter("resourceTags", str(error)) from error
