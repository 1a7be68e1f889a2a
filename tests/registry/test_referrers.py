"""Referrers of images that were deleted, on both databases: which go, when, and which stay."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.factories import KEY, Clock, a_blob, a_caller, a_manifest, a_repository, an_image, an_index, push

from entrepot.domain import digests
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, images, referrers, repositories
from entrepot.registry.context import Registry

NAME = "team/app"
HOUR = 3600
PLACE = "arn:aws:ecr:us-east-1:123456789012:repository/team/app"


@pytest.fixture(params=[0, 7 * 24 * HOUR * 1_000_000], ids=["no bin", "bin"])
def reg(reg: Registry, request: pytest.FixtureRequest) -> Registry:
    kept = replace(reg, keeping=replace(reg.keeping, retention=request.param))
    a_repository(kept)
    return kept


def a_referrer(subject: str, number: int = 0) -> bytes:
    named = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": subject, "size": 2}
    return a_manifest(subject=named, annotations={"number": str(number)})


def refer(reg: Registry, subject: str, *tags: str, number: int = 0) -> str:
    a_blob(reg, b"{}")
    return push(reg, a_referrer(subject, number), *tags).digest


def delete(reg: Registry, digest: str) -> None:
    deletion.delete(reg, a_caller(), KEY, NAME, digest)


def there(reg: Registry) -> set[str]:
    return {each.digest or "" for each in images.list_ids(reg, KEY, NAME, None, None, None, status=None)[0]}


def test_they_go_after_hours(reg: Registry, clock: Clock) -> None:
    """A referrer goes 12 hours after its subject, what refers to it 12 hours after that; each is told and noted."""
    subject, other = an_image(reg, 1, "v1"), an_image(reg, 2)
    first, kept = refer(reg, subject, "signed"), refer(reg, other)
    second = refer(reg, first)
    deletion.delete_many(reg, a_caller(), KEY, NAME, [ImageId(None, "v1")])
    clock.forward(11.9 * HOUR)
    assert referrers.clean(reg) == 0
    clock.forward(0.1 * HOUR)
    assert referrers.clean(reg) == 1
    assert there(reg) == {other, kept, second}
    assert referrers.clean(reg) == 0
    clock.forward(12 * HOUR)
    assert referrers.clean(reg) == 1
    assert there(reg) == {other, kept}
    rows = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
    told = [json.loads(row[0]) for row in rows][-2:]
    assert [(one["action-type"], one["image-digest"]) for one in told] == [("DELETE", first), ("DELETE", second)]
    noted = reg.db.read(lambda tx: tx.all("SELECT action FROM audit ORDER BY id"))
    assert [row[0] for row in noted][-2:] == ["entrepot:DeleteReferrers"] * 2


def test_subject_that_comes_back(reg: Registry, clock: Clock) -> None:
    """Where the subject is pushed again its referrers stay; deleted once more, they go 12 hours after that."""
    subject = an_image(reg, 1)
    referrer = refer(reg, subject)
    delete(reg, subject)
    clock.forward(11 * HOUR)
    an_image(reg, 1)
    clock.forward(11 * HOUR)
    assert referrers.clean(reg) == 0
    delete(reg, subject)
    clock.forward(11 * HOUR)
    assert referrers.clean(reg) == 0
    clock.forward(HOUR)
    assert referrers.clean(reg) == 1
    assert referrer not in there(reg)


def test_which_stay(reg: Registry, clock: Clock) -> None:
    """What refers to nothing that ever was there stays, and what is pushed again, is protected, or in an index."""
    subject = an_image(reg, 1)
    never, again = refer(reg, digests.of(b"never")), refer(reg, subject, number=1)
    protected = refer(reg, subject, "v1", number=2)
    named = refer(reg, subject, number=3)
    index = push(reg, an_index(a_referrer(subject, 3))).digest
    repositories.add_tags(reg, a_caller(), PLACE, {"entrepot:protected-tags": "v*"})
    delete(reg, subject)
    refer(reg, subject, number=1)
    clock.forward(12 * HOUR)
    assert referrers.clean(reg) == 0
    assert there(reg) == {never, again, protected, named, index}
    repositories.remove_tags(reg, a_caller(), PLACE, ["entrepot:protected-tags"])
    delete(reg, index)
    assert referrers.clean(reg) == 2
    assert there(reg) == {never, again}


def test_many(reg: Registry, clock: Clock) -> None:
    """They go in transactions of 50, behind those that stay, and no more once it is told to stop."""
    subject = an_image(reg, 1)
    for number in range(60):
        refer(reg, subject, *(["keep"] if number == 3 else []), number=number)
    for number in range(60, 120):
        refer(reg, subject, number=number)
    repositories.add_tags(reg, a_caller(), PLACE, {"entrepot:protected-tags": "keep"})
    delete(reg, subject)
    clock.forward(12 * HOUR)
    assert referrers.clean(reg, lambda _: True) == 49
    assert referrers.clean(reg) == 70
    assert len(there(reg)) == 1
