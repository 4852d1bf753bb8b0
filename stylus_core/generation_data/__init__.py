"""What a generated picture says of how it was made, whichever program made it: prompt, adapters, weights, checkpoint.

Only metadata is read, never a pixel. All of it comes from files that anybody may have sent: every read is bounded, and
what is no such picture raises `GenerationDataError`.
"""

from stylus_core.generation_data.types import AdapterUse, GenerationData, GenerationDataError

__all__ = ["AdapterUse", "GenerationData", "GenerationDataError"]
