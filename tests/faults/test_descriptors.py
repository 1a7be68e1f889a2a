"""A server at its limit of open files: 503 and Retry-After, and all goes on when some are closed."""

from __future__ import annotations

import base64
import hashlib
import http.client
import resource
import time
from collections.abc import Callable
from pathlib import Path

import boto3
from tests.clients.processes import environment
from tests.clients.serving import Server, serving
from tests.faults.report import survived

from entrepot.app import credentials
from entrepot.config import Settings

REQUESTS = 20


class Client:
    """One connection, logged in."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        keys = ":".join(credentials(Settings(data_dir=str(server.data_dir))))
        self.headers = {"Authorization": f"Basic {base64.b64encode(keys.encode()).decode()}"}

    def __call__(self, method: str, path: str, body: bytes = b"") -> http.client.HTTPResponse:
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer

    def push(self, data: bytes) -> http.client.HTTPResponse:
        return self("POST", f"/v2/team/app/blobs/uploads/?digest=sha256:{hashlib.sha256(data).hexdigest()}", data)


def of_server(server: Server) -> list[int]:
    """The processes of a server: those that were started with its port."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if (
                folder.name.isdigit()
                and f"ENTREPOT_LISTEN=127.0.0.1:{server.port}\0".encode() in (folder / "environ").read_bytes()
            ):
                found.append(int(folder.name))
        except OSError:  # it has ended, or is another user's
            continue
    return found


def test_no_descriptors_left(tmp_path: Path) -> None:
    """Connections that take every descriptor make requests 503, not errors; when they go, the next push succeeds."""
    home = tmp_path
    with serving(home, environment(home), workers=1) as server:
        client = Client(server)
        _create(server)
        assert client.push(b"before").status == 201
        for pid in of_server(server):
            used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 10, 4096))
        idle = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=5) for _ in range(40)]
        for connection in idle:
            connection.connect()
        _until(lambda: client.push(b"first").status == 503)
        for number in range(REQUESTS):
            refused = client.push(b"refused %d" % number)
            assert (refused.status, refused.getheader("retry-after")) == (503, "1")
        for connection in idle:
            connection.close()
        _until(lambda: client.push(b"after").status == 201)
        client.connection.close()
    survived("F12", REQUESTS, "pushes to a server without a file descriptor left: 503, and 201 when it has some again")


def _create(server: Server) -> None:
    ecr = boto3.client(
        "ecr",
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
    )
    ecr.create_repository(repositoryName="team/app")
    ecr.close()


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
