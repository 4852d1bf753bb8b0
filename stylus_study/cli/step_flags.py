"""What the steps of a study have in common on the command line: its folder, and numbers with their intervals."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylus_core.cli.number_types import number, whole
from stylus_study.study.types import BASE


def add_folder(step: argparse.ArgumentParser) -> None:
    """What a step has that works on a study's folder."""
    step.add_argument("folder", type=Path, metavar="OUT", help="the study's folder, made by stylus study run")
    step.add_argument("--json", action="store_true", help="print JSON")
    step.add_argument("-v", "--verbose", action="store_true", help="log what is done, on the error stream")


def estimate(value: Any, form: str = ".2f") -> str:
    """`12.30 (12.10 to 12.50)`; a dash where there is none."""
    if not isinstance(value, Mapping) or value.get("value") is None:
        return "-"
    low, high = value.get("low"), value.get("high")
    interval = f" ({low:{form}} to {high:{form}})" if low is not None and high is not None else ""
    return f"{value['value']:{form}}{interval}"


def percent(value: Any) -> str:
    """`62% (55% to 69%)`; a dash where there is none."""
    return estimate(value, ".0%")


def add_comparing(step: argparse.ArgumentParser) -> None:
    """What is compared, for the steps that compare systems."""
    step.add_argument("--system", action="append", metavar="NAME", help="only this system; may be repeated")
    step.add_argument("--against", default=BASE, metavar="NAME", help=f"the one they are compared with ({BASE})")
    step.add_argument(
        "--cfg", action="append", type=number(0, 100), metavar="X", help="only this CFG value; may be repeated"
    )
    step.add_argument(
        "--seed", type=whole(0, 2**31), default=0, metavar="N", help="another draw of the pairs where there is a limit"
    )
