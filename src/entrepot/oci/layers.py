"""`/layers/`: downloads by URL alone, as GetDownloadUrlForLayer gives them out."""

from __future__ import annotations

from entrepot.domain.errors import AccessDenied, RegistryError
from entrepot.oci import blobs, errors
from entrepot.registry import layers
from entrepot.registry.context import Registry
from entrepot.web import threads
from entrepot.web.asgi import Receive, Scope, Send
from entrepot.web.requests import Request
from entrepot.web.responses import Response, write


class Downloads:
    """The ASGI application behind `/layers/<repository id>/<digest>?expires=…&signature=…`."""

    def __init__(self, reg: Registry) -> None:
        self._reg = reg

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = "layers.get"
        try:
            response = await self._get(Request(scope, receive))
        except RegistryError as error:
            response = errors.render(error)
        await write(response, scope, send)

    async def _get(self, request: Request) -> Response:
        try:
            query = dict(request.query())
        except ValueError:
            query = {}
        repository, _, digest = request.path.removeprefix("/layers/").partition("/")
        if request.method != "GET":
            raise AccessDenied("anonymous", "ecr:GetDownloadUrlForLayer", "*", "the download URL is signed for GET")
        digest = digest.replace("%3A", ":").replace("%3a", ":")
        signed = (repository, digest, query.get("expires", ""), query.get("signature", ""))
        blob = await threads.run(layers.open_download, self._reg, *signed)
        return blobs.download(blob, digest, request)
