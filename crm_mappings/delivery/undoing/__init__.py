"""Owns putting back what was written: one response by hand, a whole run by the
workers."""

from crm_mappings.delivery.undoing.acts import (
    SETTLED,
    Undone,
    look,
    to_put_back,
    undo,
    undo_in_batches,
)
from crm_mappings.delivery.undoing.judging import (
    DONE,
    Fate,
    FieldNow,
    Finding,
    sentence,
    words,
)

__all__ = [
    "DONE",
    "SETTLED",
    "Fate",
    "FieldNow",
    "Finding",
    "Undone",
    "look",
    "sentence",
    "to_put_back",
    "undo",
    "undo_in_batches",
    "words",
]
