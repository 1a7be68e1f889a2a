"""Every `aws ecr` command of an operation that is there, by the real CLI, each at least once."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore import xform_name

from entrepot.aws import ecr as handlers
from entrepot.aws.operation import OPERATIONS

Aws = Callable[..., Any]

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "ecr:BatchGetImage",
        }
    ],
}
REGISTRY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "replicate",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
            "Resource": "arn:aws:ecr:us-east-1:123456789012:repository/*",
        }
    ],
}
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
            "action": {"type": "expire"},
        }
    ]
}


class Ecr:
    """`aws ecr …` on one repository."""

    def __init__(self, aws: Aws, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.name = f"every/{os.urandom(4).hex()}"

    def __call__(self, command: str, *words: str) -> Any:
        """Run a command; `{name}` in it is the repository's."""
        first, *more = shlex.split(command)
        return self.aws("ecr", first, *(word.replace("{name}", self.name) for word in more), *words)

    def file(self, data: bytes) -> str:
        """A file's name as the CLI reads binary values."""
        path = self.folder / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        return f"fileb://{path}"

    def layer(self, data: bytes) -> str:
        """Push a layer by the API; its digest."""
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        upload = self("initiate-layer-upload --repository-name {name}")["uploadId"]
        part = f"--part-first-byte 0 --part-last-byte {len(data) - 1} --layer-part-blob {self.file(data)}"
        self(f"upload-layer-part --repository-name {{name}} --upload-id {upload} {part}")
        done = self(f"complete-layer-upload --repository-name {{name}} --upload-id {upload} --layer-digests {digest}")
        assert done["layerDigest"] == digest
        return digest

    def image(self, tag: str, **members: object) -> str:
        """Push an image of one config; its digest."""
        config = json.dumps({"tag": tag}).encode()
        media = "application/vnd.oci.image.config.v1+json"
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": media, "digest": self.layer(config), "size": len(config)},
                "layers": [],
                **members,
            }
        )
        put = self(f"put-image --repository-name {{name}} --image-tag {tag} --image-manifest", manifest)
        digest = put["image"]["imageId"]["imageDigest"]
        assert isinstance(digest, str)
        return digest


def test_images(aws: Aws, tmp_path: Path) -> None:
    """Repositories, layers, images, tags and settings, from create to delete."""
    ecr = Ecr(aws, tmp_path)
    made = ecr("create-repository --repository-name {name} --tags Key=team,Value=core")["repository"]
    assert ecr("describe-repositories --repository-names {name}")["repositories"] == [made]
    ecr(f"tag-resource --resource-arn {made['repositoryArn']} --tags Key=a,Value=b")
    ecr(f"untag-resource --resource-arn {made['repositoryArn']} --tag-keys team")
    tags = ecr(f"list-tags-for-resource --resource-arn {made['repositoryArn']}")["tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    assert ecr("get-authorization-token")["authorizationData"]
    ecr("put-image-scanning-configuration --repository-name {name} --image-scanning-configuration scanOnPush=true")
    filters = "--image-tag-mutability-exclusion-filters filterType=WILDCARD,filter=dev*"
    ecr(
        f"put-image-tag-mutability --repository-name {{name}} --image-tag-mutability IMMUTABLE_WITH_EXCLUSION {filters}"
    )
    first = ecr.image("v1")
    config = ecr("batch-get-image --repository-name {name} --image-ids imageTag=v1")["images"][0]["imageManifest"]
    layer = json.loads(config)["config"]["digest"]
    found = ecr(f"batch-check-layer-availability --repository-name {{name}} --layer-digests {layer}")["layers"]
    assert [each["layerAvailability"] for each in found] == ["AVAILABLE"]
    assert ecr(f"get-download-url-for-layer --repository-name {{name}} --layer-digest {layer}")["downloadUrl"]
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": first, "size": 1}
    ecr.image("sbom", subject=subject, artifactType="application/spdx+json")
    referrers = ecr(f"list-image-referrers --repository-name {{name}} --subject-id imageDigest={first}")["referrers"]
    assert [each["artifactType"] for each in referrers] == ["application/spdx+json"]
    paged = ecr("list-images --repository-name {name} --page-size 1")["imageIds"]
    assert {each["imageTag"] for each in paged} == {"v1", "sbom"}
    assert len(ecr("describe-images --repository-name {name} --page-size 1")["imageDetails"]) == 2
    gone = ecr("batch-delete-image --repository-name {name} --image-ids imageTag=sbom imageTag=v1")
    assert (len(gone["imageIds"]), gone["failures"]) == (2, [])
    ecr("delete-repository --repository-name {name} --force")


def test_archive(aws: Aws, tmp_path: Path) -> None:
    """An image goes into the archive, is not listed as active any more, and comes back."""
    ecr = Ecr(aws, tmp_path)
    ecr("create-repository --repository-name {name}")
    ecr.image("v1")
    there = "--repository-name {name} --image-id imageTag=v1"
    gone = ecr(f"update-image-storage-class {there} --target-storage-class ARCHIVE")
    assert gone["imageStatus"] == "ARCHIVED"
    assert ecr("describe-images --repository-name {name}")["imageDetails"] == []
    archived = ecr("describe-images --repository-name {name} --filter imageStatus=ARCHIVED")["imageDetails"]
    assert [each["imageStatus"] for each in archived] == ["ARCHIVED"]
    back = ecr(f"update-image-storage-class {there} --target-storage-class STANDARD")
    assert back["imageStatus"] == "ACTIVATING"


def test_lifecycle(aws: Aws, tmp_path: Path) -> None:
    """A policy, its preview and the CLI's waiter for it."""
    ecr = Ecr(aws, tmp_path)
    ecr("create-repository --repository-name {name}")
    text = json.dumps(LIFECYCLE)
    ecr("put-lifecycle-policy --repository-name {name} --lifecycle-policy-text", text)
    assert ecr("get-lifecycle-policy --repository-name {name}")["lifecyclePolicyText"] == text
    started = ecr("start-lifecycle-policy-preview --repository-name {name}")
    assert started["status"] == "IN_PROGRESS"
    ecr("wait lifecycle-policy-preview-complete --repository-name {name}")
    preview = ecr("get-lifecycle-policy-preview --repository-name {name}")
    assert (preview["status"], preview["previewResults"]) == ("COMPLETE", [])
    assert ecr("delete-lifecycle-policy --repository-name {name}")["lifecyclePolicyText"] == text


def test_policies(aws: Aws, tmp_path: Path) -> None:
    """Policies of a repository and of the registry."""
    ecr = Ecr(aws, tmp_path)
    ecr("create-repository --repository-name {name}")
    ecr("set-repository-policy --repository-name {name} --policy-text", json.dumps(POLICY))
    assert json.loads(ecr("get-repository-policy --repository-name {name}")["policyText"]) == POLICY
    ecr("delete-repository-policy --repository-name {name}")
    ecr("put-registry-policy --policy-text", json.dumps(REGISTRY_POLICY))
    assert json.loads(ecr("get-registry-policy")["policyText"]) == REGISTRY_POLICY
    ecr("delete-registry-policy")


def test_registry(aws: Aws, tmp_path: Path) -> None:
    """What is set for a registry: account settings, exclusions, templates, replication without rules."""
    ecr = Ecr(aws, tmp_path)
    assert ecr("put-account-setting --name REGISTRY_POLICY_SCOPE --value V1")["value"] == "V1"
    assert ecr("get-account-setting --name REGISTRY_POLICY_SCOPE")["value"] == "V1"
    ecr("put-account-setting --name REGISTRY_POLICY_SCOPE --value V2")
    role = f"arn:aws:iam::123456789012:role/{os.urandom(4).hex()}"
    ecr(f"register-pull-time-update-exclusion --principal-arn {role}")
    assert role in ecr("list-pull-time-update-exclusions")["pullTimeUpdateExclusions"]
    ecr(f"deregister-pull-time-update-exclusion --principal-arn {role}")
    ecr("create-repository-creation-template --prefix {name} --applied-for CREATE_ON_PUSH --description first")
    ecr("update-repository-creation-template --prefix {name} --description second")
    [shown] = ecr("describe-repository-creation-templates --prefixes {name}")["repositoryCreationTemplates"]
    assert (shown["description"], shown["appliedFor"]) == ("second", ["CREATE_ON_PUSH"])
    ecr("delete-repository-creation-template --prefix {name}")
    ecr("put-replication-configuration --replication-configuration", '{"rules": []}')
    assert ecr("describe-registry")["replicationConfiguration"] == {"rules": []}


def test_none_is_left_out() -> None:
    """Whatever operation has a handler, a test of this file names its command."""
    assert handlers.__name__
    source = Path(__file__).read_text("utf-8")
    commands = {xform_name(name).replace("_", "-") for service, name in OPERATIONS if service == "ecr"}
    assert sorted(command for command in commands if f'"{command}' not in source and f"{command} " not in source) == []
