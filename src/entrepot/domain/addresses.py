"""Addresses that a request on somebody's behalf may go to: not those inside the network, however they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

URL_MAX = 2048
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}")
_TARGET = re.compile(r"[!-~]+")

# The special-purpose address registries of IANA (RFC 6890 and its successors), multicast and the reserved rest.
_INSIDE = {
    IPv4Network("0.0.0.0/8"): "this network",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "shared by a provider's customers",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "for protocols",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.88.99.0/24"): "a relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "for measurements",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_PUBLIC_6 = IPv6Network("2000::/3")
_INSIDE_6 = {
    IPv6Network("2001::/23"): "for protocols",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2002::/16"): "a tunnel",
    IPv6Network("3fff::/20"): "documentation",
}
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached


class Refused(OSError):
    """A host has an address inside the network, so it is not called."""

    def __init__(self, host: str, address: str, why: str) -> None:
        super().__init__(f"{host} has the address {address}, which is inside the network ({why}): see allow_private")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the parts of a URL. `host` has no brackets; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says: without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target(url: str) -> Target:
    """Take a URL apart. Raises ValueError, with what is wrong, for what is not a plain http or https URL."""
    if len(url) > URL_MAX or not _TARGET.fullmatch(url) or "\\" in url:
        raise ValueError("not a URL of printable ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    if parts.scheme not in _PORTS:
        raise ValueError("only http and https URLs are called")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL does not hold a user name or a password: use a header")
    if parts.fragment or "#" in url:
        raise ValueError("a URL that is called has no fragment")
    host = (parts.hostname or "").rstrip(".")
    if not (_is_version_6(host) if "[" in parts.netloc else _HOST.fullmatch(host)) or port == 0:
        raise ValueError("the URL names no host that can be called")
    path = parts.path or "/"
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], f"{path}?{parts.query}" if parts.query else path)


def _is_version_6(host: str) -> bool:
    try:
        return ip_address(host).version == 6 and "%" not in host  # noqa: PLR2004
    except ValueError:
        return False


def inside(address: str) -> str:
    """Why an IP address is inside a network, or of none; empty for a public one. Raises ValueError for another text.

    An IPv6 address that stands for an IPv4 address (mapped, or translated by NAT64) is judged by that one.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _TRANSLATED:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        else:
            return _inside_6(found)
    return next((why for network, why in _INSIDE.items() if found in network), "")


def _inside_6(address: IPv6Address) -> str:
    if address not in _PUBLIC_6:
        if address.is_loopback:
            return "loopback"
        if address.is_link_local:
            return "link-local"
        return "multicast" if address.is_multicast else "private or reserved"
    return next((why for network, why in _INSIDE_6.items() if address in network), "")
