"""Owns what records in the org hear of invitations: when they were sent, answered and
so on, why somebody was not asked, and that a person wants no mail any more.

`noting` puts the values of a milestone on their way, `writing` brings them there, and
`forgetting` takes them out again.
"""

from crm_mappings.milestones.forgetting import forget, forget_old
from crm_mappings.milestones.noting import (
    NAMES,
    note_decision,
    note_milestone,
    problems_of,
)
from crm_mappings.milestones.writing import send_again, write_due

__all__ = [
    "NAMES",
    "forget",
    "forget_old",
    "note_decision",
    "note_milestone",
    "problems_of",
    "send_again",
    "write_due",
]
