"""Owns how the lists of this room are paged: newest first, by cursor."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Rows that arrive meanwhile neither repeat nor hide any on a later page."""

    ordering = "-id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
