"""Owns mailings to many people: `sheets` reads a file, `lists` a list in the CRM,
`mailing` invites."""

from deployments.mailings.mailing import count_people, mail, mail_list
from deployments.mailings.sheets import BadRow, read, write
from deployments.mailings.tables import SheetRefused

__all__ = [
    "BadRow",
    "SheetRefused",
    "count_people",
    "mail",
    "mail_list",
    "read",
    "write",
]
