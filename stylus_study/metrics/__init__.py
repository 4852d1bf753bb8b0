"""Metrics of a study's pictures: CLIP score, FID, KID, diversity."""
