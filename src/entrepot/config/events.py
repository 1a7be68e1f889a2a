"""Who is told of what happens."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from entrepot.config.units import DAY

if TYPE_CHECKING:
    from entrepot.domain.webhooks import Webhook


class WebhookSetting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told of events."""

    name: Annotated[str, Meta(description="What messages call it.", pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    url: Annotated[str, Meta(description="http or https URL that each event is POSTed to.")]
    pattern: Annotated[
        str | dict[str, Any],
        Meta(
            description="Which events: a pattern as EventBridge has it, as JSON text or as a table; empty is every one."
        ),
    ] = ""
    secret: Annotated[
        str, Meta(description="What messages are signed with: 16 bytes or more, or `whsec_` and base64.")
    ] = ""
    headers: Annotated[dict[str, str], Meta(description="More headers, such as Authorization.")] = {}
    timeout: Annotated[float, Meta(description="Seconds that one message may take.", gt=0, le=60)] = 10.0
    max_attempts: Annotated[int, Meta(description="How often a message is tried.", ge=1, le=1000)] = 12
    max_age: Annotated[
        float, Meta(description="Seconds after which a message that fails is given up.", gt=0, le=6 * DAY)
    ] = DAY
    allow_private: Annotated[
        bool,
        Meta(description="Call it also where its address is inside the network; else `events.allow_private` says."),
    ] = False


class Events(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told of what happens."""

    allow_private: Annotated[
        bool,
        Meta(
            description="Let webhooks call addresses inside the network: loopback, private, link-local and their like."
        ),
    ] = False
    webhooks: Annotated[
        tuple[WebhookSetting, ...],
        Meta(
            description="Tables with `name`, `url` and, where wanted, `pattern`, `secret`, `headers`, `timeout`, "
            "`max_attempts`, `max_age` and `allow_private`: see docs/events.md."
        ),
    ] = ()


def webhooks(events: Events) -> "Iterator[Webhook]":
    """The webhooks as they are chosen. Raises ValueError, which names the one that is wrong."""
    from entrepot.domain import webhooks as rules  # noqa: PLC0415 - most installations have none

    for each in events.webhooks:
        values = msgspec.structs.asdict(each)
        yield rules.make(**values | {"allow_private": each.allow_private or events.allow_private})
