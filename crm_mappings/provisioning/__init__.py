"""Owns what is created in an org: proposed, validated, deployed, followed, verified."""

from crm_mappings.provisioning.carrying import carry_on, due_soon
from crm_mappings.provisioning.proposing import (
    COMMON,
    CannotPropose,
    package,
    propose,
    record_choices,
    tied_records,
)
from crm_mappings.provisioning.starting import (
    CannotStart,
    cancel,
    go_on,
    latest,
    start,
    start_messages,
    watch,
)

__all__ = [
    "COMMON",
    "CannotPropose",
    "CannotStart",
    "cancel",
    "carry_on",
    "due_soon",
    "go_on",
    "latest",
    "package",
    "propose",
    "record_choices",
    "start",
    "start_messages",
    "tied_records",
    "watch",
]
