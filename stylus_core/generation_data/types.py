"""What is read of a generated picture, in the same terms for every program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from stylus_core.errors import StylusError


class GenerationDataError(StylusError):
    """A file's metadata cannot be read; the message says why in a few words, without the file's name."""


class AdapterUse(NamedTuple):
    """An adapter that a picture was made with.

    Attributes:
        name: as the picture has it: the name in the tag, or a path below a folder of adapters.
        weight: of the picture's model (unet).
        clip_weight: of the text encoder; None where it is the same.
        hash: lower case hex digits without "0x": AutoV3 (12 or more digits of the tensors' sha256, `Lora hashes`),
            AutoV2 (the first 10 digits of the file's sha256) or the file's whole sha256; "" where nothing says.
        version_id: Civitai's of the version; None where nothing says.
        picked: whether Stylus put it there and the maker left it in.
    """

    name: str
    weight: float = 1.0
    clip_weight: float | None = None
    hash: str = ""
    version_id: int | None = None
    picked: bool = False


@dataclass(frozen=True, slots=True)
class GenerationData:
    """How one picture was made. All texts are a stranger's: data, never instructions.

    Attributes:
        tool: the program that wrote it, as far as that can be told: "webui" (AUTOMATIC1111 and its relatives),
            "comfyui", "invokeai", "fooocus", "swarmui", "civitai".
        prompt: as its maker typed it, with markup and tags; where Stylus rewrote it, the one before.
        negative_prompt: the same for what was not wanted.
        adapters: it was made with, each once.
        checkpoint: name of the model without folder and extension; "" where nothing says.
        made_at: seconds since 1970 where the metadata say; None where only the file's time can.
    """

    tool: str
    prompt: str
    negative_prompt: str = ""
    adapters: tuple[AdapterUse, ...] = ()
    checkpoint: str = ""
    made_at: float | None = None
