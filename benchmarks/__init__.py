"""Measurements against the targets; `make bench` runs them all."""
