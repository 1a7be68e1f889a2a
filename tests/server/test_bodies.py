"""Bodies on their way to the application: whole pieces are passed on, and no more of them wait than may."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from entrepot.server.cycle import UNREAD, Cycle


class Reading(asyncio.Transport):
    """A transport that knows whether it is read from."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_closing(self) -> bool:
        return False


def begun(transport: asyncio.Transport) -> Cycle:
    return Cycle(
        scope={"type": "http", "method": "PUT", "headers": []},
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger("test"),
        access_logger=logging.getLogger("test"),
        access_log=False,
        default_headers=[],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )


async def _received(pieces: list[bytes]) -> Any:
    cycle = begun(Reading())
    for piece in pieces:
        cycle.take(piece)
    return await cycle.receive()


def test_a_piece_is_passed_on_as_it_came() -> None:
    """A single piece is not copied: it is the very object that was read."""
    piece = bytes(1000)
    assert asyncio.run(_received([piece]))["body"] is piece


@pytest.mark.parametrize("count", [2, 3, 1000])
def test_several_pieces_come_as_one(count: int) -> None:
    """What came before it was asked for comes together, in order."""
    pieces = [b"%d," % number for number in range(count)]
    assert asyncio.run(_received(pieces)) == {"type": "http.request", "body": b"".join(pieces), "more_body": True}


async def _paused() -> list[bool]:
    transport = Reading()
    cycle = begun(transport)
    seen = []
    for piece in (bytes(UNREAD), b"x"):
        cycle.take(piece)
        seen.append(transport.reads)
    await cycle.receive()
    cycle.take(b"x")
    return [*seen, transport.reads]


def test_reading_stops_where_too_much_waits() -> None:
    """Above UNREAD bytes nothing more is read, until the application has taken what waits."""
    assert asyncio.run(_paused()) == [True, False, True]


async def _after_the_answer() -> int:
    cycle = begun(Reading())
    cycle.response_complete = True
    cycle.take(b"late")
    return cycle.unread.size


def test_what_comes_after_the_answer_is_dropped() -> None:
    """Nobody will ask for the rest of a body whose request has been answered."""
    assert asyncio.run(_after_the_answer()) == 0
