"""Checking everything that is stored, and mending what can be mended without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from entrepot.blobs.store import Stored, digest_of
from entrepot.domain import digests
from entrepot.domain.blobs import LEASE, Blob
from entrepot.domain.errors import BlobCorrupt, BlobMissing, StorageUnavailable
from entrepot.registry import damage, garbage
from entrepot.registry.context import Registry
from entrepot.store import blobs, images, integrity, uploads
from entrepot.store.db import Tx

PAGE = 200
_MANIFESTS = 16  # each may have 4 MiB
_SETTLED = 60_000_000  # beside a server, a younger file may be one that a request is just giving back (microseconds)

Advance = Callable[[int], None]
"""Is told the bytes of each piece that was hashed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it has to be. `remedy` says what mends it, or what was done."""

    kind: str
    where: str
    remedy: str
    repaired: bool = False


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found."""

    blobs: int = 0
    bytes: int = 0
    manifests: int = 0
    files: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Findings that were not repaired."""
        return sum(not finding.repaired for finding in self.findings)


def check(
    reg: Registry, *, repair: bool = False, quick: bool = False, sparse: bool = False, advance: Advance = lambda _: None
) -> Report:
    """Look at every row, every file and every byte; with `repair` mend what can be.

    Without it this runs beside a server: what a push or garbage collection changes meanwhile is no finding. `repair`
    has to have the folder to itself. `quick` hashes only files that changed since they were hashed last. `sparse`:
    manifests may name what their repository does not have. What cannot be read ends the check and is a finding.
    """
    run = _Run(reg, Report(), repair, quick, advance)
    try:
        run.database()
        run.references()
        run.manifests()
        if not sparse:
            run.absent()
        bad = run.blobs()
        run.leftovers(bad)
        run.uploads()
    except StorageUnavailable as error:
        run.found("unreadable", error.detail, "the check ended here; see to the disk, or restore a backup")
    return run.report


@dataclass(slots=True)
class _Run:
    reg: Registry
    report: Report
    repair: bool
    quick: bool
    advance: Advance

    def found(self, kind: str, where: str, remedy: str, *, repaired: bool = False) -> None:
        self.report.findings.append(Finding(kind, where, remedy, repaired))

    def database(self) -> None:
        for text in self.reg.db.read(partial(integrity.file_damage, dialect=self.reg.db.dialect)):
            self.found("damaged database", text, "restore a backup")

    def references(self) -> None:
        look = partial(integrity.broken_references, dialect=self.reg.db.dialect)
        broken = self.reg.db.read(look)
        while broken:
            for table, row, parent in broken:
                if self.repair:
                    self.reg.db.write(partial(integrity.drop_row, table=table, row=row))
                where = f"row {row} of {table} refers to a row of {parent} that is not there"
                self.found("broken reference", where, "the row is removed by --repair", repaired=self.repair)
            broken = self.reg.db.read(look) if self.repair else []

    def manifests(self) -> None:
        after = 0
        while page := self.reg.db.read(partial(integrity.manifests, after=after, limit=_MANIFESTS)):
            for image, repository, digest, data in page:
                self.report.manifests += 1
                if data is None or digests.of(data, digests.algorithm_of(digest)) != digest:
                    self._manifest(image, repository, digest)
            after = page[-1][0]

    def _manifest(self, image: int, repository: str, digest: str) -> None:
        """A manifest whose bytes are wrong: the same in another repository may be right."""
        where = f"manifest {digest} of {repository}"

        def mend(tx: Tx) -> bool:
            for data in integrity.copies(tx, digest, image, 10):
                if digests.of(data, digests.algorithm_of(digest)) == digest:
                    images.keep_manifest(tx, image, data)
                    return True
            return False

        if self.repair and self.reg.db.write(mend):
            self.found("wrong manifest", where, "copied from another repository", repaired=True)
        else:
            self.found(
                "wrong manifest", where, "push the image again; --repair copies it where another repository has it"
            )

    def absent(self) -> None:
        for repository, name, digest in _pages(self.reg, integrity.absent_blobs):
            if self.repair and self.reg.db.write(partial(self._join, repository=repository, digest=digest)):
                self.found("absent blob", f"{digest} in {name}", "taken from another repository", repaired=True)
            else:
                self.found("absent blob", f"{digest} in {name}", "push the image again")
        for _, name, digest in _pages(self.reg, integrity.absent_children):
            self.found("absent image", f"{digest} in {name}", "push the image that the index names")

    def _join(self, tx: Tx, repository: int, digest: str) -> bool:
        blob = blobs.stored(tx, "", digest)
        if blob is not None:
            blobs.join(tx, repository, blob.id, self.reg.now() + LEASE)
        return blob is not None

    def blobs(self) -> dict[str, Blob]:
        """Look at every blob's bytes; the blobs whose bytes are wrong or missing, by digest."""
        bad: dict[str, Blob] = {}
        after = 0
        while page := self.reg.db.read(partial(blobs.page, after=after, limit=PAGE)):
            right: list[tuple[Blob, str]] = []
            for blob in page:
                self._blob(blob, right, bad)
            if self.repair:
                damage.healed(self.reg, [one for one in right if one[1] != one[0].identity])
            after = page[-1].id
        return bad

    def _blob(self, blob: Blob, right: list[tuple[Blob, str]], bad: dict[str, Blob]) -> None:
        self.report.blobs += 1
        self.report.bytes += blob.size
        stored = Stored(blob.location, blob.size, blob.identity)
        try:
            if self.quick:
                opened = self.reg.blobs.open(stored, blob.digest)
                opened.close()
                right.append((blob, opened.identity))
                self.advance(blob.size)
            else:
                right.append((blob, self.reg.blobs.verify(stored, blob.digest, self.advance)))
        except (BlobMissing, BlobCorrupt) as error:
            now = self.reg.db.read(lambda tx: blobs.stored(tx, "", blob.digest))
            if now is not None and now.location == blob.location:  # else collected or pushed anew meanwhile
                bad[blob.digest] = blob
                if not self.repair:
                    self._bad(blob, isinstance(error, BlobMissing))

    def _bad(self, blob: Blob, missing: bool, *, marked: bool = False) -> None:
        remedy = "marked: push it again, and it is healed" if marked else "push it again; --repair lets clients know"
        self.found("missing bytes" if missing else "wrong bytes", f"{blob.digest} at {blob.location}", remedy)

    def leftovers(self, bad: dict[str, Blob]) -> None:
        """Files that no row names: taken in place of bad bytes where they are right, else removed."""
        listing = iter(self.reg.blobs.locations())
        while batch := list(islice(listing, PAGE)):
            self.report.files += len(batch)
            for location in self.reg.db.read(partial(garbage.unnamed, locations=batch)):
                self._leftover(location, bad)
        for blob in bad.values() if self.repair else ():
            damage.found(self.reg, blob)
            self._bad(blob, self.reg.blobs.size(blob.location) is None, marked=True)

    def _leftover(self, location: str, bad: dict[str, Blob]) -> None:
        blob = bad.get(digest_of(location))
        if not self.repair:
            self.found("bytes without a row", location, "removed by --repair or `entrepot gc`")
        elif blob is not None and self._adopt(blob, location):
            del bad[blob.digest]
            self.found("wrong bytes", f"{blob.digest} at {blob.location}", f"taken from {location}", repaired=True)
        else:
            self.reg.blobs.delete(location)
            self.found("bytes without a row", location, "removed", repaired=True)

    def _adopt(self, blob: Blob, location: str) -> bool:
        try:
            identity = self.reg.blobs.verify(Stored(location, blob.size, ""), blob.digest, self.advance)
        except (BlobMissing, BlobCorrupt):
            return False
        self.reg.db.write(lambda tx: blobs.move(tx, blob.id, location, identity, self.reg.now()))
        self.reg.blobs.delete(blob.location)
        return True

    def uploads(self) -> None:
        """Temporary files that no upload names, and that no request holds."""
        for upload in self.reg.blobs.abandoned(self.reg.now() - (0 if self.repair else _SETTLED)):
            if not self.reg.db.read(partial(uploads.known, upload=upload)):
                if self.repair:
                    self.reg.blobs.discard(upload)
                self.found(
                    "leftover upload", upload, "removed by --repair, or by itself in a day", repaired=self.repair
                )


def _pages(
    reg: Registry, look: Callable[[Tx, tuple[int, str], int], list[tuple[int, str, str]]]
) -> Iterator[tuple[int, str, str]]:
    after = (0, "")
    while page := reg.db.read(partial(look, after=after, limit=PAGE)):  # type: ignore[call-arg]
        yield from page
        after = (page[-1][0], page[-1][2])
