"""The admin of this room: connections, mappings with their editor, write-backs, and
what watches over them."""

from crm_mappings.admin import (
    backfills,
    connections,
    descriptions,
    mappings,
    milestones,
    opt_outs,
    provisionings,
    reconciliations,
    undo_runs,
    watching,
    write_backs,
)

__all__ = [
    "backfills",
    "connections",
    "descriptions",
    "mappings",
    "milestones",
    "opt_outs",
    "provisionings",
    "reconciliations",
    "undo_runs",
    "watching",
    "write_backs",
]
