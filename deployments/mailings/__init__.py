"""Owns mailings to many people: `sheets` reads a file, `lists` a list in the CRM,
`contacts` keeps people whom another system tells of, `mailing` invites, `asked_for`
carries out what another system asked for."""

from deployments.mailings.asked_for import ask_for, carry_out_due
from deployments.mailings.contacts import Kept, keep
from deployments.mailings.mailing import (
    count_people,
    mail,
    mail_list,
)
from deployments.mailings.sheets import BadRow, read, write
from deployments.mailings.tables import SheetRefused

__all__ = [
    "BadRow",
    "Kept",
    "SheetRefused",
    "ask_for",
    "carry_out_due",
    "count_people",
    "keep",
    "mail",
    "mail_list",
    "read",
    "write",
]
