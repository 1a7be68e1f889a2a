"""Which addresses and URLs may be called."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import addresses
from entrepot.domain.addresses import Target

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3",
    "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255", "2606:4700::1111",
    "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address: str) -> None:
    """Loopback, private, link-local, metadata, shared, multicast, reserved; also in the clothes of IPv6."""
    assert addresses.inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    """Public addresses, up to the edges of the others."""
    assert addresses.inside(address) == ""


@given(st.ip_addresses())
def test_as_strict_as_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """What Python says is not global is inside here too, but for addresses that stand for a public IPv4 one."""
    stands_for = isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address in ipaddress.IPv6Network("64:ff9b::/96")
    )
    if stands_for:
        return
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert addresses.inside(str(address))


def test_a_name_is_no_address() -> None:
    """Only addresses are judged."""
    for text in ("localhost", "0x7f.1", "127.1", "2130706433", "", "1.2.3.4/8"):
        with pytest.raises(ValueError, match="does not appear to be"):
            addresses.inside(text)


def test_targets() -> None:
    """A URL's parts, with the scheme's port where it names none."""
    assert addresses.target("http://example.com") == Target("http", "example.com", 80, "/")
    assert addresses.target("https://Example.com:8443/a/b?c=d") == Target("https", "example.com", 8443, "/a/b?c=d")
    assert addresses.target("https://[2606:4700::1111]/x") == Target("https", "2606:4700::1111", 443, "/x")
    assert addresses.target("https://example.com?x").path == "/?x"
    assert addresses.target("https://example.com.:443/").authority == "example.com"
    assert addresses.target("http://example.com:443/").authority == "example.com:443"
    assert addresses.target("http://[::1]:81/").authority == "[::1]:81"


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/",
        "javascript:alert(1)", "http://", "http:///x", "http://user@example.com/", "http://user:pw@example.com/",
        "http://:pw@example.com/", "http://@example.com/", "http://example.com/#x", "http://example.com/#",
        "http://exa mple.com/", "http://example.com/a b", "http://example.com/\r\nX: y", "http://example.com\\@x/",
        "http://example.com:0/", "http://example.com:65536/", "http://example.com:x/", "http://ex\u00e4mple.com/",
        "http://[::1/", "http://[fe80::1%251]/", "http://[v1.x]/", "http://-x/", "http://a%2fb/",
        "http://" + "a" * 3000,
    ],
)  # fmt: skip
def test_urls_that_are_not_called(url: str) -> None:
    """Other schemes, user names, fragments, spaces, control characters, and what is no URL."""
    with pytest.raises(ValueError, match=r"."):
        addresses.target(url)
