"""Pull-time exclusions, and the pulls that they keep from counting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository, an_image

from entrepot.domain.errors import ExclusionAlreadyExists, ExclusionNotFound, InvalidParameter, LimitExceeded
from entrepot.domain.images import ImageId
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import audit, exclusions, images
from entrepot.registry.context import Registry

CALLER = a_caller("ecr:RegisterPullTimeUpdateExclusion")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/scanner"
USER = f"arn:aws:iam::{ACCOUNT}:user/me"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/scanner/build-7"
ELSEWHERE = RegistryKey(ACCOUNT, "eu-west-1")


def test_exclusions(reg: Registry) -> None:
    """A principal is excluded once in each region, and taken off once; each change is on record."""
    assert exclusions.register(reg, CALLER, KEY, ROLE) == reg.now()
    with pytest.raises(ExclusionAlreadyExists):
        exclusions.register(reg, CALLER, KEY, ROLE)
    exclusions.register(reg, CALLER, ELSEWHERE, ROLE)
    exclusions.deregister(reg, CALLER, KEY, ROLE)
    with pytest.raises(ExclusionNotFound):
        exclusions.deregister(reg, CALLER, KEY, ROLE)
    assert exclusions.describe(reg, KEY, None, None) == ([], None)
    assert exclusions.describe(reg, ELSEWHERE, None, None) == ([ROLE], None)
    assert reg.db.read(lambda tx: tx.one("SELECT count(*) FROM audit")) == (3,)


def test_limit(reg: Registry) -> None:
    """A registry has a hundred at most; the one too many leaves nothing, and one that is there is still told so."""
    names = [f"{ROLE}-{number:03}" for number in range(exclusions.MAX)]
    for name in names:
        exclusions.register(reg, CALLER, KEY, name)
    with pytest.raises(LimitExceeded):
        exclusions.register(reg, CALLER, KEY, USER)
    with pytest.raises(ExclusionAlreadyExists):
        exclusions.register(reg, CALLER, KEY, names[0])
    assert exclusions.describe(reg, KEY, None, 1000) == (names, None)
    exclusions.deregister(reg, CALLER, KEY, names[0])
    exclusions.register(reg, CALLER, KEY, USER)


def test_pages(reg: Registry) -> None:
    """Pages come by ARN; a token is of its registry."""
    names = sorted(f"{ROLE}-{number}" for number in range(5))
    for name in reversed(names):
        exclusions.register(reg, CALLER, KEY, name)
    found: list[str] = []
    page, token = exclusions.describe(reg, KEY, None, 2)
    while True:
        found += page
        if token is None:
            break
        with pytest.raises(InvalidParameter):
            exclusions.describe(reg, ELSEWHERE, token, 2)
        page, token = exclusions.describe(reg, KEY, token, 2)
    assert found == names


def as_(arn: str) -> Caller:
    return replace(CALLER, principal=replace(CALLER.principal, arn=arn))


def pulled_at(reg: Registry, digest: str) -> int | None:
    reg.trail.flush(reg.db)
    return images.head(reg, KEY, "team/app", ImageId(digest, None)).pulled_at


def pull(reg: Registry, arn: str, digest: str) -> int | None:
    """The image's last pull time after one by `arn` through the API."""
    images.get_many(reg, as_(arn), KEY, "team/app", [ImageId(digest, None)])
    return pulled_at(reg, digest)


def test_excluded_pulls(reg: Registry) -> None:
    """Pulls of an excluded user, or of a session of an excluded role, leave the time; all others move it."""
    a_repository(reg)
    digests = [an_image(reg, number) for number in range(4)]
    exclusions.register(reg, CALLER, KEY, ROLE)
    exclusions.register(reg, CALLER, KEY, USER)
    found = [pull(reg, arn, digest) for arn, digest in zip((ROLE, SESSION, USER, f"{USER}-too"), digests, strict=True)]
    assert found == [None, None, None, reg.now()]
    exclusions.deregister(reg, CALLER, KEY, ROLE)
    assert pull(reg, SESSION, digests[1]) == reg.now()


def test_another_registry(reg: Registry) -> None:
    """What one region excludes counts in another."""
    a_repository(reg)
    digest = an_image(reg, 1)
    exclusions.register(reg, CALLER, ELSEWHERE, USER)
    assert pull(reg, USER, digest) == reg.now()


def test_beside_others(reg: Registry) -> None:
    """An excluded pull that comes after another one in the same second does not hide it."""
    a_repository(reg)
    digest = an_image(reg, 1)
    exclusions.register(reg, CALLER, KEY, USER)
    image = images.head(reg, KEY, "team/app", ImageId(digest, None))
    for arn in (SESSION, USER):
        audit.pulled(reg, as_(arn), image.id, None)
    assert pulled_at(reg, digest) == reg.now()
