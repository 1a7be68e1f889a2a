"""Fuzz: names of repositories, tags and digests, against checkers without regular expressions."""

from __future__ import annotations

import string

from hypothesis import given

from entrepot.domain import digests, names
from entrepot.domain.errors import DigestInvalid, NameInvalid, TagInvalid
from entrepot.oci.routes import ROUTES, locate

from .inputs import FUZZ, inputs, text_of

ALNUM = set(string.ascii_lowercase + string.digits)
WORD = set(string.ascii_letters + string.digits + "_")


def is_component(text: str) -> bool:
    """Runs of lower-case letters and digits; between them one dot, one or two underscores, or dashes."""
    separators = "".join("\n" if char in ALNUM else char.replace("\n", "?") for char in text).split("\n")
    ends_well = bool(text) and text[0] in ALNUM and text[-1] in ALNUM
    return ends_well and all(one in ("", ".", "_", "__") or set(one) == {"-"} for one in separators)


def is_repository(text: str) -> bool:
    return 2 <= len(text) <= 256 and all(is_component(part) for part in text.split("/"))


@FUZZ
@given(inputs("names", "ab0._-/"))
def test_repositories(data: bytes) -> None:
    """A name is taken exactly where the slow checker takes it."""
    text = text_of(data)
    try:
        taken = names.parse_repository(text) == text
    except NameInvalid:
        taken = False
    assert taken == is_repository(text)


@FUZZ
@given(inputs("names", "aA0._-:"))
def test_tags(data: bytes) -> None:
    """A tag is a word character and up to 127 more, dots or dashes."""
    text = text_of(data)
    try:
        taken = names.parse_tag(text) == text
    except TagInvalid:
        taken = False
    assert taken == (0 < len(text) <= 128 and text[0] in WORD and set(text) <= WORD | set(".-"))


@FUZZ
@given(inputs("digests", "sha256:0f"))
def test_digests(data: bytes) -> None:
    """A digest is sha256 or sha512 with as many lower-case digits as it needs."""
    text = text_of(data)
    try:
        taken = digests.parse(text) == text
    except DigestInvalid:
        taken = False
    algorithm, _, encoded = text.partition(":")
    expected = {"sha256": 64, "sha512": 128}.get(algorithm) == len(encoded) and set(encoded) <= set("0123456789abcdef")
    assert taken == expected


@FUZZ
@given(inputs("names", "ab0./%:_"))
def test_paths(data: bytes) -> None:
    """Whatever the path, it means one kind of thing or nothing, and a name keeps what was sent."""
    path = "/v2/" + text_of(data)
    place = locate(path)
    if place is not None:
        assert place.kind in ROUTES
        assert place.name in path
