"""Corpora, query sets and metrics: how good a selection is."""
