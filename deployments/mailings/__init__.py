"""Owns mailings to a list of people: `sheets` reads the file, `mailing` invites."""

from deployments.mailings.mailing import mail
from deployments.mailings.sheets import BadRow, SheetRefused, read, write

__all__ = ["BadRow", "SheetRefused", "mail", "read", "write"]
