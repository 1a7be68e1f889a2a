"""Making the repository that a push goes to, where a repository creation template asks for that."""

from __future__ import annotations

import uuid
from dataclasses import replace

from entrepot.domain import names
from entrepot.domain import templates as rules
from entrepot.domain.errors import CreationFailed, LimitExceeded, PolicyInvalid, RepositoryNotFound
from entrepot.domain.policies import Kind, parse
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.domain.templates import CREATE_ON_PUSH, Template
from entrepot.registry import access, bindings, repositories, templates
from entrepot.registry.context import Registry
from entrepot.registry.known import COUNTER
from entrepot.store import counters, lifecycle, policies
from entrepot.store import repositories as table
from entrepot.store.db import Tx

_ACTION = "ecr:CreateRepository"


def ensure(reg: Registry, caller: Caller, key: RegistryKey, name: str) -> None:
    """Make the repository that a push goes to, as `find` does, durably: the push may note less than a repository is.

    Raises what `find` raises, without waiting for a turn to write where nothing is to be made.
    """
    reg.db.read(lambda tx: _template(tx, key, name))
    reg.db.write(lambda tx: find(tx, reg, caller, key, name))


def find(tx: Tx, reg: Registry, caller: Caller, key: RegistryKey, name: str) -> Repository:
    """The repository that a push goes to, made here where the template of its name has CREATE_ON_PUSH.

    Only the template of the longest matching prefix counts, also where one of a shorter prefix has CREATE_ON_PUSH.
    Raises RepositoryNotFound where nothing asks for it, AccessDenied for a caller without ecr:CreateRepository,
    CreationFailed for a template that cannot be carried out. (ECR user guide, "Repository creation templates".)
    """
    known = table.find(tx, key.account, key.region, name)
    if known is not None:
        return known
    template = _template(tx, key, name)
    access.authorise(reg, replace(caller, action=_ACTION), names.repository_arn(key.region, key.account, name), tx=tx)
    rules.check_usable(template, name)
    try:
        return make(tx, reg, caller, key, name, template)
    except (LimitExceeded, PolicyInvalid) as error:  # which the operations of a push do not have
        raise CreationFailed(name, template.prefix, str(error)) from error


def _template(tx: Tx, key: RegistryKey, name: str) -> Template:
    template = templates.matching(tx, key, name)
    if template is None or CREATE_ON_PUSH not in template.applied_for:
        raise RepositoryNotFound(name, key.account)
    return template


def make(tx: Tx, reg: Registry, caller: Caller, key: RegistryKey, name: str, template: Template) -> Repository:
    """A repository with the template's settings, policies and tags.

    Raises RepositoryAlreadyExists, LimitExceeded for one repository too many, PolicyInvalid for a policy that names
    a user or role that is not there.
    """
    repository = repositories.add(
        tx,
        reg,
        replace(caller, action=_ACTION),
        key,
        name,
        mutability=template.mutability,
        scan_on_push=False,
        encryption_type=template.encryption_type,
        tags=template.tags,
        creationTemplate=template.prefix,
    )
    if template.repository_policy:
        text = template.repository_policy
        bound = bindings.bind(tx, key.account, parse(text, Kind.REPOSITORY), Kind.REPOSITORY)
        policies.set_repository(tx, repository.id, text, reg.now(), bound)
        counters.add(tx, COUNTER, 1)
    if template.lifecycle_policy:
        lifecycle.put(tx, repository.id, template.lifecycle_policy, str(uuid.uuid4()), reg.now())
    return repository
