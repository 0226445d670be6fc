"""Owns mailings to many people: `sheets` reads a file, `lists` a list in the CRM,
`contacts` keeps people whom another system tells of, `mailing` invites."""

from deployments.mailings.contacts import Kept, keep
from deployments.mailings.mailing import (
    count_people,
    mail,
    mail_contacts,
    mail_list,
)
from deployments.mailings.sheets import BadRow, read, write
from deployments.mailings.tables import SheetRefused

__all__ = [
    "BadRow",
    "Kept",
    "SheetRefused",
    "count_people",
    "keep",
    "mail",
    "mail_contacts",
    "mail_list",
    "read",
    "write",
]
