"""What is protected stays, whichever way somebody tries to delete it; on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories import KEY, a_caller, a_repository, an_image

from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.domain.names import repository_arn
from entrepot.domain.protection import PROTECTED, PROTECTED_TAGS
from entrepot.registry import deletion, images, repositories
from entrepot.registry.context import Registry

NAME = "team/app"
ARN = repository_arn(KEY.region, KEY.account, NAME)


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def protect(reg: Registry, **tags: str) -> None:
    keys = {"whole": PROTECTED, "tags": PROTECTED_TAGS}
    repositories.add_tags(reg, a_caller(), ARN, {keys[name]: value for name, value in tags.items()})


def refused(reg: Registry, wanted: ImageId) -> str:
    """Why BatchDeleteImage leaves an image."""
    gone, [failure] = deletion.delete_many(reg, a_caller(), KEY, NAME, [wanted])
    assert (gone, failure.code) == ([], "ImageInaccessible")
    return failure.reason


def test_repository(reg: Registry) -> None:
    """A protected repository stays, with all images and tags, until it is not protected any more."""
    digest = an_image(reg, 1, "v1", "v2")
    protect(reg, whole="true")
    for wanted in (ImageId(digest, None), ImageId(None, "v1")):
        assert PROTECTED in refused(reg, wanted)
    for attempt in (
        lambda: deletion.delete(reg, a_caller(), KEY, NAME, digest),
        lambda: deletion.untag(reg, a_caller(), KEY, NAME, "v1"),
        lambda: repositories.delete(reg, a_caller(), KEY, NAME, force=True),
    ):
        with pytest.raises(e.Protected, match=PROTECTED):
            attempt()
    assert images.tag_page(reg, KEY, NAME, "", 10) == (["v1", "v2"], False)
    protect(reg, whole="false")
    repositories.delete(reg, a_caller(), KEY, NAME, force=True)


@pytest.mark.parametrize("where", ["repository", "installation"])
def test_tags(reg: Registry, where: str) -> None:
    """An image with a protected tag stays, and so does that tag; other tags and images go."""
    if where == "repository":
        protect(reg, tags="stable  release-*")
    else:
        reg = replace(reg, keeping=replace(reg.keeping, protected_tags=("stable", "release-*")))
    digest = an_image(reg, 1, "a", "release-1")
    assert "'release-1'" in refused(reg, ImageId(digest, None))
    assert "'release-*'" in refused(reg, ImageId(None, "release-1"))
    with pytest.raises(e.Protected):
        deletion.untag(reg, a_caller(), KEY, NAME, "release-1")
    with pytest.raises(e.Protected):
        repositories.delete(reg, a_caller(), KEY, NAME, force=True)
    deletion.untag(reg, a_caller(), KEY, NAME, "a")
    other = an_image(reg, 2, "release")
    deletion.delete(reg, a_caller(), KEY, NAME, other)
    assert images.tag_page(reg, KEY, NAME, "", 10) == (["release-1"], False)


def test_resource_tag_values(reg: Registry) -> None:
    """Only the values of our own keys may hold the wildcard, which AWS refuses."""
    protect(reg, tags="v*")
    with pytest.raises(e.InvalidTagParameter):
        repositories.add_tags(reg, a_caller(), ARN, {"mine": "v*"})
