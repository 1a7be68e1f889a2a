"""Lists over `/v2`. (OCI distribution-spec 1.1, "Listing tags"; the catalog is Docker's.)"""

from __future__ import annotations

import json

import pytest
from tests.factories import a_repository, an_image
from tests.oci.conftest import Client

from entrepot.registry.context import Registry

LIST = "team/app/tags/list"


def walk(client: Client, path: str, member: str) -> list[list[str]]:
    """All pages from a path, by their Link headers."""
    pages = []
    while path:
        answer = client("GET", path)
        assert answer.status == 200
        pages.append(json.loads(answer.body)[member])
        link = answer.headers.get("link", "")
        assert link == "" or link.endswith('>; rel="next"')
        path = link.partition("<")[2].partition(">")[0].removeprefix("/v2/")
    return pages


def test_tags(reg: Registry, client: Client) -> None:
    """Tags come sorted, in pages of `n` from after `last`."""
    an_image(reg, 1, "b", "a", "c", "A", "_1")
    assert json.loads(client("GET", LIST).body) == {"name": "team/app", "tags": ["A", "_1", "a", "b", "c"]}
    assert walk(client, LIST + "?n=2", "tags") == [["A", "_1"], ["a", "b"], ["c"]]
    assert walk(client, LIST + "?n=5", "tags") == [["A", "_1", "a", "b", "c"]]
    assert walk(client, LIST + "?last=a", "tags") == [["b", "c"]]
    assert walk(client, LIST + "?n=0", "tags") == [[]]
    assert walk(client, LIST + "?n=3&last=zz", "tags") == [[]]


def test_catalog(reg: Registry, client: Client) -> None:
    """Repositories come sorted and in pages."""
    for name in ("b1", "a/b", "a-b", "a1"):
        a_repository(reg, name)
    assert walk(client, "_catalog?n=2", "repositories") == [["a-b", "a/b"], ["a1", "b1"], ["team/app"]]
    assert walk(client, "_catalog?last=b1", "repositories") == [["team/app"]]


@pytest.mark.parametrize("path", [LIST, "_catalog"])
@pytest.mark.parametrize(
    "query",
    ["n=-1", "n=abc", "n=", "n=1001", "n=9223372036854775808", "n=%D9%A1", "last=%00", "last=" + "x" * 301, "n=%ff"],
)
def test_bad_pages(client: Client, path: str, query: str) -> None:
    """A page size or a place that is none is 400."""
    assert client.errors("GET", f"{path}?{query}")[:2] == (400, "UNSUPPORTED")


def test_ecrs_words(client: Client) -> None:
    """Above a thousand ECR's sentence is given."""
    message = client.errors("GET", LIST + "?n=1001")[2]
    assert message == (
        "Invalid parameter at 'maxResults' failed to satisfy constraint: "
        "'Member must have value less than or equal to 1000'"
    )


def test_no_repository(client: Client) -> None:
    """Tags of nothing are NAME_UNKNOWN."""
    assert client.errors("GET", "nope/tags/list")[:2] == (404, "NAME_UNKNOWN")
