"""The one way out to the network: every request of Stylus leaves through `send`, and nothing else opens a connection.

What it keeps, against any server: the total time; the size of head and body, before and after decompression; that no
redirect is followed; and that no secret of the request is in what it hands back.
"""

from __future__ import annotations

from stylus_core.net.address import address_problem, shown_address
from stylus_core.net.connection import reach
from stylus_core.net.errors import NetError
from stylus_core.net.exchange import HttpReply, HttpRequest, send
from stylus_core.net.redaction import Redaction

__all__ = ["HttpReply", "HttpRequest", "NetError", "Redaction", "address_problem", "reach", "send", "shown_address"]
