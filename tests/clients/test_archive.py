"""Clients and images that went to the archive or the recycle bin, and came back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engines import Engine
    from .images import Layout
    from .serving import Server


def test_archived_and_deleted(logged_in: Engine, layout: Layout, aws: Callable[..., Any], server: Server) -> None:
    """A pull fails from the archive, which a push ends, and from the bin until `entrepot trash restore`."""
    name = f"archive/{os.urandom(4).hex()}"
    ref = f"{server.host}/{name}:1"
    aws("ecr", "create-repository", "--repository-name", name)
    logged_in.load(layout, "small", ref)
    run(logged_in.push(ref), logged_in.env)
    image = ("--repository-name", name, "--image-id", "imageTag=1")
    moved = aws("ecr", "update-image-storage-class", *image, "--target-storage-class", "ARCHIVE")
    assert moved["imageStatus"] == "ARCHIVED"
    other = logged_in.elsewhere()
    fail(other.pull(ref), other.env)
    logged_in.load(layout, "small", ref)
    run(logged_in.push(ref), logged_in.env)
    found = aws("ecr", "batch-get-image", "--repository-name", name, "--image-ids", "imageTag=1")
    assert (len(found["images"]), found["failures"]) == (1, [])
    gone = aws("ecr", "batch-delete-image", "--repository-name", name, "--image-ids", "imageTag=1")
    assert gone["failures"] == []
    other = logged_in.elsewhere()
    fail(other.pull(ref), other.env)
    folder = ("--data-dir", str(server.data_dir))
    run([sys.executable, "-m", "entrepot", "trash", "restore", name, "1", *folder], server.env)
    run(other.pull(ref), other.env)
