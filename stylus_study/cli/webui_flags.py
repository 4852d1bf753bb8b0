"""How a WebUI is reached: for the commands that let one paint."""

from __future__ import annotations

import argparse

from stylus_core.cli.number_types import number

AUTH_ENV = "STYLUS_WEBUI_AUTH"


def add_webui_flags(command: argparse.ArgumentParser) -> None:
    """Adds how a WebUI is reached, and for how long it is waited for."""
    command.add_argument(
        "--auth-env", default=AUTH_ENV, metavar="NAME", help=f"variable with user:password of --api-auth ({AUTH_ENV})"
    )
    command.add_argument(
        "--picture-timeout", type=number(1, 86400), default=600.0, metavar="S", help="seconds for one picture (600)"
    )
