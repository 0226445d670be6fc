"""How the lists of this room are cut into pages."""

from __future__ import annotations

from surveys.pages import Pages


class Newest(Pages):
    max_page_size = 200


class ByKey(Newest):
    ordering = "key"
