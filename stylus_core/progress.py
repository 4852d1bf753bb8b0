"""What long work calls to tell how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with (stage, done, total): what is being done in a word, how many are done, and of how many; a total of 0 is
#: not known. From the thread that works, or several one at a time, and often: whoever shows it decides how often.
Progress = Callable[[str, int, int], None]

#: The same within one stage: (done, total).
StageProgress = Callable[[int, int], None]
