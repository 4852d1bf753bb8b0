"""Why there is no answer of a server."""

from __future__ import annotations

from stylus_core.errors import StylusError

LATE, UNREACHABLE, BROKEN, LARGE, ELSEWHERE, GARBLED = (
    "late", "unreachable", "broken", "large", "elsewhere", "garbled",
)  # fmt: skip


class NetError(StylusError):
    """There is no answer, or none that may be used.

    The message says what the server did and begins with a verb: "cannot be reached (connection refused)". It holds no
    secret of the request.

    Attributes:
        kind: one of the names above.
        status: HTTP's, 0 if there was none.
    """

    def __init__(self, kind: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
