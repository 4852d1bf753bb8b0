"""Programs that are started as a user starts them, however the tests themselves were."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: A program that a shell puts into the background ignores Ctrl-C, and so does everything that it starts.
_LISTENING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def interruptible(argv: Sequence[str], **settings: Any) -> subprocess.Popen[Any]:
    """Starts a program that heeds Ctrl-C; the first of `argv` is its whole path.

    Another program sees to that and becomes this one: the tests' own process has threads, beside which no Python may
    run in a child of it.
    """
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", _LISTENING, *argv], **settings)


def received(process: subprocess.Popen[Any], kind: signal.Signals) -> bool:
    """Whether a signal that was sent has reached the program; where the system does not tell, it is taken to have."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return True
    told = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
    return not any(int(told.get(name, "0"), 16) >> (kind - 1) & 1 for name in ("SigPnd", "ShdPnd"))
