"""What authorisation adds to a manifest GET: microseconds of CPU, by what the policies ask, medians of 15 rounds."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace

from entrepot import app
from entrepot.config import Settings
from entrepot.domain.iam_entities import Identity
from entrepot.domain.names import repository_arn
from entrepot.domain.principals import USER, Caller, Principal, root
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import access, identities, policies, repositories
from entrepot.registry.context import Registry
from entrepot.store import inline_policies

ROUNDS = 15
CALLS = 2_000
TARGET = 15.0  # microseconds
KEY = RegistryKey("123456789012", "us-east-1")
NAME = "team/app"
ASKED = ("ecr:BatchGetImage",)
ROOT = Caller(root(KEY.account, "AKIAIOSFODNN7EXAMPLE"), KEY.region, "ecr:BatchGetImage", "", "192.0.2.7", "bench")
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
WHERE = f"arn:aws:ecr:*:{KEY.account}:repository/team/*"
LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
NO_DELETE = {"Effect": "Deny", "Action": "ecr:*Delete*", "Resource": "*"}
# Name, and conditions of the statement that allows.
ROWS: tuple[tuple[str, dict[str, dict[str, str]]], ...] = (
    ("a few statements", {}),
    ("and from a network", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    ("and by the principal's ARN", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{KEY.account}:user/*"}}),
    ("and by a tag of the repository", {"StringEquals": {"ecr:ResourceTag/env": "prod"}}),
)


def user(reg: Registry, name: str, conditions: dict[str, dict[str, str]]) -> Caller:
    """A user who may pull, under conditions."""
    allow = {"Effect": "Allow", "Action": PULL, "Resource": WHERE, **({"Condition": conditions} if conditions else {})}
    text = json.dumps({"Version": "2012-10-17", "Statement": [LOGIN, NO_DELETE, allow]})

    def add(tx: object) -> Identity:
        made = identities.add(tx, ROOT, reg.now(), USER, name, "/")  # type: ignore[arg-type]
        inline_policies.put(tx, made.id, "pull", text)  # type: ignore[arg-type]
        return made

    made = reg.db.write(add)
    principal = Principal(made.account, made.arn, made.unique_id, "AKIAIOSFODNN7OTHER00", USER, made.id, made.name)
    return replace(ROOT, principal=principal)


def seconds(reg: Registry, caller: Caller) -> float:
    """CPU seconds of one decision, as the door of `/v2` asks for it."""
    resource = repository_arn(KEY.region, KEY.account, NAME)
    started = time.process_time()
    for _ in range(CALLS):
        if access.refusal(reg, caller, ASKED, resource, caller):
            raise SystemExit("refused")
    return (time.process_time() - started) / CALLS


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=folder, account_id=KEY.account, region=KEY.region)
        app.prepare(settings)
        with app.operator(settings) as reg:
            repositories.create(
                reg,
                ROOT,
                KEY,
                NAME,
                mutability=Mutability(),
                scan_on_push=False,
                encryption_type="AES256",
                tags={"env": "prod"},
            )
            grant = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": PULL}
            policies.set_repository(reg, ROOT, KEY, NAME, json.dumps({"Statement": [grant]}), force=False)
            callers = [user(reg, f"user-{number}", row[1]) for number, row in enumerate(ROWS)]
            measured = [[seconds(reg, caller) * 1e6 for caller in callers] for _ in range(ROUNDS)]
    missed = 0
    sys.stdout.write(f"authorising a manifest GET, microseconds of CPU, median of {ROUNDS} (least to most)" + "\n")
    for (name, _), values in zip(ROWS, zip(*measured, strict=True), strict=True):
        median = statistics.median(values)
        missed += median > TARGET
        sys.stdout.write(
            f"  {name:38} {median:7.1f}  ({min(values):.1f} to {max(values):.1f})   target {TARGET:.0f}" + "\n"
        )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
