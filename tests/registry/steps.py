"""The steps of an upload, and what is left behind them."""

from __future__ import annotations

from pathlib import Path

from tests.factories import KEY, a_caller

from entrepot.registry import layers, uploads
from entrepot.registry.context import Registry

NAME = "team/app"
CALLER = a_caller("ecr:UploadLayerPart")


def files(folder: Path) -> tuple[int, int]:
    """How many temporary files and how many blobs there are."""
    storage = folder / "storage"
    return tuple(sum(path.is_file() for path in (storage / name).rglob("*")) for name in ("uploads", "blobs"))  # type: ignore[return-value]


def start(reg: Registry) -> str:
    return uploads.start(reg, CALLER, KEY, NAME)


def append(reg: Registry, upload: str, data: bytes, at: int | None = None) -> int:
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, at) as held:
        held.bytes.write(data)
        return uploads.keep(reg, held)


def finish(reg: Registry, upload: str, digest: str) -> None:
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
        uploads.finish(reg, CALLER, held, digest)


def stored(reg: Registry, digest: str) -> bytes:
    blob = layers.open_blob(reg, KEY, NAME, digest)
    try:
        return blob.read(0, blob.size)
    finally:
        blob.close()
