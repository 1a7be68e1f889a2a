"""Two accounts with a repository, users, roles and keys, whose policies a test chooses; every deed of both doors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials
from tests import asgi
from tests.aws.door import Door, a_door
from tests.aws.signing import KEY, MICROSECONDS, SECRET
from tests.factories import an_image
from tests.oci.conftest import basic
from tests.oracle.policies import Ask, Bearing, Who

from entrepot.domain import iam_names as names
from entrepot.domain.policies import Kind, parse
from entrepot.domain.principals import Caller, Principal, Session, root
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.registry import access, access_keys, bindings, credentials, identities, repositories, sessions
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Login
from entrepot.store import (
    account_settings,
    accounts,
    attachments,
    iam_tags,
    inline_policies,
    managed_policies,
    memberships,
    policies,
    registries,
)
from entrepot.store import identities as identity_table
from entrepot.store.db import Tx

A, B, REGION = "123456789012", "444455556666", "us-east-1"
NAME = "team/app"
REPOSITORY = f"arn:aws:ecr:{REGION}:{A}:repository/{NAME}"
EVERY = f"arn:aws:ecr:{REGION}:{A}:repository/*"
HOST = f"{A}.dkr.ecr.{REGION}.localhost:5000"
DIGEST = "sha256:" + "0" * 64
UPLOAD = "00000000-0000-4000-8000-000000000000"
PEOPLE = (
    (A, names.USER, "alice", "/dev/"),
    (A, names.ROLE, "push", "/ci/"),
    (A, names.GROUP, "group-a", "/"),
    (B, names.USER, "bob", "/"),
    (B, names.ROLE, "pull", "/"),
    (B, names.GROUP, "group-b", "/"),
)
BY_KEY = ("root", "bob", "other root")
"""Whose login over `/v2` is an access key; that of the others is a token."""

WHO = ("root", "alice", "push", "bob", "pull", "other root")
V1 = {"ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"}

Doc = Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """The same policies for every user and role. `through`: whether users have them inline, attached or by a group."""

    identity: tuple[Doc, ...] = ()
    boundary: Doc | None = None
    session: Doc | None = None
    repository: Doc | None = None
    registry: Doc | None = None
    scope: str = "V2"
    through: str = "inline"


@dataclass(frozen=True)
class Deed:
    """One thing that can be asked of a door. One of `actions` is enough, none are needed where there are none; `also`
    are needed, all of them, too.

    `resource` `*` belongs to the caller's account. `call` is an operation and its parameters, or a method and a path.
    """

    name: str
    actions: tuple[str, ...]
    resource: str
    call: tuple[str, Any]
    door: str
    context: Mapping[str, list[str]] = field(default_factory=dict)
    breaks: bool = False
    also: tuple[str, ...] = ()


def _aws(name: str, /, *, resource: str = REPOSITORY, action: str = "", **params: Any) -> Deed:
    own = {} if resource != REPOSITORY or "resourceArn" in params else {"registryId": A, "repositoryName": NAME}
    return Deed(name, (action or f"ecr:{name}",), resource, (name, {**own, **params}), "aws")


def _oci(method: str, path: str, *actions: str, resource: str = REPOSITORY, body: bytes = b"") -> Deed:
    return Deed(f"{method} {path}", actions, resource, (method, (path, body)), "oci")


_IDS = [{"imageTag": "none"}]
_TEXT = " " * 100 + "{}"
_EXCLUSION = {"principalArn": f"arn:aws:iam::{A}:role/scanner"}
_IMAGE: dict[str, Any] = {"imageId": {"imageTag": "none"}, "targetStorageClass": "ARCHIVE"}
DEEDS: tuple[Deed, ...] = (
    _aws("BatchCheckLayerAvailability", layerDigests=[DIGEST]),
    _aws("BatchDeleteImage", imageIds=_IDS),
    _aws("BatchGetImage", imageIds=_IDS),
    _aws("CompleteLayerUpload", uploadId=UPLOAD, layerDigests=[DIGEST]),
    _aws("CreateRepository"),
    _aws("CreateRepositoryCreationTemplate", resource="*", prefix="none", appliedFor=["PULL_THROUGH_CACHE"]),
    _aws("DeleteLifecyclePolicy"),
    replace(_aws("DeleteRegistryPolicy", resource="*"), breaks=True),
    _aws("DeleteRepository"),
    _aws("DeleteRepositoryCreationTemplate", resource="*", prefix="missing"),
    replace(_aws("DeleteRepositoryPolicy"), breaks=True),
    _aws("DeregisterPullTimeUpdateExclusion", resource="*", **_EXCLUSION),
    _aws("DescribeImages"),
    _aws("DescribeRegistry", resource="*"),
    _aws("DescribeRepositories", repositoryNames=[NAME]),
    _aws("DescribeRepositories", resource=EVERY, registryId=A),
    _aws("DescribeRepositoryCreationTemplates", resource="*"),
    replace(
        _aws("GetAccountSetting", resource="*", name="BLOB_MOUNTING"), context={"ecr:AccountSetting": ["BLOB_MOUNTING"]}
    ),
    _aws("GetAuthorizationToken", resource="*"),
    _aws("GetDownloadUrlForLayer", layerDigest=DIGEST),
    _aws("GetLifecyclePolicy"),
    _aws("GetLifecyclePolicyPreview"),
    _aws("GetRegistryPolicy", resource="*"),
    _aws("GetRepositoryPolicy"),
    _aws("InitiateLayerUpload"),
    _aws("ListImageReferrers", action="ecr:BatchGetImage", subjectId={"imageDigest": DIGEST}),
    _aws("ListImages"),
    _aws("ListPullTimeUpdateExclusions", resource="*"),
    _aws("ListTagsForResource", resourceArn=REPOSITORY),
    replace(
        _aws("PutAccountSetting", resource="*", name="BLOB_MOUNTING", value="ENABLED"),
        context={"ecr:AccountSetting": ["BLOB_MOUNTING"]},
    ),
    _aws("PutImage", imageManifest="{}"),
    _aws("PutImageScanningConfiguration", imageScanningConfiguration={"scanOnPush": False}),
    _aws("PutImageTagMutability", imageTagMutability="MUTABLE"),
    _aws("PutLifecyclePolicy", lifecyclePolicyText=_TEXT),
    _aws("PutRegistryPolicy", resource="*", policyText="{}"),
    _aws("PutReplicationConfiguration", resource="*", replicationConfiguration={"rules": []}),
    _aws("RegisterPullTimeUpdateExclusion", resource="*", **_EXCLUSION),
    _aws("SetRepositoryPolicy", policyText="{}"),
    _aws("StartLifecyclePolicyPreview"),
    replace(
        _aws("TagResource", resourceArn=REPOSITORY, tags=[{"Key": "env", "Value": "prod"}]),
        context={"aws:RequestTag/env": ["prod"], "aws:TagKeys": ["env"]},
    ),
    replace(
        _aws("UntagResource", resourceArn=REPOSITORY, tagKeys=["none", "more"]),
        context={"aws:TagKeys": ["none", "more"]},
    ),
    _aws("UpdateImageStorageClass", **_IMAGE),
    _aws("UpdateRepositoryCreationTemplate", resource="*", prefix="missing"),
    _aws("UploadLayerPart", uploadId=UPLOAD, partFirstByte=0, partLastByte=0, layerPartBlob="AA=="),
    _oci("GET", ""),
    _oci("GET", "_catalog", "ecr:DescribeRepositories", resource=EVERY),
    _oci("GET", f"{NAME}/tags/list", "ecr:ListImages"),
    _oci("GET", f"{NAME}/manifests/none", "ecr:BatchGetImage"),
    _oci("HEAD", f"{NAME}/manifests/none", "ecr:BatchGetImage"),
    _oci("PUT", f"{NAME}/manifests/none", "ecr:PutImage", body=b"{}"),
    _oci("DELETE", f"{NAME}/manifests/none", "ecr:BatchDeleteImage"),
    _oci("GET", f"{NAME}/blobs/{DIGEST}", "ecr:GetDownloadUrlForLayer"),
    _oci("HEAD", f"{NAME}/blobs/{DIGEST}", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"),
    _oci("DELETE", f"{NAME}/blobs/{DIGEST}", "ecr:BatchDeleteImage"),
    _oci("GET", f"{NAME}/referrers/{DIGEST}", "ecr:BatchGetImage"),
    _oci("POST", f"{NAME}/blobs/uploads/", "ecr:InitiateLayerUpload"),
    replace(
        _oci("POST", f"{NAME}/blobs/uploads/?digest={DIGEST}", "ecr:InitiateLayerUpload"),
        also=("ecr:CompleteLayerUpload",),
    ),
    _oci("GET", f"{NAME}/blobs/uploads/{UPLOAD}", "ecr:UploadLayerPart"),
    _oci("PATCH", f"{NAME}/blobs/uploads/{UPLOAD}", "ecr:UploadLayerPart"),
    _oci("PUT", f"{NAME}/blobs/uploads/{UPLOAD}?digest={DIGEST}", "ecr:CompleteLayerUpload"),
    _oci("DELETE", f"{NAME}/blobs/uploads/{UPLOAD}", "ecr:UploadLayerPart"),
)


class World:
    """An installation on a SQLite database of its own, called in process."""

    def __init__(self, folder: Path) -> None:
        self.aws: Door = a_door(folder)
        self.reg: Registry = self.aws.reg
        self.oci = OciDoor(self.reg, Options(sparse_manifests=False, body_bytes=2**30))
        self.ids: dict[str, int] = {}
        self.keys: dict[str, Credentials] = {"root": Credentials(KEY, SECRET)}
        self.logins: dict[str, dict[str, str]] = {"root": basic(KEY, SECRET)}
        self.scenario = Scenario()
        self.reg.db.write(self._people)
        operator = _operator(A)
        where = RegistryKey(A, REGION)
        repositories.create(
            self.reg, operator, where, NAME, mutability=Mutability(), scan_on_push=False, encryption_type="AES256",
            tags={"env": "prod"},
        )  # fmt: skip
        an_image(self.reg, 1, "one")

    # --- who there is ------------------------------------------------------------------------------------------

    def _people(self, tx: Tx) -> None:
        for number in (A, B):
            accounts.insert(tx, number, f"account-{number}", MICROSECONDS)
        self._members(tx)

    def _members(self, tx: Tx) -> None:
        for account, kind, name, path in PEOPLE:
            if name in self.ids:
                identity_table.delete(tx, self.ids[name])
            made = identities.add(tx, _operator(account), MICROSECONDS, kind, name, path)
            self.ids[name] = made.id
            if kind != names.GROUP:
                iam_tags.put(tx, account, made.arn, "Team", "team")
        memberships.add(tx, self.ids["group-a"], self.ids["alice"])
        memberships.add(tx, self.ids["group-b"], self.ids["bob"])
        for who, account, owner in (("alice", A, "alice"), ("bob", B, "bob"), ("other root", B, "")):
            key, secret = access_keys.insert(tx, self.reg, account, self.ids.get(owner), MICROSECONDS)
            self.keys[who] = Credentials(key.id, secret)
            fetched = Login(key.id, account, REGION, MICROSECONDS // 1_000_000 + 600)
            by_key = who in BY_KEY
            self.logins[who] = (
                basic(key.id, secret) if by_key else basic("AWS", credentials.issue(self.reg.keys, fetched))
            )

    def who(self, name: str) -> Who:
        return {
            "root": Who("root", A, (f"arn:aws:iam::{A}:root",)),
            "alice": Who("user", A, (f"arn:aws:iam::{A}:user/dev/alice",)),
            "push": Who("role", A, (f"arn:aws:iam::{A}:role/ci/push", f"arn:aws:sts::{A}:assumed-role/push/run")),
            "bob": Who("user", B, (f"arn:aws:iam::{B}:user/bob",)),
            "pull": Who("role", B, (f"arn:aws:iam::{B}:role/pull", f"arn:aws:sts::{B}:assumed-role/pull/run")),
            "other root": Who("root", B, (f"arn:aws:iam::{B}:root",)),
        }[name]

    def renew(self) -> None:
        """Delete every user, role and group, and make others of the same names, with the policies that they had."""
        self.reg.db.write(self._members)
        self.reg.db.write(self._give_all)
        self._everybody_assumes()

    # --- what they may -----------------------------------------------------------------------------------------

    def enact(self, scenario: Scenario) -> None:
        """Give everybody the policies of a scenario, in place of those they had."""
        self.scenario = scenario
        self.reg.db.write(self._enact)
        self._everybody_assumes()

    def _everybody_assumes(self) -> None:
        access.changed(self.reg)
        session = self.scenario.session
        texts = () if session is None else (json.dumps(session),)
        for name, account in (("push", A), ("pull", B)):
            self._assume(name, account, Session("run", MICROSECONDS, MICROSECONDS + 3_600_000_000, texts))

    def _assume(self, name: str, account: str, session: Session) -> None:
        role = self.reg.db.read(lambda tx: identity_table.get(tx, self.ids[name]))
        assert role is not None
        issued = sessions.issue(self.reg, account, role, session)
        self.keys[name] = Credentials(issued.access_key_id, issued.secret, issued.token)
        principal, _ = sessions.read(self.reg, issued.access_key_id, issued.token)
        said = sessions.to_text(self.reg, principal)
        expires = MICROSECONDS // 1_000_000 + 600
        login = Login(issued.access_key_id, account, REGION, expires, said)
        self.logins[name] = basic("AWS", credentials.issue(self.reg.keys, login))

    def _give_all(self, tx: Tx) -> None:
        for name, holder, account in (
            ("alice", "group-a", A),
            ("bob", "group-b", B),
            ("push", "push", A),
            ("pull", "pull", B),
        ):
            self._give(tx, account, self.ids[name], self.ids[holder])

    def _enact(self, tx: Tx) -> None:
        self._give_all(tx)
        registry = registries.ensure(tx, A, REGION, MICROSECONDS)
        repository = repositories.find(tx, RegistryKey(A, REGION), NAME)
        policies.delete_repository(tx, repository.id)
        policies.delete_registry(tx, A, REGION)
        if self.scenario.repository is not None:
            text, bound = self._bound(tx, self.scenario.repository, Kind.REPOSITORY)
            policies.set_repository(tx, repository.id, text, MICROSECONDS, bound)
        if self.scenario.registry is not None:
            text, bound = self._bound(tx, self.scenario.registry, Kind.REGISTRY)
            policies.set_registry(tx, registry, text, MICROSECONDS, bound)
        account_settings.put(tx, registry, "REGISTRY_POLICY_SCOPE", self.scenario.scope)
        identities.touch(tx)

    def _bound(self, tx: Tx, doc: Doc, kind: Kind) -> tuple[str, str]:
        text = json.dumps(doc)
        return text, bindings.bind(tx, A, parse(text, kind), kind)

    def _give(self, tx: Tx, account: str, identity: int, group: int) -> None:
        for one in {identity, group}:
            for name in inline_policies.of(tx, one):
                inline_policies.remove(tx, one, name)
            for arn in attachments.of(tx, one):
                attachments.remove(tx, one, arn)
        for number, doc in enumerate(self.scenario.identity):
            if self.scenario.through == "attached":
                attachments.add(tx, identity, _managed(tx, account, f"own-{number}", doc))
            else:
                holder = group if self.scenario.through == "group" else identity
                inline_policies.put(tx, holder, f"p{number}", json.dumps(doc))
        boundary = self.scenario.boundary
        identity_table.set_boundary(tx, identity, _managed(tx, account, "bound", boundary) if boundary else "")

    # --- what they do ------------------------------------------------------------------------------------------

    def refused(self, who: str, deed: Deed) -> bool:
        """Do it, and tell whether that was not allowed; how it went otherwise does not matter."""
        if deed.door == "oci":
            method, (path, body) = deed.call
            answer = asgi.call(self.oci, method, f"/v2/{path}", headers=self.logins[who], body=body, host=HOST)
            refused = answer.status == 403
            assert not refused or method == "HEAD" or b"is not authorized to perform" in answer.body
        else:
            operation, params = deed.call
            reply = self.aws.call(operation, params, credentials=self.keys[who])
            refused = reply.status == 400 and reply.json()["__type"] == "AccessDeniedException"
            assert reply.status < 500
        assert refused or (answer.status if deed.door == "oci" else reply.status) != 401
        if deed.breaks and not refused:
            self.enact(self.scenario)
        return refused

    def asked(self, who: str, deed: Deed, action: str) -> tuple[Ask, Bearing]:
        """The same for the oracle."""
        caller, scenario = self.who(who), self.scenario
        owner = caller.account if deed.resource == "*" else A
        context = {
            "aws:SourceIp": ["127.0.0.1"],
            "aws:SecureTransport": ["false"],
            "aws:PrincipalArn": [caller.chain[0]],
            "aws:PrincipalAccount": [caller.account],
            "aws:PrincipalType": [{"root": "Account", "user": "User", "role": "AssumedRole"}[caller.kind]],
            "aws:RequestedRegion": [REGION],
            "aws:ResourceAccount": [owner],
            **({"aws:username": [who]} if caller.kind == "user" else {}),
            **({"aws:PrincipalTag/team": ["team"]} if caller.kind != "root" else {}),
            **({"ecr:ResourceTag/env": ["prod"]} if deed.resource == REPOSITORY else {}),
            **deed.context,
        }
        own = caller.kind != "root"
        resource = [scenario.repository] if scenario.repository and deed.resource == REPOSITORY else []
        if scenario.registry and deed.resource != "*" and (scenario.scope == "V2" or action in V1):
            resource.append(scenario.registry)
        bearing = Bearing(
            identity=scenario.identity if own else (),
            boundary=(scenario.boundary,) if own and scenario.boundary else None,
            session=(scenario.session,) if caller.kind == "role" and scenario.session else None,
            resource=tuple(resource),
        )
        return Ask(caller, action, deed.resource, owner, context), bearing


def _operator(account: str) -> Caller:
    principal: Principal = root(account, KEY)
    return Caller(principal, REGION, "test:Set", "", "", "pytest")


def _managed(tx: Tx, account: str, name: str, doc: Doc) -> str:
    """The ARN of a managed policy with this document, made or given another version."""
    found = managed_policies.find(tx, account, "/", name)
    if found is None:
        managed_policies.insert(tx, account, name, "/", f"ANPA{account}{name}"[:21], "", MICROSECONDS)
        found = managed_policies.find(tx, account, "/", name)
        assert found is not None
        managed_policies.add_version(tx, found.id, 1, json.dumps(doc), MICROSECONDS)
    else:
        number = found.last_version + 1
        managed_policies.add_version(tx, found.id, number, json.dumps(doc), MICROSECONDS)
        managed_policies.set_versions(tx, found.id, number, number, MICROSECONDS)
    return f"arn:aws:iam::{account}:policy/{name}"
