"""A small server of this machine that takes a bounded number of connections and says nothing of those that break."""

from __future__ import annotations

import logging
import threading
from http.server import ThreadingHTTPServer
from typing import Any

log = logging.getLogger("stylus")

MAX_CONNECTIONS = 512  # at a time: each has a thread


class BoundedServer(ThreadingHTTPServer):
    """A thread for each connection, up to `MAX_CONNECTIONS`; further ones are closed at once."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serves a connection in a thread of its own, or hangs up where there are as many as may be."""
        if not self._slots.acquire(blocking=False):
            log.debug("a connection is refused: there are %s already", MAX_CONNECTIONS)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be had
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serves the connection and gives its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Notes a connection that broke, in the log alone."""
        log.debug("a connection ended early", exc_info=True)  # a browser that goes away is nothing to tell of
