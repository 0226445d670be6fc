"""Themes with honest defaults: orange, with a logo, a footer and a legal link."""

from __future__ import annotations

import base64
from typing import Any

from surveys import theming
from surveys.models import Theme

# A picture of one transparent dot.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)


def theme_document(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "acme",
        "name": "Acme",
        "colours": {"light": {"accent": "#b3410b"}},
        "font": "inter",
        "progress": "steps",
        "logo": "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "logo_text": {"en": "Acme"},
        "footer": {"en": "Acme Ltd, Sample Street 1", "de": "Acme GmbH, Musterweg 1"},
        "links": [
            {
                "label": {"en": "Privacy", "de": "Datenschutz"},
                "url": "https://example.com/privacy",
            }
        ],
        **overrides,
    }


def make_theme(**overrides: Any) -> Theme:
    return theming.save_document(document=theme_document(**overrides))
