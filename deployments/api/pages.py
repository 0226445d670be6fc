"""How the lists of this room are cut into pages."""

from __future__ import annotations

from surveys.pages import Pages


class NewestFirst(Pages):
    page_size = 100
    max_page_size = 1000
