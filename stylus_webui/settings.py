"""The settings page: what belongs to the installation rather than to one picture.

The key of a language model never becomes a setting of the host: those are kept in a readable file and served by the
host's API. What is typed into its field goes into a file of our own, readable by its owner only, and the field is
emptied at once. A key in the environment wins.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.errors import OptionError
from stylus_core.llm.endpoint_settings import FIELDS, KEY_VARIABLES
from stylus_core.options import Option, check
from stylus_webui import host
from stylus_webui.options import CONTROLS, lines

if TYPE_CHECKING:
    from stylus_core.composer.settings import ComposerSettings
    from stylus_core.refiner.model.refine_plan import RefineSettings

logger = logging.getLogger("stylus")

SECTION = ("stylus", "Stylus")

#: Options that the page has a default for. The switch is always off at first: a request that does not name us is left
#: alone; what is pinned, banned or a favourite for good has fields of its own.
_NONE = ("enabled", "pinned", "banned", "favourite_names", "seed", "architecture", "family")
DEFAULTS = tuple(o for o in CONTROLS if o.name not in _NONE)


def default_name(option: Option) -> str:
    """The setting that holds the panel's default of an option."""
    return f"stylus_default_{option.name}"


def panel_default(option: Option) -> Any:
    """The value that the panel starts with: the setting, or the table's default where there is none that fits."""
    value = host.option(default_name(option))
    if value is None:
        return option.default
    try:
        return check(option, lines(value) if option.type == "names" else value)
    except OptionError as error:
        logger.warning("a panel default in the settings is not used: %s", error)
        return option.default


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
    """Bans an adapter for good, or lifts the ban. Returns why it could not be kept, or ""."""
    names = [n for n in banned() if n != name] + ([name] if ban else [])
    try:
        shared = host.shared()
        shared.opts.set("stylus_banned", "\n".join(names))
        if tuple(names) != banned():
            return "the WebUI does not let this setting change"
        shared.opts.save(shared.config_filename)
    except Exception as error:
        logger.warning("a ban could not be saved: %s", error)
        return f"the setting could not be saved ({error or type(error).__name__})"
    return ""


def composer_settings() -> ComposerSettings:
    """Addresses, models and key for whoever asks a model; what is empty here the environment may have."""
    from stylus_core.composer.settings import ComposerSettings

    texts: dict[str, Any] = {f.name: _text(f.setting) for f in FIELDS if f.setting and f.name != "key"}
    return ComposerSettings(key=_stored_key(), keep_alive=0 if host.option("stylus_unload", False) else None, **texts)


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


def register() -> None:
    """`on_ui_settings`."""
    import gradio as gr

    shared = host.shared()

    def add(name: str, default: Any, label: str, info: str, component: Any = None, **more: Any) -> None:
        given = shared.OptionInfo(default, label, component or gr.Textbox, more or None, section=SECTION)
        shared.opts.add_option(name, given.info(info) if hasattr(given, "info") else given)

    names = {"lines": 4, "placeholder": "one file name a line, without its extension"}
    add("stylus_folders", "", "More folders", "one a line; the WebUI must list them too", lines=2)
    add("stylus_banned", "", "Banned adapters", "never picked", **names)
    add("stylus_pinned", "", "Pinned adapters", "always added", **names)
    add("stylus_favourites", "", "Favourite adapters", "beside those that LoRA Manager marks", **names)
    for field in FIELDS:
        if field.name == "key":
            add(field.setting, "", field.label, _key_info(), type="password")
        elif field.setting:
            add(field.setting, "", field.label, field.help)
    add(
        "stylus_unload",
        False,
        "LLM: free its memory after each call",
        "for a server on the same graphics card that can (Ollama); the next call loads the model anew",
        gr.Checkbox,
    )
    for name, what in (("stylus_price_in", "read"), ("stylus_price_out", "written")):
        info = "in any currency, for the estimate before adapters are described; 0: not known"
        add(name, 0, f"LLM: price of a million tokens {what}", info, gr.Number)
    add(
        "stylus_encoder",
        "",
        "Embedding model",
        "folder of a sentence encoder; empty: all-MiniLM-L6-v2 if it is installed; none: words alone",
    )
    add("stylus_home", "", "Folder of index and caches", "empty: the user's cache folder")
    add("stylus_keep_picks", True, "Keep picks", "the same prompt gives the same picks after a restart", gr.Checkbox)
    for option in DEFAULTS:
        component, arguments = _component(option)
        add(
            default_name(option),
            "" if option.type == "names" else _plain(option.default),
            f"Panel default: {option.label}",
            option.help,
            component,
            **arguments,
        )
    texts = [field.setting for field in FIELDS if field.setting and field.name != "key"]
    for name in (
        *texts,
        "stylus_folders",
        "stylus_unload",
        "stylus_encoder",
        "stylus_home",
        "stylus_keep_picks",
    ):
        shared.opts.onchange(name, _restart, call=False)
    shared.opts.data_labels["stylus_key"].restrict_api = True
    shared.opts.onchange("stylus_key", _take_key, call=False)
    _take_key()  # one that lies in the host's own file, from wherever it came


def _take_key() -> None:
    shared = host.shared()
    given = str(shared.opts.data.get("stylus_key") or "").strip()
    if not given:
        return
    shared.opts.data["stylus_key"] = ""
    path = _key_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            os.chmod(path, 0o600)  # an older file keeps its mode
            file.write("" if given == "-" else given)
    except OSError as error:
        logger.error("the key could not be kept in %s: %s", path, error.strerror)
    else:
        _restart()


def _stored_key() -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return _key_file().read_text("utf-8").strip()
    return ""


def _key_file() -> Path:
    from stylus_webui import runtime

    return runtime.home() / "webui-key"


def _key_info() -> str:
    variable = next((v for v in KEY_VARIABLES if os.environ.get(v)), None)
    if variable:
        return f"{variable} in the environment comes first"
    return (
        f"kept apart from the other settings and never shown; - deletes it; {KEY_VARIABLES[0]} in the environment wins"
    )


def _text(name: str) -> str:
    return str(host.option(name, "") or "").strip()


def _restart() -> None:
    from stylus_webui import runtime

    runtime.restart()


def _lines(name: str) -> list[str]:
    text = str(host.option(name, "") or "")
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _component(option: Option) -> tuple[Any, dict[str, Any]]:
    import gradio as gr

    if option.type == "bool":
        return gr.Checkbox, {}
    if option.type == "choice":
        return gr.Dropdown, {"choices": list(option.choices)}
    if option.type == "choices":
        return gr.CheckboxGroup, {"choices": list(option.choices)}
    if option.type == "names":
        return gr.Textbox, {"lines": 2, "placeholder": "one a line"}
    return gr.Slider, {"minimum": option.low, "maximum": option.high, "step": option.step}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
