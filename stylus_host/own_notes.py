"""How the user's own pictures use an adapter, in a sentence: made when it is shown, so that nothing else ever holds it."""

from __future__ import annotations

import time

from stylus_core.history.records import OwnUse
from stylus_core.rewriter import format_weight


def own_note(use: OwnUse | None) -> str:
    """Tells how an adapter was used.

    Args:
        use: of an adapter; None: nobody used it.

    Returns:
        One sentence; "" where there is nothing to tell.
    """
    if use is None or use.pictures < 1:
        return ""
    parts = [f"In {use.pictures:,} of your own pictures"]
    if use.last_at > 0:
        parts.append(f"last on {time.strftime('%Y-%m-%d', time.localtime(use.last_at))}")
    if use.weights is not None:
        low, _, high = use.weights
        same = format_weight(low) == format_weight(high)
        parts.append(f"at {format_weight(low)}" + ("" if same else f" to {format_weight(high)}"))
    if use.together:
        parts.append(f"often with {use.together[0][0]}")
    return ", ".join(parts) + "."
