"""Owns how operations cut a list into pages: by cursor, for every protocol."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LIMIT = "limit"
CURSOR = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
BASE64 = re.compile(r"[A-Za-z0-9+/=]*\Z", re.ASCII)
Row = TypeVar("Row", bound=Model)


def read_cursor(text: str | None, name: str = "after") -> int | None:
    if not text:
        return None
    if not CURSOR.match(text):
        raise no_cursor(name)
    return int(text)


def no_cursor(name: str) -> ValidationError:
    problem = _("Send a cursor as the last page gave it, or none to start anew.")
    return ValidationError({name: [problem]})


def check_limit(limit: int | None, *, most: int, default: int) -> int:
    if limit is None:
        return default
    if not 1 <= limit <= most:
        problem = _("Ask for 1 to %(most)d.") % {"most": most}
        raise ValidationError({LIMIT: [problem]})
    return limit


def cut(rows: QuerySet[Any], limit: int) -> tuple[list[Any], str | None]:
    """Return the first page of ordered rows, and its cursor unless it is the last."""
    found = list(rows[: limit + 1])
    page = found[:limit]
    return page, str(page[-1].pk) if len(found) > limit else None


def can_be(column: str, text: str) -> bool:
    """False: the text is nothing that a database could compare the column with."""
    if column == "pk":
        return bool(CURSOR.match(text))
    if not column.endswith("_at"):
        return "\x00" not in text
    try:
        moment = datetime.fromisoformat(text)
        return moment.tzinfo is not None and bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


class Pages(CursorPagination):
    """How every list of REST is paged: rows that arrive meanwhile neither repeat nor
    hide any on a later page. What is no cursor and no limit is refused."""

    ordering = "-pk"
    cursor_query_description = gettext_lazy("From `next` of a page.")  # type: ignore[assignment]
    page_size = 50
    page_size_query_param = LIMIT
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        told = request.query_params.getlist(LIMIT)
        if not told:
            return self.page_size
        if len(told) > 1 or not CURSOR.match(told[0]):
            raise ValidationError({LIMIT: [_("This is one whole number.")]})
        limit = int(told[0])
        return check_limit(limit, most=self.max_page_size, default=self.page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        told = request.query_params.get("cursor", "")
        if not BASE64.match(told):  # of which the decoder takes what it can
            raise no_cursor("cursor")
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise no_cursor("cursor") from error
        # The stubs take it for a number; it is the text that the cursor carries.
        position: str | None = cast(Any, cursor).position if cursor else None
        if position and not can_be(self.ordering[0].lstrip("-"), position):
            raise no_cursor("cursor")
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor, limit = super().get_schema_operation_parameters(view)
        words = _("1 to %(most)d; %(usual)d when unsaid.")
        numbers = {"most": self.max_page_size, "usual": self.page_size}
        schema = {"type": "integer", "minimum": 1, "maximum": self.max_page_size}
        return [cursor, {**limit, "description": words % numbers, "schema": schema}]


class ByKey(Pages):
    ordering = "key"
