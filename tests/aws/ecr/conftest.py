"""One `entrepot serve` for each test process, and boto3 clients of it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import client
from tests.clients.processes import environment
from tests.clients.serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`entrepot serve` with two workers."""
    with serving(tmp_path_factory.mktemp("server"), environment(tmp_path_factory.mktemp("home"))) as running:
        yield running


@pytest.fixture(scope="session")
def ecr(server: Server) -> Iterator[Any]:
    """A client in the default region."""
    with client(server) as made:
        yield made


@pytest.fixture(scope="session")
def raw(server: Server) -> Iterator[Any]:
    """A client that leaves all checking to the server."""
    with client(server, strict=False) as made:
        yield made


@pytest.fixture
def elsewhere(server: Server) -> Iterator[Callable[[str], Any]]:
    """Clients in other regions."""
    with ExitStack() as stack:
        yield lambda region: stack.enter_context(client(server, region=region))


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> str:
    """A repository name that nothing has."""
    test = str(request.node.name).split("[")[0].removeprefix("test_")
    return f"{test[:60].strip('_')}/{os.urandom(4).hex()}"


@pytest.fixture
def repository(ecr: Any, fresh: str) -> str:
    """The name of a new, empty repository."""
    ecr.create_repository(repositoryName=fresh)
    return fresh
