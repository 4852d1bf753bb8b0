"""What the settings say: what belongs to the installation rather than to one picture."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.errors import OptionError
from stylus_core.llm.endpoint_settings import FIELDS
from stylus_core.option_values import Option, check
from stylus_webui import host
from stylus_webui.options import CONTROLS, lines

if TYPE_CHECKING:
    from stylus_core.composer.settings import ComposerSettings
    from stylus_core.refiner.model.refine_plan import RefineSettings

logger = logging.getLogger("stylus")

_keeping = threading.Lock()

#: Options that the page has a default for. The switch is always off at first: a request that does not name us is left
#: alone; what is pinned, banned or a favourite for good, and learning, have fields of their own.
_NONE = ("enabled", "pinned", "banned", "favourite_names", "own_pictures", "seed", "architecture", "family")
DEFAULTS = tuple(o for o in CONTROLS if o.name not in _NONE)


#: The switch of learning from the user's own pictures.
LEARN = "stylus_learn"


def default_name(option: Option) -> str:
    """Names the setting that holds the panel's default of an option.

    Args:
        option: of `DEFAULTS`.

    Returns:
        The key.
    """
    return f"stylus_default_{option.name}"


def panel_default(option: Option) -> Any:
    """Reads the value that the panel starts with.

    Args:
        option: of `CONTROLS`.

    Returns:
        The setting, or the table's default where there is none that fits.
    """
    value = host.option(default_name(option))
    if value is None:
        return option.default
    try:
        return check(option, lines(value) if option.type == "names" else value)
    except OptionError as error:
        logger.warning("a panel default in the settings is not used: %s", error)
        return option.default


def panel_defaults() -> dict[str, Any]:
    """The values of now that every option has where a request does not name it, by its name."""
    return {option.name: panel_default(option) for option in DEFAULTS}


def home() -> Path:
    """The folder of indexes and caches: that of the setting, else the core's."""
    from stylus_core.home import home as default

    given = _text("stylus_home")
    return Path(given).expanduser() if given else default()


def key_file() -> Path:
    """Where the key of a language model is kept, apart from what the host keeps."""
    return home() / "webui-key"


def keep_picks() -> bool:
    """Whether the same prompt is to give the same picks after a restart."""
    return bool(host.option("stylus_keep_picks", True))


def folders() -> list[Path]:
    """The host's LoRA folders and those of the setting."""
    extra = [Path(line).expanduser() for line in _lines("stylus_folders")]
    for path in extra:
        if not path.is_dir():
            logger.warning("the folder %s of the Stylus settings does not exist", path)
    return list(dict.fromkeys([*host.lora_folders(), *(p.resolve() for p in extra if p.is_dir())]))


def banned() -> tuple[str, ...]:
    """Stems that are never picked, for good."""
    return tuple(_lines("stylus_banned"))


def pinned() -> tuple[str, ...]:
    """Stems that are always added, for good."""
    return tuple(_lines("stylus_pinned"))


def favourites() -> tuple[str, ...]:
    """Stems that are favourites, beside those that other tools mark."""
    return tuple(_lines("stylus_favourites"))


def set_banned(name: str, ban: bool) -> str:
    """Bans an adapter for good, or lifts the ban.

    Args:
        name: its stem.
        ban: whether it is to be banned.

    Returns:
        Why it could not be kept, the end of a sentence; "" if it was.
    """
    return _keep("stylus_banned", banned, name, ban)


def set_pinned(name: str, pin: bool) -> str:
    """Pins an adapter for good, or unpins it.

    Args:
        name: its stem.
        pin: whether it is to be pinned.

    Returns:
        Why it could not be kept, the end of a sentence; "" if it was.
    """
    return _keep("stylus_pinned", pinned, name, pin)


def learns() -> bool:
    """Whether this WebUI may learn from the user's own pictures and corrections, and use what was learned."""
    return bool(host.option(LEARN, False))


def set_learns(learn: bool) -> str:
    """Switches that on or off.

    Args:
        learn: whether it is on from now on.

    Returns:
        Why it could not be kept, the end of a sentence; "" if it was.
    """
    try:
        shared = host.shared()
        shared.opts.set(LEARN, learn)
        if learns() != learn:
            return "the WebUI does not let this setting change"
        shared.opts.save(shared.config_filename)
    except Exception as error:
        logger.warning("%s could not be saved: %s", LEARN, error)
        return f"the setting could not be saved ({error or type(error).__name__})"
    return ""


def _keep(setting: str, names: Callable[[], tuple[str, ...]], name: str, there: bool) -> str:
    """Two clicks may come at once: each changes what the other left."""
    with _keeping:
        wanted = [n for n in names() if n != name] + ([name] if there else [])
        try:
            shared = host.shared()
            shared.opts.set(setting, "\n".join(wanted))
            if tuple(wanted) != names():
                return "the WebUI does not let this setting change"
            shared.opts.save(shared.config_filename)
        except Exception as error:
            logger.warning("%s could not be saved: %s", setting, error)
            return f"the setting could not be saved ({error or type(error).__name__})"
    return ""


def composer_settings() -> ComposerSettings:
    """Addresses, models and key for whoever asks a model; what is empty here the environment may have."""
    from stylus_core.composer.settings import ComposerSettings

    texts: dict[str, Any] = {f.name: _text(f.setting) for f in FIELDS if f.setting and f.name != "key"}
    return ComposerSettings(key=stored_key(), keep_alive=0 if host.option("stylus_unload", False) else None, **texts)


def refine_settings() -> RefineSettings:
    """How a model is asked to describe adapters."""
    from stylus_core.refiner.model.refine_plan import RefineSettings

    return RefineSettings(price_in=_price("stylus_price_in"), price_out=_price("stylus_price_out"))


def _price(name: str) -> float:
    try:
        return max(0.0, float(host.option(name, 0) or 0))
    except (TypeError, ValueError):
        return 0.0


def encoder() -> str:
    """The embedding model's folder, "auto" for the installed one, or "none"."""
    return _text("stylus_encoder") or "auto"


def model_identity() -> str:
    """What decides a model's answer besides the question; part of a cache's key, so without any key in it."""
    given = composer_settings()
    return " ".join((given.endpoint.shown, given.endpoint.model, given.rerank_endpoint.shown)).strip()


def stored_key() -> str:
    """The key that was typed into the settings page; "" if none is kept."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return key_file().read_text("utf-8").strip()
    return ""


def _text(name: str) -> str:
    return str(host.option(name, "") or "").strip()


def _lines(name: str) -> list[str]:
    text = str(host.option(name, "") or "")
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
