"""Quotas of repositories and images, on both databases, and that they are rarely counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories import KEY, a_caller, a_repository, an_image

from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.domain.quotas import Quotas
from entrepot.registry import deletion
from entrepot.registry.context import Registry
from entrepot.registry.quotas import Counts

NAME = "team/app"


def test_repositories(reg: Registry) -> None:
    """One repository more than the quota is refused, and nothing of it is kept; another registry has its own."""
    reg = replace(reg, quotas=Quotas(repositories_per_registry=2))
    a_repository(reg, "one")
    a_repository(reg, "two")
    for _ in range(2):
        with pytest.raises(e.LimitExceeded, match="maximum of 2 repositories"):
            a_repository(reg, "three")


def test_images(reg: Registry) -> None:
    """One image more than the quota is refused; deleting one makes room; other repositories do not count."""
    reg = replace(reg, quotas=Quotas(images_per_repository=3))
    a_repository(reg)
    a_repository(reg, "team/other")
    for number in range(3):
        an_image(reg, number, name="team/other")
        an_image(reg, number, f"t{number}")
    for _ in range(2):
        with pytest.raises(e.LimitExceeded, match="maximum of 3 images"):
            an_image(reg, 3)
    an_image(reg, 2, "again")
    deletion.delete_many(reg, a_caller(), KEY, NAME, [ImageId(None, "t0")])
    an_image(reg, 3)
    with pytest.raises(e.LimitExceeded):
        an_image(reg, 4)


def test_the_bin_does_not_count(reg: Registry) -> None:
    """Images in the recycle bin take no place."""
    reg = replace(reg, quotas=Quotas(images_per_repository=1), keeping=replace(reg.keeping, retention=10**12))
    a_repository(reg)
    for number in range(3):
        deletion.delete(reg, a_caller(), KEY, NAME, an_image(reg, number))


def test_other_processes(reg: Registry) -> None:
    """Images that another process added are known without asking it."""
    reg = replace(reg, quotas=Quotas(images_per_repository=2))
    other = replace(reg, counts=Counts())
    a_repository(reg)
    an_image(reg, 1)
    an_image(other, 2)
    with pytest.raises(e.LimitExceeded):
        an_image(reg, 3)
    with pytest.raises(e.LimitExceeded):
        an_image(other, 4)


def test_how_often_is_counted() -> None:
    """With 70,000 of 100,000 images the next count is 30,000 images later; only so many repositories are known."""
    counts = Counts()
    assert counts.at_most(1, 100_000) == 100_000
    counts.note(1, 500_000, 70_000)
    assert counts.at_most(1, 530_000) == 100_000
    for repository in range(2, 10_002):
        counts.note(repository, 1, 1)
    assert counts.at_most(1, 530_000) == 530_000
