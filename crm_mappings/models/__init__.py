"""What Salesforce tells and is told: connections, mappings and the outbox."""

from crm_mappings.models.backfills import Backfill, BulkJob
from crm_mappings.models.connections import (
    Connection,
    ObjectDescription,
    SchemaChange,
    Trouble,
)
from crm_mappings.models.mappings import FieldRule, Mapping, MappingRevision, Step
from crm_mappings.models.matches import RememberedMatch
from crm_mappings.models.opt_outs import OptOut
from crm_mappings.models.provisionings import Provisioning
from crm_mappings.models.record_updates import MilestoneRule, RecordUpdate
from crm_mappings.models.undo_runs import UndoFinding, UndoRun
from crm_mappings.models.watching import (
    Reconciliation,
    ReconciliationFinding,
    Watch,
)
from crm_mappings.models.write_backs import (
    Attempt,
    RecordTurn,
    WriteBack,
    WrittenRecord,
)

__all__ = [
    "Attempt",
    "Backfill",
    "BulkJob",
    "Connection",
    "FieldRule",
    "Mapping",
    "MappingRevision",
    "MilestoneRule",
    "ObjectDescription",
    "OptOut",
    "Provisioning",
    "Reconciliation",
    "ReconciliationFinding",
    "RecordTurn",
    "RecordUpdate",
    "RememberedMatch",
    "SchemaChange",
    "Step",
    "Trouble",
    "UndoFinding",
    "UndoRun",
    "Watch",
    "WriteBack",
    "WrittenRecord",
]
