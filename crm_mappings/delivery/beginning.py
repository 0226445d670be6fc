"""Owns what all long work shares when it is asked for: why it cannot begin."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _


class CannotBegin(Exception):
    """There is nothing to do, or it is not clear what; `field` says of what."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check_span(since: datetime | None, until: datetime | None) -> None:
    """Raise `CannotBegin` where nothing can lie between the two."""
    if since is not None and until is not None and since >= until:
        raise CannotBegin(_("This must be before the other date."), "since")
