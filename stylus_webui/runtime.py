"""The one instance of everything that a WebUI process shares: made when it is first needed, in both tabs the same."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_webui import host, pairs, settings
from stylus_webui.job_seed import job_seed

if TYPE_CHECKING:
    from stylus_host.core_protocol import SelectingCore
    from stylus_host.service import Service
    from stylus_webui.cache import Cache
    from stylus_webui.generation_hook import JobOutcome
    from stylus_webui.select_or_reuse import DecisionContext

logger = logging.getLogger("stylus")

_LAST = 64
_NO_FOLDER = "the WebUI has no LoRA folder; put adapters into models/Lora or add a folder in the settings"


class Runtime:
    """Service, cache and the outcomes of the last jobs."""

    def __init__(self, service: Service, cache: Cache) -> None:
        from stylus_host.own_pictures import OwnLearning
        from stylus_webui.refining import Refining

        self.service = service
        self.cache = cache
        self.refining = Refining(service.home, settings.composer_settings, settings.refine_settings, service.refresh)
        self.own = OwnLearning(service.history, settings.learns)
        self._outcomes: OrderedDict[tuple[str, str], tuple[int, JobOutcome | None]] = OrderedDict()
        self._ended = 0
        self._lock = threading.Lock()

    def context(self, p: Any = None) -> DecisionContext:
        """What a decision needs; `p` is the job that it is for, where there is one already."""
        from stylus_webui.select_or_reuse import DecisionContext

        return DecisionContext(
            service=self.service,
            cache=self.cache,
            names=host.HostNames(),
            pairs=pairs.applied(p),
            architecture=host.architecture(),
            family=host.family(),
            model=settings.model_identity(),
            banned=settings.banned(),
            pinned=settings.pinned(),
            favourites=settings.favourites(),
            seed=job_seed(p),
            own=self.own.key(),
        )

    def note(self, tab: str, page: str, outcome: JobOutcome | None) -> None:
        """Remembers what came of a job that ended.

        Args:
            tab: "txt2img" or "img2img".
            page: key of the page that asked for it.
            outcome: None: Stylus was off.
        """
        with self._lock:
            self._ended += 1
            self._outcomes[tab, page] = self._ended, outcome
            self._outcomes.move_to_end((tab, page))
            while len(self._outcomes) > _LAST:
                self._outcomes.popitem(last=False)

    def outcome(self, tab: str, page: str) -> tuple[int, JobOutcome | None]:
        """Finds the last job of a page that ended.

        Args:
            tab: "txt2img" or "img2img".
            page: its key.

        Returns:
            The number of the job, 0 where there was none, and what came of it, None where Stylus was off.
        """
        with self._lock:
            return self._outcomes.get((tab, page), (0, None))

    def close(self) -> None:
        """Ends the background work and closes the databases."""
        self.refining.close()
        self.own.close()
        self.service.close()
        self.cache.close()


_current: Runtime | None = None
_making = threading.Lock()


def get() -> Runtime:
    """Made on first use; opens no library and waits for nothing."""
    global _current
    with _making:
        if _current is None:
            _current = _make()
        return _current


def install(runtime: Runtime | None) -> None:
    """Puts another instance in place, or none; the one before is the caller's to close."""
    global _current
    with _making:
        _current = runtime


def start() -> None:
    """Begins to index in the background. Never raises: the WebUI is starting."""
    try:
        get().service.refresh()
    except Exception:
        logger.exception("the index cannot be started")


def restart() -> None:
    """Opens the library anew with settings that changed, in the background."""
    global _current
    with _making:
        old, _current = _current, None
    if old is not None:
        threading.Thread(target=old.close, name="stylus-close", daemon=True).start()
    start()


def _make() -> Runtime:
    from stylus_host.service import Service
    from stylus_webui.cache import Cache

    kept = settings.home() / "webui-picks.sqlite" if settings.keep_picks() else None
    return Runtime(Service(_open_core, settings.folders, host.architecture, _NO_FOLDER), Cache(kept))


def _open_core(folders: Sequence[Path]) -> SelectingCore:
    from stylus_core import Stylus
    from stylus_webui import generation_hook  # noqa: F401 - in the background, so that the first job need not wait for it

    return Stylus(
        list(folders), home=settings.home(), encoder=settings.encoder(), composers=settings.composer_settings()
    )
