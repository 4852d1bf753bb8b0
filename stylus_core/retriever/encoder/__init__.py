"""Sentence encoders behind one contract, opened by name or path."""

from __future__ import annotations

from stylus_core.retriever.encoder.contract import Encoder
from stylus_core.retriever.encoder.encoder_loading import DEFAULT_MODEL, bulk_encoder, find_model, open_encoder

__all__ = ["DEFAULT_MODEL", "Encoder", "bulk_encoder", "find_model", "open_encoder"]
