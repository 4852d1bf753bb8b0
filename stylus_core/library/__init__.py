"""The library stage: adapter files, their headers and sidecars, merged with provenance into one SQLite file."""

from stylus_core.library.library import Library, Problem
from stylus_core.library.scan import ScanReport

__all__ = ["Library", "Problem", "ScanReport"]
