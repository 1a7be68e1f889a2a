"""Images: put, get, list and describe them. Both doors call these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from entrepot.domain import digests, formats, manifests, names, pages
from entrepot.domain.blobs import LEASE
from entrepot.domain.errors import (
    ImageAlreadyExists,
    ImageDigestDoesNotMatch,
    ImageTagAlreadyExists,
    LayersNotFound,
    LimitExceeded,
    ManifestCorrupt,
    ReferencedImagesNotFound,
)
from entrepot.domain.images import ACTIVE, Failure, Image, ImageId
from entrepot.domain.manifests import Manifest
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, creation, quotas, repositories, storage_class
from entrepot.registry.announcements import announce
from entrepot.registry.context import Registry
from entrepot.registry.lookup import find, find_active, lookup, not_found
from entrepot.store import bin as bin_table
from entrepot.store import blobs, tags
from entrepot.store import images as table
from entrepot.store.db import Tx

BATCH_BYTES = 64 * 1024**2  # of manifests in the answer to one BatchGetImage


@dataclass(frozen=True, slots=True)
class Push:
    """A manifest on its way in. `digest` is the one the pusher names, None where it names none.

    `declared`: pusher or manifest have to say the media type, as the ECR API asks.
    """

    data: bytes
    media_type: str | None
    tags: tuple[str, ...]
    digest: str | None
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a push: the image's digest, what is kept of its manifest, whether anything changed.

    `absent` is how much of what a new, sparse manifest names is not in the repository.
    """

    digest: str
    manifest: Manifest
    changed: bool
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Got:
    """An image as a batch gives it: what it was asked by with its digest, and its manifest in an accepted format.

    Where that is not the one stored, the digest is still that of the image as it is stored.
    """

    image_id: ImageId
    media_type: str
    manifest: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """An image with its tags, by name."""

    image: Image
    tags: tuple[str, ...]


def put(reg: Registry, caller: Caller, key: RegistryKey, name: str, push: Push, *, sparse: bool = False) -> Put:
    """Keep a manifest and point its tags at it, all or nothing.

    Pushing what is there already changes nothing and is no error, also where tags are immutable; an image that is in
    the archive is back at once, and one in the recycle bin makes room for the one that is pushed.
    Raises ManifestInvalid, ManifestTooLarge, TagInvalid, DigestInvalid, ImageDigestDoesNotMatch, RepositoryNotFound,
    ImageTagAlreadyExists, LimitExceeded above the quotas of tags of one image or images of one repository, and
    LayersNotFound or ReferencedImagesNotFound unless `sparse`.
    """
    manifest = manifests.parse(push.data, push.media_type, declared=push.declared)
    for tag in push.tags:
        names.parse_tag(tag)
    algorithm = digests.algorithm_of(digests.parse(push.digest)) if push.digest else "sha256"
    digest = digests.of(push.data, algorithm)
    if push.digest not in (None, digest):
        raise ImageDigestDoesNotMatch(push.digest or "", digest)

    def write(tx: Tx) -> Put:
        repository = creation.find(tx, reg, caller, key, name)
        now = reg.now()
        known = table.find(tx, repository.id, digest)
        if known is not None and table.manifest(tx, known.id) != push.data:
            table.keep_manifest(tx, known.id, push.data)  # what was stored is damaged: these are the right bytes
        absent = 0 if known else _missing(tx, repository, manifest, sparse=sparse)
        image = known.id if known else _insert(tx, reg, repository, digest, manifest, push.data)
        restored = bool(known and storage_class.activate(tx, repository, known, now))
        if known and known.subject:
            table.forget_subject(tx, image)
        kept = replace(manifest, media_type=known.media_type, artifact_type=known.artifact_type) if known else manifest
        moved = [tag for tag in push.tags if _point(tx, reg, repository, tag, image)]
        for tag in moved or ((None,) if known is None else ()):
            announce(tx, repository, "PUSH", digest, tag, kept.media_type, kept.artifact_type, now)
        changed = known is None or restored or bool(moved)
        if changed:
            audit.changed(tx, caller, now, repositories.arn(repository), imageDigest=digest, imageTags=moved)
        return Put(digest, kept, changed, absent)

    return reg.db.write(write)


def put_once(reg: Registry, caller: Caller, key: RegistryKey, name: str, push: Push, *, sparse: bool = False) -> Put:
    """Like `put`, but refuses a push that changes nothing with ImageAlreadyExists, as the ECR API does."""
    result = put(reg, caller, key, name, push, sparse=sparse)
    if not result.changed:
        raise ImageAlreadyExists(result.digest, push.tags[0] if push.tags else None, name, key.account)
    return result


def _missing(tx: Tx, repository: Repository, manifest: Manifest, *, sparse: bool) -> int:
    """How much of what a manifest names the repository does not have; where that is refused, only 0.

    An image in the archive is as good as missing: an index is to be pulled whole. Pushing the image brings it back.
    """
    blobs_ = dict.fromkeys(named.digest for named in manifest.blobs)
    lost = tuple(digest for digest in blobs_ if blobs.sound(tx, repository.id, digest) is None)
    if lost and not sparse:
        raise LayersNotFound(lost, repository.name, repository.account)
    children = dict.fromkeys(named.digest for named in manifest.children)
    absent = tuple(digest for digest in children if not _active(table.find(tx, repository.id, digest)))
    if absent and not sparse:
        raise ReferencedImagesNotFound(absent, repository.name, repository.account)
    return len(lost) + len(absent)


def _active(image: Image | None) -> bool:
    return image is not None and image.status == ACTIVE


def _insert(tx: Tx, reg: Registry, repository: Repository, digest: str, manifest: Manifest, data: bytes) -> int:
    bin_table.drop(tx, repository.id, digest)
    children = (table.find(tx, repository.id, named.digest) for named in manifest.children)
    size = max((child.size for child in children if child), default=manifest.size)
    image = table.insert(tx, repository.id, digest, manifest, len(data), size, reg.now())
    if image is None:
        raise ImageAlreadyExists(digest, None, repository.name, repository.account)
    quotas.check_images(tx, reg, repository, image)
    table.keep_manifest(tx, image, data)
    table.adopt(tx, repository.id, digest)
    for named in manifest.blobs:
        table.name_blob(tx, repository.id, image, named.digest, named.media_type)
    for named in manifest.blobs[:1]:
        blobs.trace(tx, repository.id, named.digest, reg.now() + LEASE)
    for named in manifest.children:
        table.name_child(tx, repository.id, image, named.digest)
    return image


def _point(tx: Tx, reg: Registry, repository: Repository, tag: str, image: int) -> bool:
    """Point a tag at an image; False when it pointed there. Raises ImageTagAlreadyExists, LimitExceeded."""
    held_by = tags.holder(tx, repository.id, tag)
    if held_by == image:
        return False
    if held_by is not None and not repository.mutability.tag_may_move(tag):
        raise ImageTagAlreadyExists(tag, repository.name)
    limit = reg.quotas.tags_per_image
    if tags.count(tx, image) >= limit:
        raise LimitExceeded(f"The image has the maximum of {limit} tags.")
    tags.point(tx, repository.id, tag, image, reg.now())
    return True


# --- reading ---------------------------------------------------------------------------------------------------


def get(reg: Registry, key: RegistryKey, name: str, wanted: ImageId) -> tuple[Image, bytes]:
    """An active image and its manifest, byte for byte as it was pushed. Raises RepositoryNotFound, ImageNotFound.

    Noting that it was pulled is the caller's: not every read is a pull.
    """

    def read(tx: Tx) -> tuple[Image, bytes]:
        image = _pullable(tx, key, name, wanted)
        return image, _manifest(tx, reg, image)

    return reg.db.read(read)


def _pullable(tx: Tx, key: RegistryKey, name: str, wanted: ImageId) -> Image:
    """The active image that a tag or a digest names. Raises RepositoryNotFound, ImageNotFound."""
    both = wanted.tag is not None and wanted.digest is not None
    image = None if both else table.of_repository(tx, key.account, key.region, name, wanted.tag, wanted.digest)
    if image is None or image.status != ACTIVE:
        return find_active(tx, repositories.find(tx, key, name), wanted)
    return image


def _manifest(tx: Tx, reg: Registry, image: Image) -> bytes:
    """The manifest of an image. Raises ManifestCorrupt when its bytes are not those of its digest."""
    data = reg.held.get(image.digest)
    if data is None:
        data = table.manifest(tx, image.id)
        if digests.of(data, digests.algorithm_of(image.digest)) != image.digest:
            raise ManifestCorrupt(image.digest)
        reg.held.keep(image.digest, data)
    return data


def head(reg: Registry, key: RegistryKey, name: str, wanted: ImageId) -> Image:
    """An active image without its manifest. Raises RepositoryNotFound, ImageNotFound."""
    return reg.db.read(lambda tx: _pullable(tx, key, name, wanted))


def get_many(
    reg: Registry,
    caller: Caller,
    key: RegistryKey,
    name: str,
    wanted: Sequence[ImageId],
    accepted: Sequence[str] = (),
) -> tuple[list[Got], list[Failure]]:
    """Active images with their manifests, and why others of the batch could not be had.

    An image that is asked for by tag alone comes in a media type that is `accepted`, any where none is named; by
    digest it comes as it is stored. Raises RepositoryNotFound, and LimitExceeded for more than BATCH_BYTES of
    manifests: memory has to hold them.
    """
    found, failures, pulled = reg.db.read(
        lambda tx: _batch(tx, reg, repositories.find(tx, key, name), dict.fromkeys(wanted), accepted)
    )
    for image in pulled:
        audit.pulled(reg, caller, image.id, image.pulled_at)
    return found, failures


def _batch(
    tx: Tx, reg: Registry, repository: Repository, wanted: Iterable[ImageId], accepted: Sequence[str]
) -> tuple[list[Got], list[Failure], list[Image]]:
    """What is answered of a batch, why others could not be had, and the images whose manifests are answered."""
    found: list[Got] = []
    failures: list[Failure] = []
    pulled: list[Image] = []
    room = BATCH_BYTES
    for wish in wanted:
        image = lookup(tx, repository, wish)
        if isinstance(image, Failure):
            failures.append(image)
            continue
        room -= image.manifest_size if image.status == ACTIVE else 0
        if room < 0:
            raise LimitExceeded(f"The manifests of the batch have more than {BATCH_BYTES} bytes.")
        got = _got(tx, reg, image, wish, accepted) if image.status == ACTIVE else None
        if got is None:
            failures.append(not_found(wish))
        else:
            found.append(got)
            pulled.append(image)
    return found, failures, pulled


def _got(tx: Tx, reg: Registry, image: Image, wish: ImageId, accepted: Sequence[str]) -> Got | None:
    """An image of a batch, None where its manifest cannot be had in an accepted media type."""
    offered = formats.offer(_manifest(tx, reg, image), image.media_type, accepted if wish.digest is None else ())
    return None if offered is None else Got(ImageId(image.digest, wish.tag), *offered)


def list_ids(
    reg: Registry,
    key: RegistryKey,
    name: str,
    tagged: bool | None,
    token: str | None,
    limit: int | None,
    *,
    status: str | None = ACTIVE,
) -> tuple[list[ImageId], str | None]:
    """A page of (digest, tag) pairs by digest and tag, and the token of the next.

    `tagged` None means all, `status` None any.

    Raises RepositoryNotFound, InvalidParameter for a bad token.
    """
    count = limit or pages.DEFAULT

    def read(tx: Tx) -> tuple[list[ImageId], str | None]:
        repository = repositories.find(tx, key, name)
        scope = f"ids {repository.id} {tagged} {status}"
        rows = table.page_of_ids(tx, repository.id, tagged, pages.start(scope, token, 2), count + 1, status)
        last = (rows[count - 1][0], rows[count - 1][1] or "") if len(rows) > count else None
        return [ImageId(*row) for row in rows[:count]], pages.token(scope, last) if last else None

    return reg.db.read(read)


def describe(
    reg: Registry,
    key: RegistryKey,
    name: str,
    *,
    wanted: Sequence[ImageId] | None,
    tagged: bool | None,
    token: str | None,
    limit: int | None,
    status: str | None = ACTIVE,
) -> tuple[list[Described], str | None]:
    """The images that `wanted` names, of any status, or a page of those that fit, and the token of the next page.

    A page is by digest. `tagged` None means all, `status` None any.

    Raises RepositoryNotFound, ImageNotFound, InvalidParameter for a bad token.
    """
    count = limit or pages.DEFAULT

    def read(tx: Tx) -> tuple[list[Described], str | None]:
        repository = repositories.find(tx, key, name)
        if wanted is not None:
            named = {image.id: image for image in (find(tx, repository, wish) for wish in wanted)}
            return [_described(tx, image) for image in named.values()], None
        scope = f"images {repository.id} {tagged} {status}"
        (after,) = pages.start(scope, token, 1)
        rows = table.page(tx, repository.id, tagged, after, count + 1, status)
        following = pages.token(scope, (rows[count - 1].digest,)) if len(rows) > count else None
        return [_described(tx, image) for image in rows[:count]], following

    return reg.db.read(read)


def _described(tx: Tx, image: Image) -> Described:
    return Described(image, tuple(tags.of(tx, image.id)))


def tag_page(reg: Registry, key: RegistryKey, name: str, after: str, limit: int) -> tuple[list[str], bool]:
    """Up to `limit` tags of active images by name from the one after `after`, and whether there are more.

    Raises RepositoryNotFound.
    """

    def read(tx: Tx) -> tuple[list[str], bool]:
        rows = tags.page(tx, repositories.find(tx, key, name).id, after, limit + 1)
        return rows[:limit], len(rows) > limit

    return reg.db.read(read)
