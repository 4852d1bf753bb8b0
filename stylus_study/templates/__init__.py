"""The pages of the study: Jinja2 templates in this folder, a folder for each room, and the one way to render them.

Every value is escaped as it goes into a page, and one that a template names and nobody gave is an error. The only text
that goes in as it is are our own style and script, which the templates mark themselves.
"""

from __future__ import annotations

import functools
import importlib.util
from importlib import resources
from typing import TYPE_CHECKING, Any

from stylus_core.errors import StylusError

if TYPE_CHECKING:
    from jinja2 import Environment


def need_jinja2() -> None:
    """Asks for Jinja2 before work begins whose result is a page.

    Raises:
        StylusError: Jinja2 is not installed; the message says how it is.
    """
    if importlib.util.find_spec("jinja2") is None:
        raise StylusError("pages need Jinja2: pip install jinja2")


def render(template: str, **values: Any) -> str:
    """A page out of a template.

    Args:
        template: path of the template in this folder, e.g. `report/page.html`.
        values: what the template names; texts of strangers may be among them.

    Returns:
        The whole page; lone surrogates of the values are still in it.

    Raises:
        StylusError: Jinja2 is not installed.
    """
    need_jinja2()
    return _environment().get_template(template).render(values)


def asset(name: str) -> str:
    """A style or script that a page holds in itself.

    Args:
        name: path of the file in this folder, e.g. `report/page.css`.

    Returns:
        The file's text as it is, so that a content security policy can name its hash.
    """
    return resources.files(__package__).joinpath(name).read_text("utf-8")


@functools.cache
def _environment() -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("stylus_study"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = format  # `{{ 0.25|number(".0%") }}`, as the built-in `format` takes no such thing
    # ASCII alone, in the order given; the filter itself escapes what could end the element that the JSON stands in.
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment
