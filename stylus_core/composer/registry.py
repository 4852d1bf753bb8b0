"""Composers by name, and what happens when one cannot answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from stylus_core.composer.contract import BuiltInComposer, Composer, Request
from stylus_core.composer.settings import ComposerSettings
from stylus_core.composer_table import COMPOSERS
from stylus_core.errors import ComposerError
from stylus_core.types import Composition

log = logging.getLogger("stylus")


def declaration(name: str) -> type[BuiltInComposer]:
    """Finds the class of a composer that comes with Stylus.

    Args:
        name: a key of `composer_table.COMPOSERS`; `KeyError` for any other.

    Returns:
        The class, which says what it is called and whether it asks a model.
    """
    module, _, cls = COMPOSERS[name].partition(":")
    made: type[BuiltInComposer] = getattr(import_module(module), cls)
    return made


class Composers:
    """All composers that one library can be asked with. The local one answers for any that cannot.

    Args:
        own: further composers by the value of the option `composer` that chooses them; one of a name that comes with
            Stylus takes its place.
        settings: of those that ask a model; None: what the environment says.
        home: folder of their answers and of what they learn of servers; None: those that ask a model are not set up,
            until `at_home` says where.
    """

    def __init__(
        self,
        own: Mapping[str, Composer] | None = None,
        settings: ComposerSettings | None = None,
        home: Path | None = None,
    ) -> None:
        self._own = dict(own or {})
        self._settings = settings or ComposerSettings()
        self._home = home
        self._made: dict[str, Composer] = dict(self._own)
        self._lock = threading.Lock()

    def at_home(self, home: Path) -> Composers:
        """Sets up those that ask a model for one library.

        Args:
            home: the library's folder of state.

        Returns:
            The same composers with this home; themselves where they have one.
        """
        return self if self._home is not None else Composers(self._own, self._settings, home)

    @property
    def names(self) -> tuple[str, ...]:
        """The values that the option `composer` takes with these: those that come with Stylus, then one's own."""
        return tuple(dict.fromkeys((*COMPOSERS, *self._own)))

    def compose(self, request: Request) -> Composition:
        """Asks the composer that the options name. Never raises for a composer that fails.

        Args:
            request: the prompt, its candidates and the options.

        Returns:
            What it answered, or what the local composer did in its place, with a note that says why.
        """
        name = request.options.composer
        try:
            return self._get(name).compose(request)
        except ComposerError as e:
            why = str(e)
        except Exception as e:
            log.exception("the composer %r failed", name)
            why = f"the composer {name!r} failed ({type(e).__name__})"
        if name == "local":
            return Composition(composer=name, notes=(f"nothing was chosen: {why}",))
        answer = self.compose(replace(request, options=replace(request.options, composer="local")))
        return replace(answer, notes=(*answer.notes, f"the local composer chose instead: {why}"))

    def _get(self, name: str) -> Composer:
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(name)
            return self._made[name]

    def _make(self, name: str) -> Composer:
        made = declaration(name) if name in COMPOSERS else None
        if made is None or (made.asks_model and self._home is None):
            raise ComposerError(f"the composer {name!r} is not set up")
        return made.from_settings(self._settings, self._home or Path())
