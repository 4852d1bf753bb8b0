"""What the host does to a prompt besides us: comments and styles, as it will do it or has done it."""

from __future__ import annotations

import logging
import re
from typing import Any

from stylus_webui import host

logger = logging.getLogger("stylus")


def strip_comments(text: str) -> str:
    """Takes comments out as the host will after its own `process`, which runs after ours.

    A tag that is written behind a `#` would go with the comment, so the prompt is rewritten without its comments.

    Args:
        text: a prompt.

    Returns:
        It without comments; as it is where the host keeps them.
    """
    if "#" not in text or not host.option("enable_prompt_comments", False):
        return text
    text = re.sub(r"(^|\n)#[^\n]*(\n|$)", "\n", text)
    return re.sub(r"#[^\n]*(\n|$)", "\n", text)


def apply_styles(prompt: str, styles: Any) -> str:
    """Applies the user's styles as the host does before a job.

    Args:
        prompt: as it was typed.
        styles: names, as the host's component has them; None: it has none.

    Returns:
        The prompt with the styles' texts.
    """
    if not styles or not isinstance(styles, (list, tuple)):
        return prompt
    try:
        return str(host.shared().prompt_styles.apply_styles_to_prompt(prompt, list(styles)))
    except Exception as error:
        logger.debug("the styles were not applied: %s", error)
        return prompt


def extract_styles(prompt: str, negative: str) -> tuple[str, str, list[str] | None]:
    """Takes the texts of styles out of a pasted prompt, as the host does.

    The host does this to the prompt of a pasted infotext; it has to be done to the prompt that we put back as well.

    Args:
        prompt: of the picture.
        negative: of the picture.

    Returns:
        The prompt, the negative prompt and the names of the styles that were in them; None for the names if the host is
        set to do nothing.
    """
    mode = host.option("infotext_styles", "Ignore")
    if mode == "Ignore":
        return prompt, negative, None
    try:
        names, prompt, negative = host.shared().prompt_styles.extract_styles_from_prompt(prompt, negative)
    except Exception as error:
        logger.debug("the styles were not taken out: %s", error)
        return prompt, negative, None
    return prompt, negative, names if mode == "Apply" or (mode == "Apply if any" and names) else None
