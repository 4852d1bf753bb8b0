"""Errors whose message is meant for the user: each names the input and the way out."""

from __future__ import annotations


class StylusError(Exception):
    """Base of every error that this package raises on purpose."""


class LibraryError(StylusError):
    """A library folder or its database cannot be used."""


class ModelError(StylusError):
    """A model cannot be loaded."""


class OptionError(StylusError):
    """An option has an unknown name or an invalid value."""


class ComposerError(StylusError):
    """A composer could not answer; the caller falls back to the local composer."""


class LLMError(StylusError):
    """A language model's server could not be asked, or its answer could not be used.

    Attributes:
        status: HTTP's, 0 if there was none.
        answered: the model did answer, so the trouble is with this one request and not with the server.
        late: nothing came until the time was over.
    """

    def __init__(self, message: str, *, status: int = 0, answered: bool = False, late: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.answered = answered
        self.late = late


class EngineError(StylusError):
    """A search engine cannot be reached, or answered what cannot be used; the caller falls back to the local index."""
