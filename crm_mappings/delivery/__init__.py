"""Owns what happens to a response between being completed and being in Salesforce."""

from crm_mappings.delivery.engine import BATCH, Delivered, deliver_due
from crm_mappings.delivery.outbox import claim, due, enqueue
from crm_mappings.delivery.previewing import Preview, preview
from crm_mappings.delivery.resending import send_again

__all__ = [
    "BATCH",
    "Delivered",
    "Preview",
    "claim",
    "deliver_due",
    "due",
    "enqueue",
    "preview",
    "send_again",
]
