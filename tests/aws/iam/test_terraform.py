"""Terraform's IAM resources with nothing but the variables that `entrepot env` exports, from plan to destroy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from tests.aws.ecr.asking import ACCOUNT
from tests.aws.ecr.test_terraform import CLI_CONFIG, provider
from tests.clients.processes import run

if TYPE_CHECKING:
    from tests.clients.serving import Server

__all__ = ["provider"]  # a fixture

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
POWER_USER = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "name" {}
variable "actions" { type = list(string) }
variable "managed" {}
variable "service" {}
variable "description" {}
variable "hours" { type = number }
variable "members" { type = list(string) }
variable "clients" { type = list(string) }
variable "thumbprints" { type = list(string) }
variable "bounded" { type = bool }
variable "tags" { type = map(string) }

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "pull" {
  statement {
    sid       = "Pull"
    actions   = var.actions
    resources = ["arn:aws:ecr:*:${data.aws_caller_identity.me.account_id}:repository/${var.name}/*"]
  }
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [var.service]
    }
  }
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringLike"
      variable = "${aws_iam_openid_connect_provider.github.url}:sub"
      values   = ["repo:octo-org/*"]
    }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://${var.name}.actions.githubusercontent.com"
  client_id_list  = var.clients
  thumbprint_list = var.thumbprints
  tags            = var.tags
}

resource "aws_iam_policy" "pull" {
  name        = "${var.name}-pull"
  path        = "/team/"
  description = "pulls"
  policy      = data.aws_iam_policy_document.pull.json
  tags        = var.tags
}

resource "aws_iam_role" "node" {
  name                 = "${var.name}-node"
  path                 = "/nodes/"
  description          = var.description
  max_session_duration = var.hours * 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.bounded ? aws_iam_policy.pull.arn : null
  tags                 = var.tags
}

resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.pull.json
}

resource "aws_iam_role_policy_attachment" "managed" {
  role       = aws_iam_role.node.name
  policy_arn = var.managed
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.node.name
  policy_arn = aws_iam_policy.pull.arn
}

resource "aws_iam_instance_profile" "node" {
  name = "${var.name}-node"
  role = aws_iam_role.node.name
  tags = var.tags
}

resource "aws_iam_user" "ci" {
  for_each      = toset(["one", "two"])
  name          = "${var.name}-${each.key}"
  path          = "/ci/"
  force_destroy = true
  tags          = var.tags
}

resource "aws_iam_user_policy" "inline" {
  name   = "inline"
  user   = aws_iam_user.ci["one"].name
  policy = data.aws_iam_policy_document.pull.json
}

resource "aws_iam_user_policy_attachment" "managed" {
  user       = aws_iam_user.ci["one"].name
  policy_arn = var.managed
}

resource "aws_iam_access_key" "ci" {
  user = aws_iam_user.ci["one"].name
}

resource "aws_iam_group" "ci" {
  name = "${var.name}-ci"
}

resource "aws_iam_group_policy" "inline" {
  name   = "inline"
  group  = aws_iam_group.ci.name
  policy = data.aws_iam_policy_document.pull.json
}

resource "aws_iam_group_policy_attachment" "managed" {
  group      = aws_iam_group.ci.name
  policy_arn = var.managed
}

resource "aws_iam_group_membership" "ci" {
  name  = "members"
  group = aws_iam_group.ci.name
  users = [for name in var.members : aws_iam_user.ci[name].name]
}

data "aws_iam_policy" "managed" {
  arn = var.managed
}

data "aws_iam_role" "node" {
  name = aws_iam_role.node.name
}

output "made" {
  value = {
    policy  = aws_iam_policy.pull.arn
    role    = aws_iam_role.node.arn
    profile = aws_iam_instance_profile.node.arn
    issuer  = aws_iam_openid_connect_provider.github.arn
    managed = data.aws_iam_policy.managed.name
  }
}

output "key" {
  value     = { id = aws_iam_access_key.ci.id, secret = aws_iam_access_key.ci.secret }
  sensitive = true
}
"""

FIRST = {
    "actions": ["ecr:BatchGetImage"],
    "managed": READ_ONLY,
    "service": "ec2.amazonaws.com",
    "description": "first",
    "hours": 1,
    "members": ["one"],
    "clients": ["sts.amazonaws.com"],
    "thumbprints": ["6938fd4d98bab03faadb97b34396831e3780aea1"],
    "bounded": False,
    "tags": {"team": "core", "stage": "test"},
}
SECOND = {
    "actions": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "managed": POWER_USER,
    "service": "ecs-tasks.amazonaws.com",
    "description": "second",
    "hours": 12,
    "members": ["one", "two"],
    "clients": ["sts.amazonaws.com", "another"],
    "thumbprints": ["1c58a3a8518e8759bf075b76b750d4f2df264fcd"],
    "bounded": True,
    "tags": {"team": "edge", "owner": "me"},
}


@pytest.fixture
def env(server: Server, provider: Path, tmp_path: Path) -> dict[str, str]:
    """The server's variables, and a configuration with which Terraform asks no network for the provider."""
    (tmp_path / "terraform.rc").write_text(CLI_CONFIG % provider)
    kept = {name: value for name, value in server.env.items() if not name.startswith("TF_")}
    return kept | {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc"), "TF_IN_AUTOMATION": "1"}


def check(iam: Any, name: str, values: dict[str, Any]) -> None:
    """What IAM says of everything that was applied."""
    role = iam.get_role(RoleName=f"{name}-node")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/nodes/{name}-node"
    assert (role["Description"], role["MaxSessionDuration"]) == (values["description"], values["hours"] * 3600)
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": values["service"]}
    policy = f"arn:aws:iam::{ACCOUNT}:policy/team/{name}-pull"
    assert role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == (policy if values["bounded"] else None)
    attached = iam.list_attached_role_policies(RoleName=f"{name}-node")["AttachedPolicies"]
    assert {each["PolicyArn"] for each in attached} == {policy, values["managed"]}
    inline = iam.get_role_policy(RoleName=f"{name}-node", PolicyName="inline")["PolicyDocument"]
    actions = inline["Statement"][0]["Action"]
    assert sorted([actions] if isinstance(actions, str) else actions) == values["actions"]
    members = iam.get_group(GroupName=f"{name}-ci")["Users"]
    assert [user["UserName"] for user in members] == [f"{name}-{each}" for each in values["members"]]
    for tags in (role["Tags"], iam.list_policy_tags(PolicyArn=policy)["Tags"]):
        assert {tag["Key"]: tag["Value"] for tag in tags} == values["tags"]


def test_everything(env: dict[str, str], tmp_path: Path, iam: Any, fresh: str) -> None:
    """Every resource: applied, planned empty, changed in all that can change, empty again, destroyed."""
    (tmp_path / "main.tf").write_text(MAIN)
    terraform = ["terraform", f"-chdir={tmp_path}"]

    def apply(values: dict[str, Any]) -> None:
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps({"name": fresh, **values}))
        run([*terraform, "apply", "-auto-approve", "-input=false"], env)
        run([*terraform, "plan", "-input=false", "-detailed-exitcode"], env)
        check(iam, fresh, values)

    run([*terraform, "init", "-input=false"], env)
    apply(FIRST)
    made = json.loads(run([*terraform, "output", "-json", "made"], env))
    assert made["managed"] == "AmazonEC2ContainerRegistryReadOnly"
    key = json.loads(run([*terraform, "output", "-json", "key"], env))
    own = env | {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"]}
    caller = json.loads(run(["aws", "sts", "get-caller-identity"], own))
    assert caller["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ci/{fresh}-one"
    apply(SECOND)
    iam.create_access_key(UserName=f"{fresh}-two")  # one that Terraform does not know
    run([*terraform, "destroy", "-auto-approve", "-input=false"], env)
    left = [iam.list_roles()["Roles"], iam.list_users()["Users"], iam.list_policies(Scope="Local")["Policies"]]
    left += [iam.list_groups()["Groups"], iam.list_instance_profiles()["InstanceProfiles"]]
    left += iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert fresh not in unquote(json.dumps(left, default=str))
