"""Programs that are started as a user starts them, however the tests themselves were."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

#: A program that a shell puts into the background ignores Ctrl-C, and so does everything that it starts.
_LISTENING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def interruptible(argv: Sequence[str], **settings: Any) -> subprocess.Popen[Any]:
    """Starts a program that heeds Ctrl-C; the first of `argv` is its whole path.

    Another program sees to that and becomes this one: the tests' own process has threads, beside which no Python may
    run in a child of it.
    """
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", _LISTENING, *argv], **settings)
