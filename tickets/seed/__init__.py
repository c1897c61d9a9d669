"""Binzhou for demonstrations: its network, fictitious people and callers, and tickets that walk through the desk."""

from __future__ import annotations

from tickets.seed.plan import Plan
from tickets.seed.play import Played, play
from tickets.seed.register import city_records

__all__ = ["Plan", "Played", "city_records", "play"]
