"""Uploads: not there, lost or busy, and parts or bodies that do not fit them."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class InvalidLayerPart(RegistryError):
    registry_id: str
    repository: str
    upload_id: str
    last_valid_byte: int

    text = (
        "Invalid layer part upload for upload with id '{upload_id}'. "
        "The last valid byte received was {last_valid_byte}."
    )


@dataclass(eq=False)
class LayerPartTooSmall(RegistryError):
    text = "Layer parts must be at least 5 MiB in size."


@dataclass(eq=False)
class EmptyUpload(RegistryError):
    text = "The specified layer upload does not contain any layer parts."


@dataclass(eq=False)
class UploadNotFound(RegistryError):
    upload_id: str
    repository: str
    registry_id: str

    text = (
        "Upload with id '{upload_id}' could not be found for the repository with name "
        "'{repository}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class UploadRangeInvalid(RegistryError):
    """A chunk that does not start where the upload stands; `offset` bytes have been received."""

    upload_id: str
    offset: int

    text = "The chunk does not continue the upload, which stands at {offset} bytes."


@dataclass(eq=False)
class SizeInvalid(RegistryError):
    """A body with more or fewer bytes than were announced."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class UploadLost(RegistryError):
    """The bytes of an unfinished upload are gone or damaged (a power cut): it has to begin again."""

    upload_id: str

    text = "The upload could not be found, or the specified upload ID is not valid for this repository."


@dataclass(eq=False)
class UploadBusy(RegistryError):
    upload_id: str

    text = "Another request is writing to this upload. Wait and try again."
