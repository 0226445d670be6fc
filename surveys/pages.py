"""Owns how operations cut a list into pages: by cursor, for every protocol."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

CURSOR = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
Row = TypeVar("Row", bound=Model)


def read_cursor(text: str | None, name: str = "after") -> int | None:
    if not text:
        return None
    if not CURSOR.match(text):
        problem = _("Send a cursor as the last page gave it, or none to start anew.")
        raise ValidationError({name: [problem]})
    return int(text)


def check_limit(limit: int | None, *, most: int, default: int) -> int:
    if limit is None:
        return default
    if not 1 <= limit <= most:
        problem = _("Ask for 1 to %(most)d.") % {"most": most}
        raise ValidationError({"limit": [problem]})
    return limit


def cut(rows: QuerySet[Any], limit: int) -> tuple[list[Any], str | None]:
    """Return the first page of ordered rows, and its cursor unless it is the last."""
    found = list(rows[: limit + 1])
    page = found[:limit]
    return page, str(page[-1].pk) if len(found) > limit else None
