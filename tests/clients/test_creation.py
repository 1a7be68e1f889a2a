"""Clients that push to a repository that only a creation template knows of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engines import Engine
    from .images import Layout
    from .serving import Server


def test_push_to_a_fresh_name(logged_in: Engine, layout: Layout, aws: Callable[..., Any], server: Server) -> None:
    """The push fails until there is a template, and then makes the repository as the template says."""
    prefix = f"fresh/{os.urandom(4).hex()}"
    name = f"{prefix}/app"
    ref = f"{server.host}/{name}:1"
    logged_in.load(layout, "small", ref)
    assert "does not exist in the registry" in fail(logged_in.push(ref), logged_in.env)
    made = aws(
        "ecr",
        "create-repository-creation-template",
        *("--prefix", prefix),
        *("--applied-for", "CREATE_ON_PUSH"),
        *("--image-tag-mutability", "IMMUTABLE"),
    )
    assert made["repositoryCreationTemplate"]["appliedFor"] == ["CREATE_ON_PUSH"]
    run(logged_in.push(ref), logged_in.env)
    [repository] = aws("ecr", "describe-repositories", "--repository-names", name)["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    [image] = aws("ecr", "describe-images", "--repository-name", name)["imageDetails"]
    assert image["imageTags"] == ["1"]
    elsewhere = logged_in.elsewhere()
    run(elsewhere.pull(ref), elsewhere.env)
    aws("ecr", "update-repository-creation-template", "--prefix", f"{prefix}/", "--description", "no longer used")
    aws("ecr", "delete-repository-creation-template", "--prefix", prefix)
    found = aws("ecr", "describe-repository-creation-templates", "--prefixes", prefix)
    assert found["repositoryCreationTemplates"] == []
