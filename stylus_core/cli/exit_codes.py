"""What `stylus` ends with, for the shell."""

from __future__ import annotations

OK, FAILED, USAGE, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
