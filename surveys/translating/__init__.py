"""A survey's texts in other languages: read, written, sent out and taken back."""

from surveys.translating.rows import (
    Progress,
    Saved,
    Submitted,
    fingerprint,
    languages_of,
    progress,
    save_texts,
    take,
    units,
)
from surveys.translating.units import FileRefused, Incoming, Report, Unit

__all__ = [
    "FileRefused",
    "Incoming",
    "Progress",
    "Report",
    "Saved",
    "Submitted",
    "Unit",
    "fingerprint",
    "languages_of",
    "progress",
    "save_texts",
    "take",
    "units",
]
