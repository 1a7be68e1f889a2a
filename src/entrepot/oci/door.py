"""The one path of every request to `/v2`: find the route, know the caller, ask whether they may, call the handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

from entrepot.domain import names
from entrepot.domain.errors import AccessDenied, NotAuthenticated, RegistryError
from entrepot.domain.principals import Caller, Principal
from entrepot.oci import auth, errors
from entrepot.oci.exchange import Exchange, Options
from entrepot.oci.routes import Place, Route, locate, methods, route
from entrepot.registry import access, audit
from entrepot.registry.context import Registry
from entrepot.web import logs, threads
from entrepot.web.asgi import Receive, Scope, Send
from entrepot.web.rates import ActionRates, Buckets, Rates
from entrepot.web.requests import Request, nothing
from entrepot.web.responses import Response, write

T = TypeVar("T")
Answer = Callable[[Exchange], Response]

_VERSION = ("docker-distribution-api-version", "registry/2.0")
_SERVER_ERROR = 500


class OciDoor:
    """The ASGI application behind `/v2/`."""

    def __init__(
        self, reg: Registry, options: Options, rates: ActionRates | None = None, buckets: Buckets | None = None
    ) -> None:
        self._reg = reg
        self._options = options
        self._rates = Rates(options.requests_per_second, buckets)
        self._action_rates = rates or ActionRates({})
        self._log = logs.get("oci").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RegistryError as error:
            response = self._refusal(request, error)
        response.headers.append(_VERSION)
        await write(response, scope, send)

    def at_once(self, scope: Scope) -> Response | None:
        """The answer to a request that only looks into the database and memory, where these take microseconds.

        None for every other request: give it to the application. Nothing has happened then, or, where there turns out
        to be more to do, nothing but that the request was counted, which the scope says.
        """
        if not self._reg.db.local:
            return None
        request = Request(scope, nothing)
        place = locate(request.path)
        row = route(place.kind, request.method) if place is not None else None
        if place is None or row is None or row.reader is None:
            return None
        if row.held and not self._holds(request, place):
            return None
        try:
            entered = self._enter(request, place, row)
            response = entered if isinstance(entered, Response) else row.reader(entered)
        except RegistryError as error:
            response = self._refusal(request, error)
        if response is not None:
            response.headers.append(_VERSION)
        return response

    def _holds(self, request: Request, place: Place) -> bool:
        """Whether memory has what is wanted, and all of it is."""
        return place.reference in self._reg.held and request.header("range") is None

    async def _answer(self, request: Request) -> Response:
        place = locate(request.path)
        row = route(place.kind, request.method) if place else None
        entered = await self._read(self._enter, request, place, row)
        if isinstance(entered, Response) or row is None:
            return cast("Response", entered)
        return await (row.handler(entered) if row.handler else self._read(cast("Answer", row.reader), entered))

    async def _read(self, function: Callable[..., T], *args: object) -> T:
        """Call what only looks into the database: here where that takes microseconds, else in a thread."""
        return function(*args) if self._reg.db.local else await threads.run(function, *args)

    def _enter(self, request: Request, place: Place | None, row: Route | None) -> Exchange | Response:
        """What the handler gets, where the caller is known and may have it; else the answer.

        Raises NotAuthenticated, TokenRefused, AccessDenied, RateExceeded, NameInvalid.
        """
        request.scope["state"]["route"] = f"oci.{row.name}" if row else "oci"
        admitted = auth.authenticate(self._reg, request)
        principal, key, uncounted = admitted.principal, admitted.key, _uncounted(request)
        if uncounted:
            self._rates.take(principal.arn)
        if place is None:
            return errors.failure(404, "UNSUPPORTED", "There is nothing at this path.")
        if row is None:
            return _not_allowed(place)
        if row.handler and request.header("content-encoding") not in (None, "identity"):
            return errors.failure(415, "UNSUPPORTED", "Bodies are taken as they are, without a Content-Encoding.")
        name = names.parse_repository(place.name) if place.name or place.reference or place.kind == "tags" else ""
        caller = self._caller(request, row, principal, key.region)
        if uncounted:
            self._action_rates.take(caller.action, principal.account, key.region)
        resource = names.repository_arn(key.region, key.account, name or access.ANY)
        by_key = admitted.user != auth.AWS_USER
        if row.asked or by_key:
            refused = access.refusal(self._reg, caller, row.asked, resource, admitted, by_key=by_key)
            if refused is not None:
                _note(self._reg, caller, resource, refused)
                raise refused
        return Exchange(self._reg, self._options, request, caller, key, name, place.reference)

    def _caller(self, request: Request, row: Route, principal: Principal, region: str) -> Caller:
        return Caller(
            principal=principal,
            region=region,
            action=row.action,
            request_id=request.scope["state"].get("request_id", ""),
            source_ip=request.source_ip,
            user_agent=(request.header("user-agent") or "")[:256],
            secure=request.scope["scheme"] == "https",
            vpc_endpoint=request.scope["state"].get("vpc_endpoint", ""),
        )

    def _refusal(self, request: Request, error: RegistryError) -> Response:
        response = errors.render(error)
        if isinstance(error, NotAuthenticated):
            response.headers.append(auth.challenge(request))
        if response.status >= _SERVER_ERROR:
            self._log.error("refused", error=repr(error), request_id=request.scope["state"].get("request_id", ""))
        return response


def _uncounted(request: Request) -> bool:
    """Whether a request is counted against the rates now: `at_once` may have done so before it was given up there."""
    state = request.scope["state"]
    before, state["counted"] = state.get("counted", False), True
    return not before


def _note(reg: Registry, caller: Caller, resource: str, refused: AccessDenied) -> None:
    """Record a refusal: of what was asked for, or of the login that it was asked with."""
    if refused.action == access.LOGIN:
        caller, resource = replace(caller, action=access.LOGIN), access.ANY
    audit.seen(reg, caller, resource, "AccessDenied")


def _not_allowed(place: Place) -> Response:
    response = errors.failure(405, "UNSUPPORTED", "The method is not supported here.")
    response.headers.append(("allow", ", ".join(methods(place.kind))))
    return response
