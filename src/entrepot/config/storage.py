"""Where metadata and bytes live, and how long they are kept."""

from typing import Annotated

from msgspec import Meta, Struct

from entrepot.config.units import DAY, MIB


class Database(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the metadata lives."""

    url: Annotated[
        str,
        Meta(
            description="`postgresql://USER@HOST/NAME`; empty means SQLite in the data folder.",
            pattern=r"^$|^postgres(ql)?://",
        ),
    ] = ""


class Storage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the bytes live."""

    reserve: Annotated[
        int | str,
        Meta(
            description="Where less than this is free, beside `storage.database_reserve`, images in the recycle bin "
            "go, those deleted first in front: bytes, a size such as `20GiB`, or a percentage of the file system. "
            "No upload is refused for it.",
        ),
    ] = "5%"
    database_reserve: Annotated[
        int,
        Meta(
            description="Bytes that stay free beside the blobs, so that the database can still write; an upload that "
            "would need them is answered 507.",
            ge=0,
        ),
    ] = 128 * MIB


class Gc(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Garbage collection."""

    interval: Annotated[
        float,
        Meta(description="Seconds from one collection to the next; 0 means never by itself.", ge=0, le=366 * DAY),
    ] = 3600.0
    grace: Annotated[
        float,
        Meta(
            description="Seconds that a blob is kept after its lease was over: see docs/operating.md.",
            ge=0,
            le=3660 * DAY,
        ),
    ] = 3600.0


class Lifecycle(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Lifecycle policies."""

    interval: Annotated[
        float,
        Meta(
            description="Seconds from one run of a repository's policy to the next, and from its setting to the first; "
            "0 means never by itself.",
            ge=0,
            le=366 * DAY,
        ),
    ] = 3600.0


class Scrub(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hashing what is stored again, to find damage."""

    days: Annotated[
        float,
        Meta(description="Every blob is hashed again after so many days; 0 means never by itself.", ge=0, le=3660),
    ] = 7.0
    bytes_per_second: Annotated[
        float, Meta(description="Bytes a second that this may read; 0 means as fast as it goes.", ge=0)
    ] = 20.0 * MIB


class Archive(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Images in the archive."""

    activation_seconds: Annotated[
        float,
        Meta(
            description="Seconds that an image is ACTIVATING when it is restored from the archive; looked at every "
            "30 seconds. Amazon ECR needs up to 20 minutes.",
            ge=0,
            le=DAY,
        ),
    ] = 0.0


class Trash(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The recycle bin."""

    retention_days: Annotated[
        float,
        Meta(
            description="Days that a deleted image can be restored with `entrepot trash restore`; 0 means no bin.",
            ge=0,
            le=3660,
        ),
    ] = 7.0


class Protection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What nobody can delete."""

    tags: Annotated[
        tuple[str, ...],
        Meta(description="Images with a tag that one of these wildcards fits, such as `release-*`, in any repository."),
    ] = ()
