"""Programs that are started as a user starts them, however the tests themselves were."""

from __future__ import annotations

import signal
from functools import partial
from subprocess import Popen

#: A program that a shell puts into the background ignores Ctrl-C, and so does everything that it starts.
interruptible = partial(Popen, preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL))
