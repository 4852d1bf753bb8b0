"""Pictures from anywhere: the one place where a file or an answer is opened as a picture.

A picture may come from a stranger: a preview beside an adapter, a reference of a study, what a WebUI answers. It is
read as a regular file, taken apart by its container first, and decoded by Pillow's reader of that one format, in memory
that is known before. What is no such picture raises `PictureError`.
"""

from stylus_core.pictures.containers import ENDINGS, PictureError, kind
from stylus_core.pictures.decoding import MADE, PREVIEW, Limits, check_whole, decoded, jpeg, need_pillow
from stylus_core.pictures.files import read_file

__all__ = [
    "ENDINGS",
    "MADE",
    "PREVIEW",
    "Limits",
    "PictureError",
    "check_whole",
    "decoded",
    "jpeg",
    "kind",
    "need_pillow",
    "read_file",
]
