"""Threads that never hold up the end of the server: the work of a call, and whoever reads what the client sends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, TypeVar

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

#: Longest message of a client, in bytes; all arguments of a tool at their longest have some two million.
LONGEST = 8_000_000


def in_thread(work: Callable[[], Result]) -> asyncio.Future[Result]:
    """Begins work in a thread of its own, which is left to itself where nobody waits for it any more.

    Args:
        work: what is done; a call of the core.

    Returns:
        What it gives or raises, for the loop that runs.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def done(result: Result | None, error: BaseException | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as found:
            error = found
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(done, result, error)

    threading.Thread(target=run, name="stylus-mcp-call", daemon=True).start()
    return future


class Lines:
    """The lines of a stream as they come, read by a thread that may wait for ever; one that is too long is left out.

    Args:
        stream: unbuffered, so that the thread holds no lock that the end of the program would wait for.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[str]:
        """Gives line after line until the stream ends, or cannot be read any more."""
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()

        def read() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                pieces: list[bytes] = []  # of the line that goes on, unless it is too long
                size = 0
                with contextlib.suppress(OSError, ValueError):
                    while part := self._stream.read(65_536):
                        for number, piece in enumerate(part.split(b"\n")):
                            if number:
                                loop.call_soon_threadsafe(lines.put_nowait, b"".join(pieces))
                                pieces, size = [], 0
                            size += len(piece)
                            if size <= LONGEST:
                                pieces.append(piece)
                            elif pieces:
                                logger.warning("a message of more than %s bytes is passed over", LONGEST)
                                pieces = []
                loop.call_soon_threadsafe(lines.put_nowait, b"".join(pieces))
                loop.call_soon_threadsafe(lines.put_nowait, None)

        threading.Thread(target=read, name="stylus-mcp-input", daemon=True).start()
        while (line := await lines.get()) is not None:
            if line.strip():
                yield line.decode("utf-8", "replace")
