"""Whether the packages that selecting needs are there: `install.py` adds them, a firewall may have kept it from it."""

from __future__ import annotations

from importlib.util import find_spec

#: Packages without which nothing can be selected. The embedding model is not among them: words alone will do.
NEEDED = ("numpy",)


def problem() -> str:
    """One sentence that says what is missing and what to do, or ""."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return ""
    names = " ".join(missing)
    return f"Stylus needs {names}: run pip install {names} in the WebUI's environment and restart the WebUI."
