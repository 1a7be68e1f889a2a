"""Terraform with nothing but the variables that `entrepot env` exports: every ECR resource from plan to destroy."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, no_repository
from tests.aws.ecr.putting import put_image
from tests.clients.processes import run

if TYPE_CHECKING:
    from tests.clients.serving import Server

# `terraform providers mirror` makes such a folder; the name of the registry is whatever stands in the place of `*`.
PROVIDER = "*/hashicorp/aws/*/*/terraform-provider-aws*"
MIRRORS = ("~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/*")

CLI_CONFIG = """
provider_installation {
  filesystem_mirror {
    path = "%s"
  }
}
disable_checkpoint = true
"""

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "mutability" {}
variable "scan" { type = bool }
variable "tags" { type = map(string) }

resource "aws_ecr_repository" "app" {
  name                 = "%s"
  image_tag_mutability = var.mutability
  force_delete         = true
  tags                 = var.tags
  image_scanning_configuration {
    scan_on_push = var.scan
  }
}

output "repository" {
  value = {
    arn = aws_ecr_repository.app.arn
    url = aws_ecr_repository.app.repository_url
    id  = aws_ecr_repository.app.registry_id
  }
}
"""

EVERYTHING = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "name" {}
variable "days" { type = number }
variable "scope" {}
variable "actions" { type = list(string) }
variable "description" {}

data "aws_caller_identity" "me" {}
data "aws_ecr_authorization_token" "token" {}

resource "aws_ecr_repository" "app" {
  name         = var.name
  force_delete = true
}

data "aws_ecr_lifecycle_policy_document" "policy" {
  rule {
    priority    = 1
    description = "untagged images go"
    selection {
      tag_status   = "untagged"
      count_type   = "sinceImagePushed"
      count_unit   = "days"
      count_number = var.days
    }
    action { type = "expire" }
  }
  rule {
    priority = 2
    selection {
      tag_status       = "tagged"
      tag_pattern_list = ["dev*", "*-rc*"]
      count_type       = "imageCountMoreThan"
      count_number     = 10
    }
    action { type = "expire" }
  }
}

resource "aws_ecr_lifecycle_policy" "policy" {
  repository = aws_ecr_repository.app.name
  policy     = data.aws_ecr_lifecycle_policy_document.policy.json
}

resource "aws_ecr_repository_policy" "policy" {
  repository = aws_ecr_repository.app.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "pull"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = var.actions
    }]
  })
}

resource "aws_ecr_registry_policy" "policy" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "replicate"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::999999999999:root" }
      Action    = var.actions
      Resource  = "arn:aws:ecr:us-east-1:${data.aws_caller_identity.me.account_id}:repository/*"
    }]
  })
}

resource "aws_ecr_account_setting" "scope" {
  name  = "REGISTRY_POLICY_SCOPE"
  value = var.scope
}

resource "aws_ecr_repository_creation_template" "team" {
  prefix               = var.name
  description          = var.description
  image_tag_mutability = "IMMUTABLE"
  applied_for          = ["PULL_THROUGH_CACHE", "REPLICATION"]
  repository_policy    = aws_ecr_repository_policy.policy.policy
  lifecycle_policy     = data.aws_ecr_lifecycle_policy_document.policy.json
}

data "aws_ecr_repository" "app" {
  name       = aws_ecr_repository.app.name
  depends_on = [aws_ecr_lifecycle_policy.policy]
}
data "aws_ecr_repositories" "all" {}
data "aws_ecr_image" "pushed" {
  repository_name = "${var.name}/pushed"
  image_tag       = "v1"
}
data "aws_ecr_image" "newest" {
  repository_name = "${var.name}/pushed"
  most_recent     = true
}
data "aws_ecr_repository_creation_template" "team" {
  prefix = aws_ecr_repository_creation_template.team.prefix
}
"""


def mirror() -> Path | None:
    """A folder with Terraform's aws provider: the one that ENTREPOT_TEST_TERRAFORM_MIRROR names, or a usual one."""
    named = os.environ.get("ENTREPOT_TEST_TERRAFORM_MIRROR")
    for pattern in (named,) if named else MIRRORS:
        expanded = Path(pattern).expanduser()
        for folder in sorted(Path(expanded.anchor).glob(str(expanded.relative_to(expanded.anchor)))):
            if next(folder.glob(PROVIDER), None) is not None:
                return folder
    return None


@pytest.fixture
def provider() -> Path:
    """Skip, and say why, where Terraform is missing: no package of the system has it, so CI=1 does not ask for it."""
    if shutil.which("terraform") is None:
        pytest.skip("NOT TESTED, missing here: terraform (not among the packages of Debian)")
    found = mirror()
    if found is None:
        reason = "NOT TESTED, missing here: a mirror of hashicorp/aws (ENTREPOT_TEST_TERRAFORM_MIRROR names one)"
        if os.environ.get("CI") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def env(server: Server, provider: Path, tmp_path: Path) -> dict[str, str]:
    """The server's variables, and a configuration with which Terraform asks no network for the provider."""
    (tmp_path / "terraform.rc").write_text(CLI_CONFIG % provider)
    kept = {name: value for name, value in server.env.items() if not name.startswith("TF_")}
    return kept | {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc"), "TF_IN_AUTOMATION": "1"}


def test_repository(server: Server, env: dict[str, str], tmp_path: Path, ecr: Any, fresh: str) -> None:
    """Create, a plan that is clean, a change of everything that can change, clean again, destroy."""
    (tmp_path / "main.tf").write_text(MAIN % fresh)
    terraform = ["terraform", f"-chdir={tmp_path}"]

    def apply(mutability: str, scan: bool, **tags: str) -> dict[str, Any]:
        values = {"mutability": mutability, "scan": scan, "tags": tags}
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps(values))
        run([*terraform, "apply", "-auto-approve", "-input=false"], env)
        run([*terraform, "plan", "-input=false", "-detailed-exitcode"], env)
        [shown] = ecr.describe_repositories(repositoryNames=[fresh])["repositories"]
        assert (shown["imageTagMutability"], shown["imageScanningConfiguration"]) == (mutability, {"scanOnPush": scan})
        found = ecr.list_tags_for_resource(resourceArn=shown["repositoryArn"])["tags"]
        assert {tag["Key"]: tag["Value"] for tag in found} == tags
        return dict(shown)

    run([*terraform, "init", "-input=false"], env)
    made = apply("MUTABLE", scan=True, team="core", stage="test")
    output = json.loads(run([*terraform, "output", "-json", "repository"], env))
    assert output == {"arn": made["repositoryArn"], "url": f"{server.host}/{fresh}", "id": ACCOUNT}
    changed = apply("IMMUTABLE", scan=False, team="edge", owner="me")
    assert changed["createdAt"] == made["createdAt"]
    run([*terraform, "destroy", "-auto-approve", "-input=false"], env)
    with no_repository(fresh):
        ecr.describe_repositories(repositoryNames=[fresh])


def test_everything(env: dict[str, str], tmp_path: Path, ecr: Any, fresh: str) -> None:
    """Policies, lifecycle, settings, templates and data sources: applied, planned empty, changed, empty, destroyed."""
    ecr.create_repository(repositoryName=f"{fresh}/pushed")
    put_image(ecr, f"{fresh}/pushed", "v1")
    (tmp_path / "main.tf").write_text(EVERYTHING)
    terraform = ["terraform", f"-chdir={tmp_path}"]

    def apply(**values: Any) -> None:
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps({"name": fresh, **values}))
        run([*terraform, "apply", "-auto-approve", "-input=false"], env)
        run([*terraform, "plan", "-input=false", "-detailed-exitcode"], env)
        text = ecr.get_lifecycle_policy(repositoryName=fresh)["lifecyclePolicyText"]
        assert json.loads(text)["rules"][0]["selection"]["countNumber"] == values["days"]
        policy = json.loads(ecr.get_repository_policy(repositoryName=fresh)["policyText"])
        assert policy["Statement"][0]["Action"] == values["actions"]
        assert json.loads(ecr.get_registry_policy()["policyText"])["Statement"][0]["Action"] == values["actions"]
        assert ecr.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == values["scope"]
        [template] = ecr.describe_repository_creation_templates(prefixes=[fresh])["repositoryCreationTemplates"]
        assert template["description"] == values["description"]

    run([*terraform, "init", "-input=false"], env)
    apply(days=3, scope="V1", actions=["ecr:ReplicateImage"], description="first")
    apply(days=7, scope="V2", actions=["ecr:CreateRepository", "ecr:ReplicateImage"], description="second")
    run([*terraform, "destroy", "-auto-approve", "-input=false"], env)
    with no_repository(fresh):
        ecr.describe_repositories(repositoryNames=[fresh])
    found = ecr.describe_repository_creation_templates(prefixes=[fresh])
    assert found["repositoryCreationTemplates"] == []
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": []}
