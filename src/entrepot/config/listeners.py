"""Where the registry answers: listeners as they are chosen, and as they are once the sockets are bound."""

import re
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:\s]*):(\d{1,5})\Z")


class Tls(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Certificate and key of a listener, read at start and again on SIGHUP."""

    certificate: Annotated[str, Meta(description="PEM file: the certificate and its chain.", min_length=1)]
    key: Annotated[str, Meta(description="PEM file: the private key, without a password.", min_length=1)]


class Listener(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One more address that the registry answers on."""

    name: Annotated[str, Meta(description="What messages call it.", pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    address: Annotated[str, Meta(description="HOST:PORT, as `listen`.")]
    tls: Annotated[Tls | None, Meta(description="Table with `certificate` and `key`; absent means HTTP.")] = None
    vpc_endpoint: Annotated[
        str,
        Meta(
            description="What policies see as aws:SourceVpce of requests to it, as `vpce-0a1b2c3d`; empty for none.",
            pattern=r"^(vpce-[0-9a-f]{8,17})?$",
        ),
    ] = ""


def address(text: str) -> tuple[str, int]:
    """Split HOST:PORT; an IPv6 host stands in brackets and keeps them. Raises ValueError."""
    found = _ADDRESS.match(text)
    if found is None or int(found[2]) > 65535:  # noqa: PLR2004
        raise ValueError(text)
    return found[1], int(found[2])


@dataclass(frozen=True, slots=True)
class BoundListener:
    """A listener with its real port."""

    name: str
    host: str
    port: int
    tls: bool
    vpc_endpoint: str = ""

    @property
    def url(self) -> str:
        """Where a client on this machine reaches it."""
        host = "localhost" if self.host in ("", "0.0.0.0", "::", "[::]") else self.host  # noqa: S104
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known once the sockets are bound."""

    listeners: tuple[BoundListener, ...]
    registry_host: str
    """Template of the host that repositoryUri names, the default filled in."""

    @property
    def url(self) -> str:
        """The first listener's URL."""
        return self.listeners[0].url

    @property
    def registry_url(self) -> str:
        """Template of proxyEndpoint: `registry_host` with its scheme."""
        return f"{self.registry_scheme}://{self.registry_host}"

    @property
    def registry_scheme(self) -> str:
        """The scheme of the listener whose port `registry_host` names, else of the first one."""
        named = [one for one in self.listeners if self.registry_host.endswith(f":{one.port}")]
        return "https" if (named or self.listeners)[0].tls else "http"
