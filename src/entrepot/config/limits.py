"""How much there may be: what one client may use of the server, and the quotas of a registry."""

from typing import Annotated

from msgspec import Meta, Struct

from entrepot.config.units import MIB


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one client may use of the server."""

    header_bytes: Annotated[
        int, Meta(description="Bytes of a request's line and headers; more is answered 431.", ge=1024)
    ] = 32768
    header_seconds: Annotated[
        float, Meta(description="Seconds from the first byte of a request to the end of its headers.", gt=0)
    ] = 10.0
    idle_seconds: Annotated[
        float, Meta(description="Seconds that a connection may stay open between requests.", gt=0)
    ] = 75.0
    body_bytes: Annotated[int, Meta(description="Bytes of one request's body; more is answered 413.", ge=1)] = (
        52000 * MIB
    )
    body_seconds: Annotated[
        float,
        Meta(description="Seconds that a body, either way, may stand still before it is broken off.", gt=0),
    ] = 60.0
    concurrency: Annotated[int, Meta(description="Requests in progress per worker; more are answered 503.", ge=1)] = (
        1000
    )
    v2_requests_per_second: Annotated[
        float,
        Meta(
            description="Requests to `/v2` that one principal may make in a second; more are answered 429 with "
            "Retry-After. 0 means no limit.",
            ge=0,
        ),
    ] = 0.0
    aws_rates: Annotated[
        bool,
        Meta(
            description="Let an account make only as many calls of one kind in a second as Amazon ECR lets it (10 "
            "PutImage, 100 InitiateLayerUpload …), over the API and `/v2`, in each region that has a repository; more "
            "are answered ThrottlingException or 429."
        ),
    ] = False
    api_rates: Annotated[
        tuple[str, ...],
        Meta(
            description="Calls of one kind that an account may make in a second, such as `PutImage=10`, in place of "
            "those of `aws_rates` or beside them; 0 means no limit."
        ),
    ] = ()
    failed_attempts: Annotated[
        float,
        Meta(
            description="Attempts to sign or log in with one access key that may fail from one address in a minute, "
            "each worker giving its share, and ten times as many with all keys together; more are answered 429 or "
            "ThrottlingException. 0 means no limit.",
            ge=0,
        ),
    ] = 60.0
    threads: Annotated[int, Meta(description="Threads per worker that write, hash and read files.", ge=1, le=512)] = 16
    shutdown_seconds: Annotated[
        int, Meta(description="Seconds that requests in progress have to finish after SIGTERM.", ge=0)
    ] = 30


class Quotas(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much there may be; more is answered LimitExceededException. The defaults are Amazon ECR's."""

    repositories_per_registry: Annotated[int, Meta(description="Repositories that a registry may have.", ge=1)] = (
        100_000
    )
    images_per_repository: Annotated[int, Meta(description="Images that one repository may have.", ge=1)] = 100_000
    tags_per_image: Annotated[int, Meta(description="Tags that one image may have.", ge=1)] = 1000
    layer_bytes: Annotated[int, Meta(description="Bytes that one layer may have.", ge=1)] = 52000 * MIB
    layer_parts: Annotated[int, Meta(description="Parts of one layer that is uploaded over the API.", ge=1)] = 4200


def rates(limits: Limits) -> dict[str, float]:
    """How often a second each action may be called, where that is limited: by the name of the action in IAM."""
    from entrepot.domain.quotas import RATES  # noqa: PLC0415 - most installations have none

    chosen = dict(RATES) if limits.aws_rates else {}
    for text in limits.api_rates:
        action, _, rate = text.partition("=")
        chosen[f"ecr:{action}"] = float(rate)
    return chosen
