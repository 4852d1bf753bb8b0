"""The priority of a thread: what is made in the background steps back for the picture, the browser and the user."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICER = 5  # steps of Unix's nice: a third of the time where others want all; less would hold up what waits for it
_BELOW_NORMAL = -1  # of Windows


def lower_priority() -> None:
    """Lowers the priority of this thread for as long as it lives, where the system has one for a thread alone.

    Threads that it starts from now on have the same.
    """
    with contextlib.suppress(OSError, AttributeError):  # it may not, or cannot: the work is done all the same
        if sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.SetThreadPriority(kernel.GetCurrentThread(), _BELOW_NORMAL)
        elif sys.platform.startswith("linux"):  # elsewhere on Unix the number is the whole process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)
