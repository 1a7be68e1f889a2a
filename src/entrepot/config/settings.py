"""Everything that can be chosen about one installation, and the keys that choose it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from entrepot.config.events import Events
from entrepot.config.limits import Limits, Quotas
from entrepot.config.listeners import Listener
from entrepot.config.storage import Archive, Database, Gc, Lifecycle, Protection, Scrub, Storage, Trash
from entrepot.config.units import DAY

PREFIX = "ENTREPOT_"


class Log(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is logged, to standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")] = (
        "info"
    )
    format: Annotated[
        Literal["json", "text"] | None,
        Meta(description="`json` or `text`; when absent, text on a terminal and JSON elsewhere."),
    ] = None


class Metrics(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who may read `/metrics`."""

    token: Annotated[
        str, Meta(description="Bearer token that opens `/metrics` to others than loopback; empty means none.")
    ] = ""


class Oci(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The Docker and OCI door."""

    sparse_manifests: Annotated[
        bool, Meta(description="Accept manifests that name blobs or images which the repository does not have.")
    ] = False


class Oidc(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """OpenID Connect issuers, whose tokens AssumeRoleWithWebIdentity takes."""

    allow_private: Annotated[
        bool,
        Meta(description="Ask issuers for their keys also at addresses inside the network: loopback, private …"),
    ] = False
    timeout: Annotated[float, Meta(description="Seconds that an issuer has to answer.", gt=0, le=60)] = 5.0
    keys_seconds: Annotated[
        float,
        Meta(
            description="Seconds that an issuer's keys are kept; a token with a key that is not among them has them "
            "asked for at once, at most every 30 seconds.",
            ge=1,
            le=DAY,
        ),
    ] = 3600.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be chosen about one installation."""

    data_dir: Annotated[
        str, Meta(description="Folder of database, blobs and keys; empty means `$XDG_DATA_HOME/entrepot`.")
    ] = ""
    listen: Annotated[
        str,
        Meta(
            description="HOST:PORT. `localhost` is 127.0.0.1 and [::1]; an empty host is every address; "
            "port 0 is any free one; empty means only `listeners`."
        ),
    ] = "localhost:5000"
    workers: Annotated[
        int, Meta(description="Worker processes; the default is the number of CPUs, at most 4.", ge=1, le=256)
    ] = msgspec.field(default_factory=lambda: min(4, os.cpu_count() or 1))
    account_id: Annotated[str, Meta(description="The default account: 12 digits.", pattern=r"^[0-9]{12}$")] = (
        "123456789012"
    )
    region: Annotated[
        str, Meta(description="The default region, such as `eu-central-1`.", pattern=r"^[a-z]{2,}(-[a-z0-9]+)+$")
    ] = "us-east-1"
    access_key_id: Annotated[
        str,
        Meta(
            description="Root access key of the default account; empty means one made at first start.",
            pattern=r"^$|^\w{16,128}$",
        ),
    ] = ""
    secret_access_key: Annotated[
        str, Meta(description="Its secret; never written to the data folder when given here.")
    ] = ""
    sealing_key: Annotated[
        str,
        Meta(
            description="32 bytes in base64 that seal access keys' secrets, sessions and login tokens, or several with "
            "commas between, the newest first; never written to the data folder. Empty means one made at first start."
        ),
    ] = ""
    sealing_key_command: Annotated[
        str, Meta(description="Command that prints the same, asked at each process's start; `sealing_key` wins.")
    ] = ""
    registry_host: Annotated[
        str,
        Meta(
            description="Host that repositoryUri and proxyEndpoint name, such as "
            "`{account}.dkr.ecr.{region}.example.com`; empty means `localhost:PORT`."
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."),
    ] = ()
    listeners: Annotated[
        tuple[Listener, ...], Meta(description="More listeners: tables with `name`, `address` and `tls`.")
    ] = ()
    oidc: Oidc = Oidc()
    limits: Limits = Limits()
    log: Log = Log()
    metrics: Metrics = Metrics()
    database: Database = Database()
    storage: Storage = Storage()
    gc: Gc = Gc()
    lifecycle: Lifecycle = Lifecycle()
    scrub: Scrub = Scrub()
    oci: Oci = Oci()
    quotas: Quotas = Quotas()
    archive: Archive = Archive()
    trash: Trash = Trash()
    protection: Protection = Protection()
    events: Events = Events()


@dataclass(frozen=True, slots=True)
class Key:
    """One key that can be set."""

    path: str
    type: Any
    default: object
    description: str

    @property
    def variable(self) -> str:
        return PREFIX + self.path.upper().replace(".", "__")


def keys(struct: type[Struct] = Settings, prefix: str = "") -> Iterator[Key]:
    """Every key with its full name, in the order of the page that documents them."""
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            yield from keys(field.type, f"{prefix}{field.name}.")
        else:
            yield Key(prefix + field.name, field.type, field.default, field.type.__metadata__[0].description)
