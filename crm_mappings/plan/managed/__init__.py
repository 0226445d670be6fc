"""The managed mapping: from a survey to the object, the fields and the rules that
hold its answers in Salesforce. Pure: the same survey and org give the same."""

from crm_mappings.plan.managed.drafting import document, kept_names
from crm_mappings.plan.managed.proposals import (
    RESPONSE,
    FieldPlan,
    ObjectPlan,
    Part,
    Proposal,
    State,
)
from crm_mappings.plan.managed.proposing import ROLLED_UP, propose
from crm_mappings.plan.managed.wishes import FieldWish

__all__ = [
    "RESPONSE",
    "ROLLED_UP",
    "FieldPlan",
    "FieldWish",
    "ObjectPlan",
    "Part",
    "Proposal",
    "State",
    "document",
    "kept_names",
    "propose",
]
