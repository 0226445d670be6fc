"""Owns what happens to a response between being completed and being in Salesforce."""

from crm_mappings.delivery.backfilling import feed
from crm_mappings.delivery.budget import forecast
from crm_mappings.delivery.delivered import Delivered
from crm_mappings.delivery.engine import BATCH, deliver_due, deliver_in_bulk
from crm_mappings.delivery.giving_up import give_up
from crm_mappings.delivery.outbox import claim, due, enqueue
from crm_mappings.delivery.previewing import Preview, preview, previews
from crm_mappings.delivery.resending import send_again
from crm_mappings.delivery.undoing import Undone, look, undo

__all__ = [
    "BATCH",
    "Delivered",
    "Preview",
    "Undone",
    "claim",
    "deliver_due",
    "deliver_in_bulk",
    "due",
    "enqueue",
    "feed",
    "forecast",
    "give_up",
    "look",
    "preview",
    "previews",
    "send_again",
    "undo",
]
