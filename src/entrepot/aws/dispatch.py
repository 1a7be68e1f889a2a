"""The one path of every AWS call: find it, bound and read it, believe it, parse, validate, authorise, run, answer."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from entrepot.aws import answers, ecr, errors, facts, iam, sigv4, sts, target, validate
from entrepot.aws.operation import ANY, NO_PERMISSION, OPERATIONS, Call, Operation
from entrepot.domain.audit import Record
from entrepot.domain.errors import (
    AccessDenied,
    IdentityTokenExpired,
    IdentityTokenInvalid,
    Refusal,
    SessionExpired,
    TokenRefused,
)
from entrepot.domain.principals import NOBODY, Caller
from entrepot.registry import access, access_keys, logins
from entrepot.web import logs
from entrepot.web.asgi import ClientDisconnected
from entrepot.web.rates import ActionRates
from entrepot.web.requests import BodyTooLarge, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws import model
    from entrepot.domain.principals import Principal
    from entrepot.registry.context import Registry
    from entrepot.web.asgi import Receive, Scope, Send

T = TypeVar("T")
SERVED = (ecr, iam, sts)  # importing these filled OPERATIONS
TOLD_CHARACTERS = 256  # of one parameter in the audit trail
USER_AGENT = 1024  # characters
BRIEF_BYTES = 512
"""Bytes of a request to a `brief` operation that is answered on the event loop."""
BRIEF_OBJECTS = 2
"""JSON objects in it: itself and one thing that it names, as a manifest may have 4 MiB."""
NOT_BELIEVED = (IdentityTokenInvalid, IdentityTokenExpired, Refusal)
"""Refusals of a call that nobody signed, that count as failed attempts of its address."""
TAGGING = {
    "ecr:CreateRepository": "ecr:TagResource",
    "iam:CreateUser": "iam:TagUser",
    "iam:CreateRole": "iam:TagRole",
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateInstanceProfile": "iam:TagInstanceProfile",
    "iam:CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
}
"""What is asked beside the right to create, where tags are given: an attribute is not had for the asking."""


class Run(Protocol):
    """How plain functions get off the event loop: as `asyncio.to_thread`."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Signed:
    """A call whose operation is known and whose signature is still to be checked against the body.

    `claim` is None where the operation takes none.
    """

    target: target.Target
    model: model.Operation
    operation: Operation
    claim: sigv4.Claim | None
    secret: str
    caller: Caller
    now: int


class AwsDoor:
    """The ASGI application behind every path that no other door has.

    Needs `scope["state"]["request_id"]`; sets `scope["state"]["route"]`. With `strict`, as in tests, an error that
    the operation's model does not declare counts as a defect. `rates` is how often each account may call what.
    """

    def __init__(self, reg: Registry, run: Run, *, strict: bool = False, rates: ActionRates | None = None) -> None:
        self._reg = reg
        self._run = run
        self._strict = strict
        self._rates = rates or ActionRates({})
        self._log = logs.get("aws").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"].setdefault("route", "aws")
        await answers.send_answer(await self._answer(scope, receive), send)

    async def _answer(self, scope: Scope, receive: Receive) -> answers.Answer:
        head = head_of(scope)
        request_id: str = scope["state"]["request_id"]
        aim: target.Target | None = target.Target("query")
        try:
            aim = target.find(head)
            if aim is None:
                return answers.no_page(head.method, head.raw_path)
            _check_encoding(head)
            body = await _read(Request(scope, receive), aim.cap()) if aim.form else None
            aim = target.with_form(aim, body) if body is not None else aim
            found = _implemented(aim)
            scope["state"]["route"] = f"{found[1].service}.{found[1].name}"
            if self._reg.db.local:
                signed = self._signed(aim, found, head, scope)
            else:
                signed = await self._run(partial(self._signed, aim, found, head, scope))
            if body is None:
                body = await _read(Request(scope, receive), aim.cap())
            request = replace(head, body=body)
            if found[1].brief and _is_brief(body) and self._reg.db.local:
                return self._perform(signed, request)
            return await self._run(lambda: self._perform(signed, request))
        except ClientDisconnected:
            raise
        except errors.TOLD as error:
            return self._refuse(aim or target.Target("json"), error, request_id)
        except Exception:  # noqa: BLE001  # the last place where the protocol is known
            self._log.exception("call failed", request_id=request_id, route=scope["state"]["route"])
            shown = aim or target.Target("json")
            return answers.refusal(shown, errors.internal(shown.service), request_id)

    def _signed(
        self, aim: target.Target, found: tuple[model.Operation, Operation], head: sigv4.SignedRequest, scope: Scope
    ) -> Signed:
        """Check all of a signature that does not take the body. Raises SignatureError, or TokenRefused."""
        operation_model, operation = found
        now = self._reg.now()
        if operation.anonymous:
            self._reg.attempts.check(None, _address(scope))
            return Signed(aim, operation_model, operation, None, "", self._caller(NOBODY, operation, None, scope), now)
        claim = sigv4.read_claim(head, now, {operation_model.service.signing_name})
        caller = self._caller(NOBODY, operation, claim.region, scope)
        principal, secret = self._signer(claim, head, caller)
        caller = replace(caller, principal=principal)
        return Signed(aim, operation_model, operation, claim, secret, caller, now)

    def _signer(self, claim: sigv4.Claim, head: sigv4.SignedRequest, caller: Caller) -> tuple[Principal, str]:
        """Who has an access key, and its secret; an unknown one takes about as long as a wrong signature."""
        self._reg.attempts.check(claim.access_key_id, caller.source_ip)
        try:
            return access.signer(self._reg, claim.access_key_id, claim.session_token or "")
        except SessionExpired as error:
            logins.refused(self._reg, caller, claim.access_key_id, errors.fault(error).code)
            raise
        except TokenRefused as error:
            with contextlib.suppress(sigv4.SignatureError):
                sigv4.check_signature(head, claim, claim.signature)
            self._unbelieved(claim, caller, error)
            raise

    def _check_signature(self, request: sigv4.SignedRequest, claim: sigv4.Claim, secret: str, caller: Caller) -> None:
        try:
            sigv4.check_signature(request, claim, secret)
        except sigv4.SignatureError as error:
            self._unbelieved(claim, caller, error)
            raise

    def _unbelieved(self, claim: sigv4.Claim, caller: Caller, error: errors.Told) -> None:
        """Record and count credentials that are not good. Raises RateExceeded."""
        logins.refused(self._reg, caller, claim.access_key_id, errors.fault(error).code)
        self._reg.attempts.failed(claim.access_key_id, caller.source_ip)

    def _caller(self, principal: Principal, operation: Operation, region: str | None, scope: Scope) -> Caller:
        agents = [value for name, value in scope["headers"] if name == b"user-agent"]
        return Caller(
            principal=principal,
            region=region or self._reg.naming.region,
            action=operation.action,
            request_id=scope["state"]["request_id"],
            source_ip=_address(scope),
            user_agent=agents[0].decode("utf-8", "replace")[:USER_AGENT] if agents else "",
            secure=scope.get("scheme") == "https",
            vpc_endpoint=scope["state"].get("vpc_endpoint", ""),
        )

    def _perform(self, signed: Signed, request: sigv4.SignedRequest) -> answers.Answer:
        """Everything from the signature to the answer. Raises what `errors.TOLD` names."""
        if signed.claim is not None:
            self._check_signature(request, signed.claim, signed.secret, signed.caller)
            caller = signed.caller
            access_keys.used(self._reg, caller.principal, caller.region, signed.model.service.signing_name)
        service, shape = signed.model.service, signed.model.input
        params: dict[str, Any] = {}
        resource = ANY
        try:
            params = target.parse(signed.target, shape, request.body)
            validate.validate(service, shape, params, query=signed.target.protocol == "query")
            caller = replace(signed.caller, facts=facts.of(params))
            self._rates.take(caller.action, caller.principal.account, caller.region)
            call = Call(self._reg, caller, signed.now)
            _check_session(caller.principal, signed.operation)
            for resource in _resources(signed.operation, call, params):
                access.authorise(self._reg, _asking(caller, signed.operation), resource)
                if params.get("tags") or params.get("Tags"):
                    tagging = TAGGING.get(signed.operation.action)
                    if tagging:
                        access.authorise(self._reg, replace(caller, action=tagging), resource)
            value = signed.operation.handler(call, params) or {}
        except errors.TOLD as error:
            code = self._declared(signed.model, errors.fault(error).code)
            self._record(signed, resource, _told(shape, params), code)
            if isinstance(error, NOT_BELIEVED) and signed.claim is None:
                self._reg.attempts.failed(None, signed.caller.source_ip)
            raise
        if not signed.operation.reads:
            access.changed(self._reg)
        answer = answers.result(signed.target, signed.model, value, signed.caller.request_id)
        if signed.operation.reads:
            self._record(signed, resource, _told(shape, params))
        return answer

    def _record(self, signed: Signed, resource: str, told: dict[str, object], error: str = "") -> None:
        """Note a read, or a call that was refused; what changes anything is recorded in its own transaction.

        What nobody signed anybody may repeat, so that its refusals are counted and not all written.
        """
        record = Record(signed.caller, self._reg.now(), resource or ANY, told, error)
        note = self._reg.trail.refused if error and signed.claim is None else self._reg.trail.read
        note(record)

    def _declared(self, operation: model.Operation, code: str) -> str:
        if not errors.declared(operation, code):
            if self._strict:
                raise RuntimeError(f"{operation.name} answers {code}, which its model does not declare")
            self._log.warning("undeclared error", operation=operation.name, code=code)
        return code

    def _refuse(self, aim: target.Target, error: errors.Told, request_id: str) -> answers.Answer:
        answer = answers.refusal(aim, errors.fault(error), request_id)
        if isinstance(error, (AccessDenied, Refusal)) and error.encoded:
            answer.headers.append((b"x-entrepot-authorization-message", error.encoded.encode()))
        if answer.status >= 500:  # noqa: PLR2004  # ours, so the log has to say what a client is not told
            self._log.error("call refused", request_id=request_id, error=repr(error))
        return answer


def head_of(scope: Scope) -> sigv4.SignedRequest:
    """The request as it was on the wire, its body not yet read."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return sigv4.SignedRequest(scope["method"], raw_path, scope["query_string"], list(scope["headers"]), b"")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


async def _read(request: Request, cap: int) -> bytes:
    """Read a body of at most `cap` bytes. Raises Refused beyond that, and ClientDisconnected."""
    try:
        return await request.body(cap)
    except BodyTooLarge as error:
        raise _too_large(cap) from error


def _too_large(cap: int) -> errors.Refused:
    return errors.Refused("RequestEntityTooLargeException", f"The request is larger than {cap} bytes.")


def _check_encoding(head: sigv4.SignedRequest) -> None:
    for name, value in head.headers:
        if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity", b"amz-1.0"}:
            raise errors.Refused("UnsupportedMediaTypeException", "Compressed requests are not supported.")


def _is_brief(body: bytes) -> bool:
    return len(body) <= BRIEF_BYTES and body.count(b"{") <= BRIEF_OBJECTS


def _implemented(aim: target.Target) -> tuple[model.Operation, Operation]:
    if aim.operation is not None:
        operation = OPERATIONS.get((aim.operation.service.name, aim.operation.name))
        if operation is not None:
            return aim.operation, operation
    raise target.unknown(aim)


def _resources(operation: Operation, call: Call, params: Mapping[str, Any]) -> tuple[str, ...]:
    """What the permission is asked of: each of them has to allow it; none where it takes no permission."""
    found = operation.resource if isinstance(operation.resource, str) else operation.resource(call, params)
    if found == NO_PERMISSION:
        return ()
    return (found,) if isinstance(found, str) else found


def _check_session(principal: Principal, operation: Operation) -> None:
    """Refuse what the temporary credentials of a user or of root cannot do: they would make keys that do not end.

    Raises SignatureError. (IAM user guide, "Comparing AWS STS credentials".)
    """
    if principal.session is not None and principal.kind in {"user", "root"} and operation.service == "iam":
        raise sigv4.SignatureError(sigv4.Refusal.UNKNOWN_KEY, sigv4.UNKNOWN_KEY)


def _asking(caller: Caller, operation: Operation) -> Caller:
    return replace(caller, action=operation.permission) if operation.permission else caller


def _told(shape: model.Shape, params: Mapping[str, Any]) -> dict[str, object]:
    """The parameters that the audit trail keeps: short, plain, and no secrets."""
    kept: dict[str, object] = {}
    for name, value in params.items():
        plain = isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= TOLD_CHARACTERS)
        if plain and not shape.members[name].sensitive:
            kept[name] = value
    return kept
