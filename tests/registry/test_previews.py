"""Previews of lifecycle policies, on both databases."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from tests.domain.lifecycle_worlds import a_rule, a_text
from tests.factories import KEY, Clock, a_caller, a_repository, an_image

from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.registry import lifecycle, previews, repositories
from entrepot.registry.context import Registry
from entrepot.registry.previews import Shown
from entrepot.store import lifecycle as table

NAME = "team/app"
CALLER = a_caller("ecr:StartLifecyclePolicyPreview")
DAY = 24 * 3600


def start(reg: Registry, *rules: dict[str, Any]) -> str:
    return previews.start(reg, CALLER, KEY, NAME, a_text(*rules) if rules else None)


def get(reg: Registry, **how: Any) -> Shown:
    chosen: dict[str, Any] = {"wanted": None, "tagged": None, "token": None, "limit": None, **how}
    return previews.get(reg, KEY, NAME, **chosen)


def records(reg: Registry, action: str) -> list[dict[str, Any]]:
    rows = reg.db.read(lambda tx: tx.all("SELECT action, parameters FROM audit ORDER BY id"))
    return [json.loads(row[1]) for row in rows if row[0] == action]


@pytest.fixture
def some(reg: Registry, clock: Clock) -> list[str]:
    """Five images, the oldest first; the second and the fourth have a tag."""
    a_repository(reg)
    found = []
    for number in range(5):
        found.append(an_image(reg, number, *([f"v{number}"] if number % 2 else [])))
        clock.forward(3600)
    return found


def test_a_preview(reg: Registry, some: list[str]) -> None:
    """A preview is in progress until it is made, then it lists what the policy would take, and changes nothing."""
    text = start(reg, a_rule(3, "any", more_than=1))
    assert get(reg) == Shown(text, "IN_PROGRESS", (), {}, None)
    assert previews.make(reg) == 1
    assert previews.make(reg) == 0
    shown = get(reg)
    assert (shown.text, shown.status, shown.counts, shown.token) == (text, "COMPLETE", {"EXPIRE": 4}, None)
    assert [image.digest for image in shown.images] == sorted(some[:4])
    assert {image.priority for image in shown.images} == {3}
    assert {image.digest: image.tags for image in shown.images}[some[1]] == ("v1",)
    assert records(reg, "ecr:PolicyExecutionEvent") == []
    (record,) = records(reg, "ecr:DryRunEvent")
    assert len(record["lifecycleEventImageActions"]) == 4


def test_preview_equals_run(reg: Registry, some: list[str], clock: Clock) -> None:
    """What a preview of the repository's own policy lists is what the run then takes."""
    text = a_text(a_rule(1, "tagged", patterns=["v*"], more_than=1), a_rule(2, "any", pushed=1, archive=True))
    lifecycle.put(reg, CALLER, KEY, NAME, text)
    clock.forward(2 * DAY)
    assert start(reg) == text
    previews.make(reg)
    shown = get(reg)
    lifecycle.run(reg, KEY, NAME)
    actions = [
        one for record in records(reg, "ecr:PolicyExecutionEvent") for one in record["lifecycleEventImageActions"]
    ]
    assert [(image.digest, image.priority) for image in shown.images] == sorted(
        (one["lifecycleEventImage"]["digest"], one["rulePriority"]) for one in actions
    )
    assert shown.counts == {"EXPIRE": 1, "TRANSITION": 3}


def test_refusals(reg: Registry, some: list[str]) -> None:
    """No repository, no policy, no preview, a bad policy, and one preview at a time."""
    with pytest.raises(e.LifecyclePolicyNotFound):
        start(reg)
    with pytest.raises(e.LifecyclePolicyPreviewNotFound):
        get(reg)
    with pytest.raises(e.LifecyclePolicyInvalid):
        previews.start(reg, CALLER, KEY, NAME, "{}")
    with pytest.raises(e.RepositoryNotFound):
        previews.start(reg, CALLER, KEY, "none", a_text(a_rule(1, "any", more_than=1)))
    start(reg, a_rule(1, "any", more_than=1))
    with pytest.raises(e.LifecyclePolicyPreviewInProgress):
        start(reg, a_rule(1, "any", more_than=2))
    previews.make(reg)
    start(reg, a_rule(1, "any", more_than=2))


def test_a_later_preview_takes_the_place_of_another(reg: Registry, some: list[str]) -> None:
    """Nothing of the first preview is left in the second."""
    start(reg, a_rule(1, "any", more_than=1))
    previews.make(reg)
    start(reg, a_rule(2, "any", more_than=4))
    assert get(reg).images == ()
    previews.make(reg)
    assert [(image.digest, image.priority) for image in get(reg).images] == [(some[0], 2)]


def test_pages_and_filters(reg: Registry, some: list[str]) -> None:
    """Pages follow each other, a token is of its own list, and images can be asked for by tag status or by name."""
    start(reg, a_rule(1, "any", more_than=1))
    previews.make(reg)
    first = get(reg, limit=3)
    second = get(reg, limit=3, token=first.token)
    assert [image.digest for image in (*first.images, *second.images)] == sorted(some[:4])
    assert second.token is None
    assert first.counts == second.counts == {"EXPIRE": 4}
    with pytest.raises(e.InvalidParameter, match="nextToken"):
        get(reg, tagged=True, token=first.token)
    assert {image.digest for image in get(reg, tagged=True).images} == {some[1], some[3]}
    assert {image.digest for image in get(reg, tagged=False).images} == {some[0], some[2]}
    wanted = [ImageId(some[0], None), ImageId(None, "v1"), ImageId(some[4], None), ImageId(None, "none")]
    assert {image.digest for image in get(reg, wanted=wanted).images} == {some[0], some[1]}
    assert {image.digest for image in get(reg, wanted=wanted, tagged=True).images} == {some[1]}
    with pytest.raises(e.InvalidParameter, match="imageIds"):
        get(reg, wanted=[ImageId(None, None)])


def test_a_day_later(reg: Registry, some: list[str], clock: Clock) -> None:
    """A preview is EXPIRED after a day and can be asked for again."""
    start(reg, a_rule(1, "any", more_than=1))
    previews.make(reg)
    clock.forward(DAY)
    assert previews.forget(reg) == 0
    assert get(reg).status == "COMPLETE"
    clock.forward(1)
    assert previews.forget(reg) == 4
    assert previews.forget(reg) == 0
    assert (get(reg).status, get(reg).images) == ("EXPIRED", ())
    start(reg, a_rule(1, "any", more_than=1))
    assert get(reg).status == "IN_PROGRESS"


def test_a_preview_that_was_broken_off(reg: Registry, some: list[str]) -> None:
    """What a process that was killed had written of a preview does not stay in it."""
    start(reg, a_rule(1, "any", more_than=4))
    repository = reg.db.read(lambda tx: repositories.find(tx, KEY, NAME))
    left_over = table.Previewed("sha256:left", (), 1, "ACTIVE", 9, "EXPIRE")
    reg.db.write(lambda tx: table.keep_previewed(tx, repository.id, left_over))
    assert previews.make(reg) == 1
    assert [image.digest for image in get(reg).images] == [some[0]]


def test_a_preview_that_cannot_be_made(reg: Registry, some: list[str]) -> None:
    """A preview that breaks is FAILED, does not keep others from being made, and can be asked for again."""
    start(reg, a_rule(1, "any", more_than=1))
    a_repository(reg, "zzz")
    previews.start(reg, CALLER, KEY, "zzz", a_text(a_rule(1, "any", more_than=1)))
    first = reg.db.read(lambda tx: repositories.find(tx, KEY, NAME))
    reg.db.write(lambda tx: tx.run("UPDATE lifecycle_previews SET text = '' WHERE repository = :id", id=first.id))
    with pytest.raises(e.LifecyclePolicyInvalid):
        previews.make(reg)
    assert get(reg).status == "FAILED"
    assert previews.get(reg, KEY, "zzz", wanted=None, tagged=None, token=None, limit=None).status == "COMPLETE"
    start(reg, a_rule(1, "any", more_than=1))
    assert previews.make(reg) == 1


def test_a_repository_deleted_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """A repository that goes while its preview is made takes the preview with it, without an error."""
    start(reg, a_rule(1, "any", more_than=1))
    gone: list[bool] = []

    def now() -> int:
        if not gone:
            gone.append(True)
            thread = threading.Thread(target=_delete, args=(reg,))
            thread.start()
            thread.join(20)
        return clock.at

    assert previews.make(replace(reg, now=now)) == 1
    assert gone == [True]
    with pytest.raises(e.RepositoryNotFound):
        get(reg)


def _delete(reg: Registry) -> None:
    repositories.delete(reg, a_caller("ecr:DeleteRepository"), KEY, NAME, force=True)


def test_many(reg: Registry, some: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """More images than one transaction takes are all in the preview, and all of the last one are gone from it."""
    monkeypatch.setattr(previews, "BATCH", 7)
    for number in range(10, 40):
        an_image(reg, number)
    for more_than in (1, 5):
        start(reg, a_rule(1, "any", more_than=more_than))
        previews.make(reg)
    assert get(reg).counts == {"EXPIRE": 30}
