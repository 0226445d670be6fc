"""Owns what happens when mail comes back: `reports` reads it, `taking` acts on it."""

from deployments.bounces.reports import Bounce, Kind, Report, read
from deployments.bounces.taking import UNKNOWN, take

__all__ = ["UNKNOWN", "Bounce", "Kind", "Report", "read", "take"]
