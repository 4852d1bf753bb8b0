"""What a generated picture says of how it was made, whichever program made it: prompt, adapters, weights, checkpoint.

Only metadata is read, never a pixel. All of it comes from files that anybody may have sent: every read is bounded, and
what is no such picture raises `GenerationDataError`.

| container | where the texts stand | module |
| --- | --- | --- |
| PNG | tEXt, zTXt, iTXt, eXIf, also behind the pixels | `png` |
| JPEG | EXIF, XMP, comment | `jpeg` |
| WebP | EXIF, XMP | `webp` |
| AVIF, HEIC | EXIF, XMP | `avif` |
| NAME.txt | beside a picture that says nothing | `reading` |

| program | fields | module |
| --- | --- | --- |
| AUTOMATIC1111 and its relatives, SD.Next, Civitai | infotext | `webui` |
| ComfyUI | prompt, workflow, stylus | `comfyui` |
| InvokeAI | invokeai_metadata, sd-metadata, Dream | `invokeai` |
| Fooocus | parameters (JSON) | `fooocus` |
| SwarmUI | sui_image_params, sui_models | `swarmui` |
"""

from stylus_core.generation_data.reading import PICTURE_ENDINGS, read_generation_data
from stylus_core.generation_data.types import AdapterUse, GenerationData, GenerationDataError

__all__ = ["PICTURE_ENDINGS", "AdapterUse", "GenerationData", "GenerationDataError", "read_generation_data"]
