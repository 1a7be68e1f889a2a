"""Putting, getting, listing, describing and deleting images, on both databases."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from tests.factories import (
    KEY,
    Clock,
    a_blob,
    a_caller,
    a_descriptor,
    a_manifest,
    a_repository,
    an_image,
    an_index,
    push,
)

from entrepot.domain import digests, formats, manifests
from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.domain.quotas import Quotas
from entrepot.domain.repositories import Mutability
from entrepot.registry import deletion, images, repositories
from entrepot.registry.context import Registry
from entrepot.registry.held import Held
from entrepot.store import audit as audit_table
from entrepot.store import outbox as outbox_table

NAME = "team/app"


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def a_small_manifest(reg: Registry, number: int = 0) -> bytes:
    layer = b"layer %d" % number
    a_blob(reg, layer)
    a_blob(reg, b"{}")
    return a_manifest(layer)


def events(reg: Registry) -> list[tuple[str, str | None]]:
    rows = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
    details = [json.loads(row[0]) for row in rows]
    return [(detail["action-type"], detail.get("image-tag")) for detail in details]


def described(reg: Registry, **wish: str) -> images.Described:
    wanted = [ImageId(wish.get("digest"), wish.get("tag"))]
    [image], _ = images.describe(reg, KEY, NAME, wanted=wanted, tagged=None, token=None, limit=None)
    return image


def test_bytes_come_back_as_they_were_pushed(reg: Registry) -> None:
    """Unknown fields, spaces and the order of keys survive, by tag and by digest."""
    odd = b'{ "x-unknown": [1.50, "\\u00e9"],\n' + a_small_manifest(reg)[1:]
    digest = push(reg, odd, "v1").digest
    assert digest == digests.of(odd)
    for wish in (ImageId(None, "v1"), ImageId(digest, None), ImageId(digest, "v1")):
        image, data = images.get(reg, KEY, NAME, wish)
        assert data == odd
        assert image.manifest_size == len(odd)


def test_what_an_identifier_names(reg: Registry) -> None:
    """A tag beside a digest has to be that image's; an identifier without either names nothing."""
    one, two = an_image(reg, 1, "one"), an_image(reg, 2, "two")
    assert images.get(reg, KEY, NAME, ImageId(one, "one"))[0] == images.head(reg, KEY, NAME, ImageId(one, None))
    for wish in (
        ImageId(two, "one"),
        ImageId(one, "none"),
        ImageId(None, None),
        ImageId(None, "-"),
        ImageId("x", None),
    ):
        with pytest.raises(e.ImageNotFound):
            images.get(reg, KEY, NAME, wish)
        with pytest.raises(e.ImageNotFound):
            images.head(reg, KEY, NAME, wish)
    with pytest.raises(e.RepositoryNotFound):
        images.head(reg, KEY, "none", ImageId(None, "one"))


def test_a_damaged_manifest_is_not_kept_in_memory(reg: Registry) -> None:
    """Bytes that are not those of the digest are refused each time, and served once they are right again."""
    digest = an_image(reg, 1)
    manifest = images.get(reg, KEY, NAME, ImageId(digest, None))[1]
    restarted = replace(reg, held=Held())
    reg.db.write(lambda tx: tx.run("UPDATE manifests SET bytes = :bytes", bytes=b"wrong"))
    for _ in range(2):
        with pytest.raises(e.ManifestCorrupt):
            images.get(restarted, KEY, NAME, ImageId(digest, None))
    assert digest not in restarted.held
    push(restarted, manifest)
    assert images.get(restarted, KEY, NAME, ImageId(digest, None))[1] == manifest


def test_sha512(reg: Registry) -> None:
    """An image is kept under the digest that it was pushed by."""
    manifest = a_small_manifest(reg)
    digest = digests.of(manifest, "sha512")
    assert push(reg, manifest, digest=digest).digest == digest
    assert images.get(reg, KEY, NAME, ImageId(digest, None))[1] == manifest


def test_wrong_digest(reg: Registry) -> None:
    """A manifest that is not what its digest says is refused, and nothing is kept."""
    with pytest.raises(e.ImageDigestDoesNotMatch):
        push(reg, a_small_manifest(reg), digest=digests.of(b"other"))
    assert images.list_ids(reg, KEY, NAME, None, None, None) == ([], None)


def test_missing_blobs(reg: Registry) -> None:
    """A manifest whose blobs are missing names them in ECR's sentence; sparse takes it."""
    manifest = a_manifest(b"absent")
    with pytest.raises(e.LayersNotFound) as caught:
        push(reg, manifest)
    assert set(caught.value.digests) == {digests.of(b"{}"), digests.of(b"absent")}
    images.put(reg, a_caller(), KEY, NAME, images.Push(manifest, None, ("sparse",), None), sparse=True)
    assert images.get(reg, KEY, NAME, ImageId(None, "sparse"))[1] == manifest


def test_missing_children(reg: Registry) -> None:
    """An index whose images are missing names them in ECR's sentence."""
    child = a_small_manifest(reg)
    with pytest.raises(e.ReferencedImagesNotFound, match=r"Images with digests '\[sha256:.*\]' required for pushing"):
        push(reg, an_index(child))
    push(reg, child)
    push(reg, an_index(child), "all")


def test_blobs_of_other_repositories_do_not_count(reg: Registry) -> None:
    """A blob that only another repository has is missing here."""
    a_repository(reg, "other")
    a_blob(reg, b"theirs", "other")
    a_blob(reg, b"{}")
    with pytest.raises(e.LayersNotFound):
        push(reg, a_manifest(b"theirs"))


def test_foreign_layers_need_not_be_there(reg: Registry) -> None:
    """A non-distributable layer is named, not kept."""
    a_blob(reg, b"{}")
    foreign = a_descriptor(b"windows", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    push(reg, a_manifest(layers=[foreign | {"urls": ["http://127.0.0.1:1/"]}]))


def test_sizes(reg: Registry) -> None:
    """An image has the size of its config and layers, an index that of its largest image."""
    small, large = a_small_manifest(reg, 1), a_small_manifest(reg, 1000)
    assert described(reg, digest=push(reg, small).digest).image.size == len(b"{}") + len(b"layer 1")
    push(reg, large)
    assert described(reg, digest=push(reg, an_index(small, large)).digest).image.size == len(b"{}layer 1000")


@pytest.mark.parametrize(
    ("mutability", "tag", "moves"),
    [
        (Mutability("MUTABLE"), "v1", True),
        (Mutability("IMMUTABLE"), "v1", False),
        (Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", "dev-*")), "v1", False),
        (Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", "dev-*")), "latest", True),
        (Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", "dev-*")), "dev-7", True),
        (Mutability("MUTABLE_WITH_EXCLUSION", ("v*",)), "v1", False),
        (Mutability("MUTABLE_WITH_EXCLUSION", ("v*",)), "latest", True),
    ],
)
def test_mutability(reg: Registry, mutability: Mutability, tag: str, moves: bool) -> None:
    """A tag moves where it may; the same image again is never an error; a refused push leaves no image."""
    repositories.set_mutability(reg, a_caller(), KEY, NAME, mutability)
    first, second = a_small_manifest(reg, 1), a_small_manifest(reg, 2)
    push(reg, first, tag)
    assert not push(reg, first, tag).changed
    if moves:
        push(reg, second, tag)
        assert described(reg, tag=tag).image.digest == digests.of(second)
        assert described(reg, digest=digests.of(first)).tags == ()
    else:
        with pytest.raises(e.ImageTagAlreadyExists, match="cannot be overwritten because the tag is immutable"):
            push(reg, second, tag)
        assert described(reg, tag=tag).image.digest == digests.of(first)
        with pytest.raises(e.ImageNotFound):
            described(reg, digest=digests.of(second))


def test_several_tags_are_all_or_nothing(reg: Registry) -> None:
    """One immutable tag among several keeps the whole push out."""
    push(reg, a_small_manifest(reg, 1), "held")
    repositories.set_mutability(reg, a_caller(), KEY, NAME, Mutability("IMMUTABLE"))
    with pytest.raises(e.ImageTagAlreadyExists):
        push(reg, a_small_manifest(reg, 2), "free", "held")
    assert images.tag_page(reg, KEY, NAME, "", 10) == (["held"], False)


def test_too_many_tags(reg: Registry) -> None:
    """An image has at most so many tags (1,000); one that it has already may be pushed again."""
    assert reg.quotas.tags_per_image == 1000
    reg = replace(reg, quotas=Quotas(tags_per_image=2))
    manifest = a_small_manifest(reg)
    with pytest.raises(e.LimitExceeded, match="maximum of 2 tags"):
        push(reg, manifest, "a", "b", "c")
    assert images.tag_page(reg, KEY, NAME, "", 10) == ([], False)
    push(reg, manifest, "a", "b")
    push(reg, manifest, "b")
    with pytest.raises(e.LimitExceeded):
        push(reg, manifest, "c")


def test_put_once(reg: Registry) -> None:
    """The API refuses a push that changes nothing, and takes a new tag for an image that is there."""
    manifest = a_small_manifest(reg)

    def put(*tags: str) -> images.Put:
        return images.put_once(reg, a_caller(), KEY, NAME, images.Push(manifest, None, tags, None, declared=True))

    digest = put("one").digest
    with pytest.raises(e.ImageAlreadyExists, match=f"Image with digest '{digest}' and tag 'one' already exists"):
        put("one")
    with pytest.raises(e.ImageAlreadyExists, match="tag 'null'"):
        put()
    assert put("two").changed


def test_declared(reg: Registry) -> None:
    """The API wants to be told the media type; `/v2` tells it from the form."""
    bare = json.loads(a_small_manifest(reg))
    del bare["mediaType"]
    data = json.dumps(bare).encode()
    with pytest.raises(e.ManifestInvalid, match="imageManifestMediaType"):
        images.put_once(reg, a_caller(), KEY, NAME, images.Push(data, None, (), None, declared=True))
    assert push(reg, data).manifest.media_type == "application/vnd.oci.image.manifest.v1+json"


def test_declared_otherwise(reg: Registry) -> None:
    """A manifest that is there stays what it was pushed as: the answer and the event of a new tag say that."""
    oci, docker = "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"
    bare = json.loads(a_small_manifest(reg))
    del bare["mediaType"]
    data = json.dumps(bare).encode()
    for media_type, tag in ((oci, "one"), (docker, "two")):
        put = images.put(reg, a_caller(), KEY, NAME, images.Push(data, media_type, (tag,), None))
        assert put.manifest.media_type == oci
    rows = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
    assert [json.loads(row[0])["manifest-media-type"] for row in rows] == [oci, oci]
    assert images.head(reg, KEY, NAME, ImageId(None, "two")).media_type == oci


def test_events(reg: Registry) -> None:
    """Each tag that moves is a PUSH, each that goes a DELETE, and a push that changes nothing is silent."""
    manifest = a_small_manifest(reg)
    push(reg, manifest, "a", "b")
    push(reg, manifest, "a")
    push(reg, a_small_manifest(reg, 2))
    deletion.delete(reg, a_caller(), KEY, NAME, digests.of(manifest))
    assert events(reg) == [("PUSH", "a"), ("PUSH", "b"), ("PUSH", None), ("DELETE", "a"), ("DELETE", "b")]


def test_events_of_tags(reg: Registry) -> None:
    """A tag that goes alone is told like those that go with their image."""
    push(reg, a_small_manifest(reg), "a", "b", "c")
    for wish in (ImageId(None, "a"), ImageId(None, "c")):
        deletion.delete_many(reg, a_caller(), KEY, NAME, [wish])
    deletion.untag(reg, a_caller(), KEY, NAME, "b")
    assert events(reg)[3:] == [("DELETE", "a"), ("DELETE", "c"), ("DELETE", "b")]


def test_a_change_is_whole_or_not_at_all(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Image, tag, event and audit record are one transaction: where one cannot be written, there is none."""
    kept, manifest = an_image(reg, 1, "kept"), a_small_manifest(reg, 2)

    def everything() -> list[object]:
        tables = ("images", "tags", "manifests", "image_blobs", "outbox", "audit")
        return [reg.db.read(lambda tx, table=table: tx.all(f"SELECT * FROM {table}")) for table in tables]  # type: ignore[misc]

    def fail(*_: object) -> None:
        raise ConnectionError

    before = everything()
    for table in (audit_table, outbox_table):
        with monkeypatch.context() as broken:
            broken.setattr(table, "insert", fail)
            for change in (
                lambda: push(reg, manifest, "kept", "new"),
                lambda: deletion.delete(reg, a_caller(), KEY, NAME, kept),
                lambda: deletion.delete_many(reg, a_caller(), KEY, NAME, [ImageId(kept, None)]),
                lambda: deletion.untag(reg, a_caller(), KEY, NAME, "kept"),
            ):
                with pytest.raises(ConnectionError):
                    change()
    assert everything() == before


def test_batch_get_reports_each_failure(reg: Registry) -> None:
    """What cannot be had is reported with ECR's code and words, in the order of the request, once each."""
    digest = an_image(reg, 1, "v1")
    other = an_image(reg, 2, "v2")
    wanted = [
        ImageId(None, "v1"),
        ImageId(None, "v1"),
        ImageId(None, None),
        ImageId("junk", None),
        ImageId("sha256:00", None),
        ImageId(None, "nope"),
        ImageId(other, "v1"),
        ImageId(None, "\0"),
    ]
    found, failures = images.get_many(reg, a_caller(), KEY, NAME, wanted)
    assert [got.image_id for got in found] == [ImageId(digest, "v1")]
    assert [(failure.code, failure.reason) for failure in failures[:3]] == [
        ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"),
        (
            "InvalidImageDigest",
            "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
        ),
        ("ImageNotFound", "Requested image not found"),
    ]
    assert [failure.code for failure in failures[3:]] == [
        "ImageNotFound",
        "ImageTagDoesNotMatchDigest",
        "InvalidImageTag",
    ]


def test_batch_get_of_accepted_media_types(reg: Registry) -> None:
    """By tag an image is written in an accepted format, by digest never; what is stored stays as it was pushed."""
    manifest = a_small_manifest(reg)
    digest = push(reg, manifest, "v1").digest

    def got(*accepted: str, **wish: str) -> tuple[str, bytes] | None:
        wanted = ImageId(wish.get("digest"), wish.get("tag"))
        found, failures = images.get_many(reg, a_caller(), KEY, NAME, [wanted], accepted)
        assert [failure.code for failure in failures] == ([] if found else ["ImageNotFound"])
        assert [each.image_id for each in found] == [ImageId(digest, wish.get("tag"))] * len(found)
        return (found[0].media_type, found[0].manifest) if found else None

    stored, docker = (manifests.OCI_MANIFEST, manifest), manifests.DOCKER_MANIFEST
    assert got(tag="v1") == got(manifests.OCI_MANIFEST, docker, tag="v1") == stored
    converted = formats.convert(manifest, docker)
    assert got(docker, "a/b", tag="v1") == (docker, converted)
    assert got(docker, digest=digest) == got("a/b", digest=digest, tag="v1") == stored
    assert got("a/b", tag="v1") is got(manifests.OCI_INDEX, tag="v1") is None
    assert images.get(reg, KEY, NAME, ImageId(None, "v1"))[1] == manifest


def test_an_image_that_is_not_accepted_is_not_pulled(reg: Registry, clock: Clock) -> None:
    """What nobody got moves no pull time."""
    an_image(reg, 1, "v1")
    clock.forward(7200)
    for accepted, pulled in (("a/b", None), (manifests.DOCKER_MANIFEST, reg.now())):
        images.get_many(reg, a_caller(), KEY, NAME, [ImageId(None, "v1")], [accepted])
        reg.trail.flush(reg.db)
        assert images.head(reg, KEY, NAME, ImageId(None, "v1")).pulled_at == pulled


def test_list_and_describe_pages(reg: Registry) -> None:
    """Pages hold each (digest, tag) pair and each image once, filtered by tag status."""
    digest_of = {number: an_image(reg, number, *[f"t{number}-{n}" for n in range(number % 3)]) for number in range(30)}
    pairs: set[tuple[str, str | None]] = {
        (digest, tag)
        for number, digest in digest_of.items()
        for tag in (tuple(f"t{number}-{n}" for n in range(number % 3)) or (None,))
    }
    for tagged in (None, True, False):
        wanted = {pair for pair in pairs if tagged is None or (pair[1] is not None) == tagged}
        seen: list[tuple[str | None, str | None]] = []
        token: str | None = None
        while True:
            page, token = images.list_ids(reg, KEY, NAME, tagged, token, 7)
            seen += [(image.digest, image.tag) for image in page]
            if token is None:
                break
        assert len(seen) == len(wanted)
        assert set(seen) == wanted
        found: list[images.Described] = []
        while True:
            some, token = images.describe(reg, KEY, NAME, wanted=None, tagged=tagged, token=token, limit=7)
            found += some
            if token is None:
                break
        assert [image.image.digest for image in found] == sorted({digest for digest, _ in wanted})
        assert {(i.image.digest, tag) for i in found for tag in (i.tags or (None,))} == wanted


def test_describe_unknown(reg: Registry) -> None:
    """An identifier that names nothing is an error that prints it, with 'null' for what is absent."""
    with pytest.raises(e.ImageNotFound, match=r"imageId {imageDigest:'null', imageTag:'nope'} does not exist"):
        described(reg, tag="nope")


def test_tags_page(reg: Registry) -> None:
    """Tags are listed by their bytes, from after any text."""
    an_image(reg, 1, "b", "a", "B", "_", "0")
    assert images.tag_page(reg, KEY, NAME, "", 10) == (["0", "B", "_", "a", "b"], False)
    assert images.tag_page(reg, KEY, NAME, "B", 2) == (["_", "a"], True)


def gone(reg: Registry, *wanted: ImageId) -> tuple[set[ImageId], list[str]]:
    ids, failures = deletion.delete_many(reg, a_caller(), KEY, NAME, wanted)
    return set(ids), [failure.code for failure in failures]


def test_delete_by_tag(reg: Registry) -> None:
    """A tag goes alone, and the image with its last tag."""
    digest = an_image(reg, 1, "a", "b")
    assert gone(reg, ImageId(None, "a")) == ({ImageId(digest, "a")}, [])
    assert described(reg, digest=digest).tags == ("b",)
    assert gone(reg, ImageId(digest, "b")) == ({ImageId(digest, "b")}, [])
    with pytest.raises(e.ImageNotFound):
        described(reg, digest=digest)


def test_delete_by_digest(reg: Registry) -> None:
    """An image goes with all its tags, which the answer lists; an untagged one is listed by its digest."""
    tagged, untagged = an_image(reg, 1, "a", "b"), an_image(reg, 2)
    assert gone(reg, ImageId(tagged, None), ImageId(untagged, None), ImageId(None, "zz")) == (
        {ImageId(tagged, "a"), ImageId(tagged, "b"), ImageId(untagged, None)},
        ["ImageNotFound"],
    )


def test_children_are_protected(reg: Registry) -> None:
    """An image that an index names stays until the index is gone."""
    child = a_small_manifest(reg)
    digest = push(reg, child, "child").digest
    index = push(reg, an_index(child), "all").digest
    for wish in (ImageId(digest, None), ImageId(None, "child")):
        ids, failures = deletion.delete_many(reg, a_caller(), KEY, NAME, [wish])
        assert ids == []
        assert failures[0].code == "ImageReferencedByManifestList"
        assert failures[0].reason == f"Requested image referenced by manifest list: [{index}]"
    with pytest.raises(e.ImageReferenced):
        deletion.delete(reg, a_caller(), KEY, NAME, digest)
    assert gone(reg, ImageId(index, None), ImageId(digest, None))[1] == []


def test_untag_keeps_the_image(reg: Registry) -> None:
    """DELETE of a tag over `/v2` leaves its image, even when it was the last tag."""
    digest = an_image(reg, 1, "only")
    deletion.untag(reg, a_caller(), KEY, NAME, "only")
    assert described(reg, digest=digest).tags == ()
    with pytest.raises(e.ImageNotFound):
        deletion.untag(reg, a_caller(), KEY, NAME, "only")


def test_pull_times(reg: Registry, clock: Clock) -> None:
    """A pull is noted when the trail is written, and at most once an hour."""
    digest = an_image(reg, 1, "a")
    start = clock.at

    def pull() -> int | None:
        images.get_many(reg, a_caller(), KEY, NAME, [ImageId(None, "a")])
        reg.trail.flush(reg.db)
        return described(reg, digest=digest).image.pulled_at

    assert described(reg, digest=digest).image.pulled_at is None
    assert pull() == start
    clock.forward(3599)
    assert pull() == start
    clock.forward(1)
    assert pull() == start + 3_600_000_000


def test_two_tags_racing(reg: Registry) -> None:
    """Writers that move one tag at once leave it on one of their images, and all images whole."""
    manifests = [a_small_manifest(reg, number) for number in range(8)]
    barrier = threading.Barrier(8)

    def write(manifest: bytes) -> None:
        barrier.wait()
        for _ in range(5):
            push(reg, manifest, "latest")

    threads = [threading.Thread(target=write, args=(manifest,)) for manifest in manifests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert images.get(reg, KEY, NAME, ImageId(None, "latest"))[1] in manifests
    assert len(images.list_ids(reg, KEY, NAME, None, None, None)[0]) == 8
