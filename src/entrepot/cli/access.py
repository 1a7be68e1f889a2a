"""`entrepot access`: may somebody do something, and why; a policy that keeps everybody out is taken away."""

import difflib
import os
import sys
from collections.abc import Mapping, Sequence

import msgspec

from entrepot import app
from entrepot.aws import model
from entrepot.aws.operation import OPERATIONS
from entrepot.cli import access_resources
from entrepot.cli.progress import attempt
from entrepot.config import ConfigError, load
from entrepot.domain import condition_keys, names
from entrepot.domain.errors import InvalidParameter, RepositoryNotFound, RepositoryPolicyNotFound, ValidationFailed
from entrepot.domain.principals import Caller, Facts, root
from entrepot.domain.registries import RegistryKey
from entrepot.registry import access, directory, policies
from entrepot.registry.access import Explanation
from entrepot.registry.context import Registry

_FULL = "make room on the disk of the data folder and run it again"


def explain(
    config_file: str | None,
    flags: Mapping[str, object],
    *,
    principal: str,
    action: str,
    resource: str,
    context: Sequence[str],
    as_json: bool,
) -> int:
    """Print the decision; return 0 where it is allowed, 1 where it is not, 2 where it cannot be told."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        given = _given(context)
        meant = _action(action)
        access_resources.check(meant, resource)
        with app.operator(settings) as registry:
            caller = _caller(registry, principal, meant, resource, settings.region)
            try:
                found = access.explain(registry, caller, resource, given)
            except ValidationFailed as error:
                raise ConfigError(str(error)) from None
        sys.stdout.write(_json(caller, resource, found) if as_json else text(caller, resource, found))
        return 0 if found.decision.allowed else 1

    return attempt(work, full=_FULL, interrupted="it changed nothing")


def unlock(config_file: str | None, flags: Mapping[str, object], arn: str) -> int:
    """Take a repository's policy away and print it; return 0, or 2 where there is none."""

    def work() -> int:
        try:
            parts = names.parse_repository_arn(arn)
        except InvalidParameter:
            raise ConfigError(f"{arn} is no ARN of a repository") from None
        key = RegistryKey(parts.account, parts.region)
        caller = Caller(root(parts.account, ""), parts.region, "ecr:DeleteRepositoryPolicy", "", "", "entrepot access")
        with app.operator(load(config_file, os.environ, flags)) as registry:
            try:
                sys.stdout.write(policies.delete_repository(registry, caller, key, parts.name) + "\n")
            except (RepositoryNotFound, RepositoryPolicyNotFound) as error:
                raise ConfigError(f"{error}: nothing was changed") from None
        return 0

    return attempt(work, full=_FULL, interrupted="look with `aws ecr get-repository-policy` what is set")


def _caller(registry: Registry, principal: str, action: str, resource: str, region: str) -> Caller:
    who = directory.named(registry, principal)
    if who is None:
        raise ConfigError(f"{principal} is no root, user, role, session of a role or provider that there is")
    parts = resource.split(":", 5)
    where = parts[3] if len(parts) > 3 and parts[3] else region  # noqa: PLR2004  # an ARN
    return Caller(who, where, action, "", "", "")


def _action(text: str) -> str:
    """The action of that name, in whatever case, as AWS writes it. Raises ConfigError for a name of none."""
    known = {
        f"{service}:{name}".lower(): f"{service}:{name}"
        for service in model.SERVICES
        for name in model.service(service).operations
    } | {name.lower(): name for name in access_resources.MORE}
    found = known.get(text.lower())
    if found is None:
        near = [known[each] for each in difflib.get_close_matches(text.lower(), known, 3)]
        told = (
            f"did you mean {' or '.join(near)}?" if near else "it needs the form ecr:BatchGetImage, without wildcards"
        )
        raise ConfigError(f"{text} is no action: {told}")
    service, _, name = found.partition(":")
    served = OPERATIONS.get((service, name))
    if served is not None and served.permission:
        raise ConfigError(f"{found} takes the permission {served.permission}: ask for that")
    return found


def _given(context: Sequence[str]) -> Facts:
    """The condition keys of `KEY=VALUE`; a key that is there twice has both values. Raises ConfigError."""
    found: dict[str, tuple[str, ...]] = {}
    for each in context:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise ConfigError(f"--context {each} needs the form KEY=VALUE, as aws:SourceIp=192.0.2.1")
        found[key.lower()] = (*found.get(key.lower(), ()), value)
    return found


def text(caller: Caller, resource: str, found: Explanation) -> str:
    """A decision in a few lines."""
    decision = found.decision
    verb = "may" if decision.allowed else "may not"
    lines = [f"{caller.principal.arn} {verb} {caller.action} on {resource}"]
    if found.never:
        lines.append(f"  {found.never}")
    elif decision.found is not None:
        label = f" ({decision.found.sid})" if decision.found.sid else ""
        lines.append(
            f"  by statement {decision.found.number}{label} of {decision.found.policy}, {decision.found.source.value}"
        )
    elif decision.allowed:
        lines.append("  as the root of the account")
    else:
        lines.append(f"  {decision.reason(caller.action)}")
    lines += [f"  {key} has no value{_why(key)}" for key in found.absent]
    return "\n".join(lines) + "\n"


def _why(key: str) -> str:
    return " here: try --context" if condition_keys.known(key) else ": requests never have this key"


def _json(caller: Caller, resource: str, found: Explanation) -> str:
    decision = found.decision
    statement = None
    if decision.found is not None:
        statement = {
            "policy": decision.found.policy,
            "type": decision.found.source.value,
            "number": decision.found.number,
            "sid": decision.found.sid,
        }
    told = {
        "principal": caller.principal.arn,
        "action": caller.action,
        "resource": resource,
        "allowed": decision.allowed,
        "reason": "" if decision.allowed else found.never or decision.reason(caller.action),
        "statement": statement,
        "absent_keys": list(found.absent),
        "unknown_keys": [key for key in found.absent if not condition_keys.known(key)],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"
