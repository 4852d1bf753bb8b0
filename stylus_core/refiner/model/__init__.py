"""Descriptions by a model, which reads what is known of an adapter and sees its pictures; and those of others."""

from __future__ import annotations
